"""The control endpoint over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import msgspec
import pytest
import uvicorn

from strangler.routing import Table
from strangler_shadow.control.app import app
from strangler_shadow.control.board import Board
from strangler_shadow.supervisor.sockets import bind, url_of
from strangler_shadow.tables import fetch_table


async def served[T](board: Board, ask: Any) -> T:
    config = uvicorn.Config(app(board, lambda: {"fine": True}, 0.2), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    with bind("127.0.0.1:0", "control") as listening:
        running = asyncio.create_task(server.serve([listening]))
        try:
            found: T = await ask(url_of(listening, "http"))
            return found
        finally:
            server.should_exit = True
            await running


def get(board: Board, path: str) -> tuple[int, bytes]:
    async def ask(url: str) -> tuple[int, bytes]:
        async with aiohttp.ClientSession() as session, session.get(url + path) as answer:
            return answer.status, await answer.read()

    return asyncio.run(served(board, ask))


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


def test_the_planes_own_client_understands_it() -> None:
    board = Board(Table(1, 0))

    async def ask(url: str) -> tuple[Table | None, Table | None]:
        waiting = asyncio.create_task(fetch_table(url, 1))
        await asyncio.sleep(0.05)
        board.post(Table(2, 0))
        return await waiting, await fetch_table(url, 2)

    found: tuple[Table | None, Table | None] = asyncio.run(served(board, ask))
    assert found == (Table(2, 0), None)
