"""The cohort of a customer.

`bucket = fnv1a32(salt + 0x00 + identity, UTF-8) mod 10000`. The salt is the cutover's name; a customer is in the
canary while the bucket is below the weight in basis points, so widening never moves anyone back. The values in
`tests/core/vectors/buckets.json` are fixed for every plane.
"""

from __future__ import annotations

from typing import Final

BUCKETS: Final = 10_000


def bucket(salt: str, identity: str) -> int:
    """0 to 9999, by 32-bit FNV-1a (draft-eastlake-fnv) over salt, a zero byte and the identity."""
    digest = 0x811C9DC5
    for byte in salt.encode() + b"\x00" + identity.encode("utf-8", "surrogateescape"):
        digest = ((digest ^ byte) * 0x01000193) & 0xFFFFFFFF
    return digest % BUCKETS
