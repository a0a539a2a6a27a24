"""The board: whoever waits gets the next table at once, and never an older one."""

from __future__ import annotations

import asyncio

import msgspec

from strangler.routing import Table
from strangler_shadow.control.board import Board


def generation(body: bytes | None) -> int | None:
    return None if body is None else msgspec.json.decode(body, type=Table).generation


def test_a_table_that_is_newer_is_given_at_once() -> None:
    async def run() -> int | None:
        return generation(await Board(Table(3, 0)).after(2, 1))

    assert asyncio.run(run()) == 3


def test_minus_one_asks_for_whatever_stands() -> None:
    async def run() -> int | None:
        return generation(await Board(Table(0, 0)).after(-1, 1))

    assert asyncio.run(run()) == 0


def test_those_who_wait_are_woken_together() -> None:
    async def run() -> list[int | None]:
        board = Board(Table(1, 0))
        waiting = [asyncio.create_task(board.after(1, 10)) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert board.waiting == 3
        assert board.post(Table(2, 0))
        found = await asyncio.gather(*waiting)
        assert board.waiting == 0
        return [generation(body) for body in found]

    assert asyncio.run(run()) == [2, 2, 2]


def test_nothing_comes_when_nothing_changes() -> None:
    async def run() -> bytes | None:
        return await Board(Table(1, 0)).after(1, 0.01)

    assert asyncio.run(run()) is None


def test_an_older_table_is_not_put_up() -> None:
    board = Board(Table(5, 0))
    assert not board.post(Table(4, 0))
    assert not board.post(Table(5, 9))
    assert board.table is not None
    assert (board.table.generation, board.table.issued_ns) == (5, 0)


def test_closing_lets_everybody_go() -> None:
    async def run() -> bytes | None:
        board = Board(Table(1, 0))
        waiting = asyncio.create_task(board.after(1, 30))
        await asyncio.sleep(0.01)
        board.close()
        return await waiting

    assert asyncio.run(run()) is None
