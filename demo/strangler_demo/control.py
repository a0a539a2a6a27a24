"""What the demo asks of the running candidate: its defects, its version, its lag, its promotion.
Loopback only.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import msgspec

from strangler.errors import Unreachable, UsageError


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the candidate is behind. `applied`: the last change of the legacy's that is in."""

    seconds: Decimal
    applied: int
    role: str


def defects(root: str) -> frozenset[str]:
    """The defects that are on."""
    return frozenset(_ask(root, "GET", "/_demo/defects")["on"])


def switch(root: str, names: Sequence[str]) -> None:
    """Exactly these defects from the next answer on; the version stays. Raises `UsageError`."""
    _ask(root, "POST", "/_demo/defects", {"on": list(names)})


def version(root: str) -> str:
    """What the candidate's version header says."""
    return str(_ask(root, "GET", "/_demo/version")["version"])


def lag(root: str) -> Lag:
    """The replication lag now."""
    answer = _ask(root, "GET", "/_replication/lag")
    return Lag(answer["seconds"], int(answer["applied"]), answer["role"])


def promote(root: str) -> None:
    """The candidate holds the record from here: it takes writes, the replicator ends."""
    _ask(root, "POST", "/_replication/promote")


def wait_replicated(root: str, *, within_ms: int = 1000, timeout_s: int = 60) -> Lag:
    """Waits until the lag is within a bound. Raises `Unreachable` when it does not get there in time."""
    until = time.monotonic_ns() + timeout_s * 1_000_000_000
    while True:
        now = lag(root)
        if now.seconds * 1000 <= within_ms:
            return now
        if time.monotonic_ns() > until:
            raise Unreachable(
                f"the candidate is still {now.seconds} s behind the legacy",
                where=root,
                remedy="is the replicator running? its log says why not",
            )
        time.sleep(0.02)


def _ask(root: str, method: str, path: str, body: object = None) -> dict[str, Any]:
    connection = http.client.HTTPConnection(urlsplit(root).netloc, timeout=10)
    try:
        connection.request(method, path, None if body is None else msgspec.json.encode(body))
        response = connection.getresponse()
        answer: dict[str, Any] = _DECODER.decode(response.read())
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"the demo's candidate does not answer: {error}", where=root + path) from error
    finally:
        connection.close()
    if response.status == 422:
        raise UsageError(answer["error"], where=root + path)
    return answer


_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
