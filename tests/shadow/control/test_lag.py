"""The replication lag: exact seconds out of somebody else's JSON."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import aiohttp
import pytest

from strangler.config.cutovers import Lag
from strangler.errors import Unreachable
from strangler.testing.origin import Origin, answer
from strangler_shadow.control.lag import probe, seconds_in


@pytest.mark.parametrize(
    ("body", "path", "seconds"),
    [
        (b'{"seconds": 1.25}', "$.seconds", "1.25"),
        (b'{"seconds": 0.1}', "$.seconds", "0.1"),
        (b'{"seconds": "0.300"}', "$.seconds", "0.300"),
        (b'{"replica": [{"lag": 2}]}', "$.replica[0].lag", "2"),
        (b'{"seconds": 1e1}', "$.seconds", "1E+1"),
    ],
)
def test_it_is_read_exactly(body: bytes, path: str, seconds: str) -> None:
    assert seconds_in(body, Lag(url="http://lag.test", path=path)) == Decimal(seconds)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"seconds": null}',
        b'{"seconds": true}',
        b'{"seconds": "soon"}',
        b'{"seconds": -1}',
        b'{"seconds": 1e99999}',
        b'{"seconds": 1e-99999}',
        b'{"seconds": "NaN"}',
        b'{"seconds": [1]}',
        b"[" * 50_000,
    ],
)
def test_what_is_no_lag_is_unreachable(body: bytes) -> None:
    with pytest.raises(Unreachable):
        seconds_in(body, Lag(url="http://lag.test"))


def ask(url: str) -> Decimal:
    async def run() -> Decimal:
        async with aiohttp.ClientSession() as session:
            return await probe(session, Lag(url=url))

    return asyncio.run(run())


def test_it_is_probed_over_http() -> None:
    with Origin(default=lambda _: iter((answer(b'{"seconds": 0.5}'),))) as origin:
        assert ask(origin.url + "/lag") == Decimal("0.5")
        assert origin.targets() == ["/lag"]


def test_a_probe_that_does_not_answer_is_unreachable() -> None:
    with Origin(default=lambda _: iter((answer(b"no", status="500 Oops"),))) as origin:
        with pytest.raises(Unreachable, match="500"):
            ask(origin.url)
        port = origin.port
    with pytest.raises(Unreachable):
        ask(f"http://127.0.0.1:{port}")
