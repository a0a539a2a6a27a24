"""An audit entry as a webhook, by the Standard Webhooks specification 1.0.0 (symmetric signatures, `v1`). Pure.

Headers `webhook-id`, `webhook-timestamp` (whole Unix seconds of this attempt) and `webhook-signature`: base64 of
HMAC-SHA256 over `id.timestamp.body`. A message keeps its id over all attempts, so that a receiver can tell that it had
it before.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

import msgspec

from strangler.canonical import canonical
from strangler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX: Final = "whsec_"
_SHORTEST, _LONGEST = 24, 64
_SECOND: Final = 1_000_000_000


class Message(msgspec.Struct, frozen=True):
    """What is sent. `id`: the same at every attempt."""

    id: str
    body: bytes


def key_of(secret: str, where: str = "") -> bytes:
    """The key of a secret: `whsec_` and base64 of 24 to 64 bytes. Raises UsageError, which does not tell the secret."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise UsageError(
            "the webhook's secret is not of the Standard Webhooks kind",
            where=where or None,
            remedy=f"it is `{PREFIX}` and base64 of {_SHORTEST} to {_LONGEST} random bytes, such as from"
            f" `openssl rand -base64 32`",
        )
    return key


def message(type_: str, at_ns: int, data: dict[str, Any], id_: str) -> Message:
    """`{type, timestamp, data}`, as the specification recommends."""
    stamp = (
        f"{datetime.fromtimestamp(at_ns // _SECOND, UTC):%Y-%m-%dT%H:%M:%S}.{at_ns % _SECOND // 1000:06d}Z"
    )
    return Message(id_, canonical({"type": type_, "timestamp": stamp, "data": data}))


def entry_message(body: dict[str, Any], entry_hash: str) -> Message:
    """Of an audit entry: its body and its hash, and nothing else."""
    id_ = f"audit_{body['seq']}_{entry_hash[:16]}"
    return message(str(body["action"]), int(body["at_ns"]), {**body, "hash": entry_hash}, id_)


def headers(key: bytes, sent: Message, now_ns: int) -> dict[str, str]:
    """What goes with it, at this attempt."""
    stamp = str(now_ns // _SECOND)
    signature = hmac.digest(key, b".".join((sent.id.encode(), stamp.encode(), sent.body)), hashlib.sha256)
    return {
        "content-type": "application/json",
        "webhook-id": sent.id,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(signature).decode(),
    }


def wanted(action: str, events: Iterable[str]) -> bool:
    """Whether an action fits one of the patterns (`cutover.*`)."""
    return any(fnmatchcase(action, pattern) for pattern in events)
