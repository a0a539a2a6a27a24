"""When everything is up: control answers, the worker writes, and as many planes as there are to be have the table."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from strangler.errors import Unreachable

_PAUSE: Final = 0.05
_ALONE: Final = 3.0
"""Seconds after which a start without the ledger counts as a start."""


async def wait_ready(control: str, planes: int, since_ns: int, seconds: float) -> None:
    """Return when it is so. `since_ns`: when `serve` began. Raises Unreachable when it is not after so long."""
    clock = asyncio.get_running_loop().time
    started = clock()
    try:
        async with asyncio.timeout(seconds):
            while True:
                found = await _status(control)
                if found is not None and _is_up(found, planes, since_ns, clock() - started):
                    return
                await asyncio.sleep(_PAUSE)
    except TimeoutError:
        raise Unreachable(
            f"not everything is up after {seconds:.0f} s",
            where=control,
            remedy="what was logged above says which process does not start",
        ) from None


def _is_up(found: dict[str, Any], planes: int, since_ns: int, waited: float) -> bool:
    """Planes that wait for the next table have this one in force. A worker is up when it has written."""
    if found["table"] is None or found["ledger"]:
        # The ledger is away: planes serve the owner or the last table, which is what they are to do.
        return waited > _ALONE
    return found["waiting"] >= planes and (found.get("worker_ns") or 0) >= since_ns


async def _status(control: str) -> dict[str, Any] | None:
    parts = urlsplit(control)
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except OSError:
        return None
    try:
        writer.write(b"GET /v1/status HTTP/1.0\r\nHost: control\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 2)
    except (OSError, TimeoutError):
        return None
    finally:
        writer.close()
    body = answer.partition(b"\r\n\r\n")[2]
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        return None
