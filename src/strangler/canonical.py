"""One spelling for one value: what hashes are taken of."""

from __future__ import annotations

import hashlib

import msgspec


def canonical(value: object) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8; decimals as text, dataclasses and structs as objects."""
    return msgspec.json.encode(value, order="sorted")


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, as hex."""
    return hashlib.sha256(canonical(value)).hexdigest()
