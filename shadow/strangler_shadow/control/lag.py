"""The replication lag of cutovers whose state is `synced`: asked where the file says, in seconds, exact."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

import aiohttp
import msgspec
from yarl import URL

from strangler.config.cutovers import Lag
from strangler.errors import Unreachable

TIMEOUT_SECONDS: Final = 2
_LARGEST: Final = 64 << 10
_DIGITS: Final = 18
_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)


async def probe(session: aiohttp.ClientSession, lag: Lag) -> Decimal:
    """The lag in seconds. Raises Unreachable when the URL does not answer or its answer holds no such number."""
    try:
        async with session.get(
            URL(lag.url, encoded=True), timeout=aiohttp.ClientTimeout(TIMEOUT_SECONDS)
        ) as answer:
            body = await answer.content.read(_LARGEST)
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise Unreachable(
            f"the lag cannot be probed: {type(error).__name__} {error}", where=lag.url
        ) from error
    if status != 200:
        raise Unreachable(f"the lag cannot be probed: it answers {status}", where=lag.url)
    return seconds_in(body, lag)


def seconds_in(body: bytes, lag: Lag) -> Decimal:
    """The number of seconds in a probe's answer. Pure. Raises Unreachable."""
    import jsonpath

    try:
        found: list[Any] = jsonpath.findall(lag.path, _DECODER.decode(body))
        value = _number(found[0])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, jsonpath.JSONPathError) as error:
        raise Unreachable(f"the lag's answer cannot be read: {error}", where=lag.url) from error
    except (IndexError, InvalidOperation, TypeError):
        raise Unreachable(
            f"the lag's answer has no number of seconds at {lag.path}", where=lag.url, remedy="see `lag.path`"
        ) from None
    # Written out for the ledger, so neither end may be out of all reason.
    if not value.is_finite() or value < 0 or (value and not -_DIGITS < value.adjusted() < _DIGITS):
        raise Unreachable(f"the lag cannot be {value} s", where=lag.url)
    return value


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise TypeError
    return Decimal(value)
