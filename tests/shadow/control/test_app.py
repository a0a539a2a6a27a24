"""The control endpoint over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import msgspec
import pytest
import uvicorn

from strangler.routing import Table
from strangler_shadow.control.app import Told, app
from strangler_shadow.control.board import Board
from strangler_shadow.metrics import families
from strangler_shadow.metrics.families import Sample
from strangler_shadow.readiness import Readiness, check, readiness
from strangler_shadow.supervisor.sockets import bind, url_of
from strangler_shadow.tables import fetch_table


class Fine:
    """What control knows, in brief."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems

    def status(self) -> dict[str, Any]:
        return {"fine": True}

    def samples(self) -> list[Sample]:
        return [(families.LEDGER_UP, (), int(not self.problems)), (families.REQUESTS, ("a", "legacy"), 7)]

    def readiness(self) -> Readiness:
        return readiness(*(check("ledger", problem) for problem in self.problems))


async def served[T](board: Board, ask: Any, told: Told | None = None) -> T:
    config = uvicorn.Config(app(board, told or Fine(), 0.2), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    with bind("127.0.0.1:0", "control") as listening:
        running = asyncio.create_task(server.serve([listening]))
        try:
            found: T = await ask(url_of(listening, "http"))
            return found
        finally:
            server.should_exit = True
            await running


def get(board: Board, path: str, told: Fine | None = None, **headers: str) -> tuple[int, bytes]:
    async def ask(url: str) -> tuple[int, bytes]:
        async with aiohttp.ClientSession() as session, session.get(url + path, headers=headers) as answer:
            return answer.status, await answer.read()

    return asyncio.run(served(board, ask, told or Fine()))


def test_a_table_as_json() -> None:
    status, body = get(Board(Table(3, 9)), "/v1/table?after=2")
    assert status == 200
    assert msgspec.json.decode(body, type=Table) == Table(3, 9)


def test_204_when_there_is_none_for_a_while() -> None:
    assert get(Board(Table(3, 9)), "/v1/table?after=3") == (204, b"")
    assert get(Board(), "/v1/table?after=-1") == (204, b"")


@pytest.mark.parametrize("wanted", ["soon", "1.5", ""])
def test_400_for_what_is_no_generation(wanted: str) -> None:
    status, body = get(Board(Table(3, 9)), f"/v1/table?after={wanted}")
    assert status == 400
    assert b"generation" in body


def test_health_and_status() -> None:
    assert get(Board(), "/healthz") == (200, b'{"ok":true}')
    assert get(Board(), "/v1/status") == (200, b'{"fine":true}')


def test_metrics_in_both_forms_and_whether_it_is_ready() -> None:
    status, body = get(Board(), "/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert (status, body.endswith(b"# EOF\n")) == (200, True)
    assert b'strangler_requests_total{route="a",served_by="legacy"} 7.0\n' in body
    status, body = get(Board(), "/metrics")
    assert (status, b"# EOF" in body, b"strangler_ledger_up 1.0\n" in body) == (200, False, True)
    assert get(Board(), "/readyz") == (200, b'{"ready":true,"checks":[]}')
    status, body = get(Board(), "/readyz", Fine("it is away"))
    assert status == 503
    assert msgspec.json.decode(body) == {
        "ready": False,
        "checks": [{"name": "ledger", "ok": False, "reason": "it is away"}],
    }


def test_the_planes_own_client_understands_it() -> None:
    board = Board(Table(1, 0))

    async def ask(url: str) -> tuple[Table | None, Table | None]:
        waiting = asyncio.create_task(fetch_table(url, 1))
        await asyncio.sleep(0.05)
        board.post(Table(2, 0))
        return await waiting, await fetch_table(url, 2)

    found: tuple[Table | None, Table | None] = asyncio.run(served(board, ask))
    assert found == (Table(2, 0), None)
