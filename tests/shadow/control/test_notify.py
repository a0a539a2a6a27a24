"""Webhooks: in order, at least once, given up in the end, and never in anybody's way."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from strangler.config import parse
from strangler.ledger import audit
from strangler.ledger.notifications import Told, behind, keep, told
from strangler.ledger.store import Ledger, open_ledger
from strangler.testing.origin import HANG, Origin, Pause, Seen, Steps, answer
from strangler.webhook import Message, headers
from strangler_shadow.control import notify
from strangler_shadow.control.notify import Notifier, pause

KEY = b"k" * 32
SECRET = "whsec_" + base64.b64encode(KEY).decode()
CONFIG = """\
version: 1
legacy: {url: "http://127.0.0.1:1"}
candidate: {url: "http://127.0.0.1:2"}
notifications:
"""
NOW = 1_800_000_000_000_000_000


def target(url: str, more: str = "") -> str:
    return f'  - {{url: "{url}", secret: "${{HOOK}}"{more}}}\n'


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    monkeypatch.setattr(notify, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(notify, "FIRST_SECONDS", 0.02)


@pytest.fixture
def ledger(tmp_path: Path, sqlite_template: Path) -> Iterator[Ledger]:
    shutil.copy(sqlite_template, tmp_path / "strangler.db")
    ledger = open_ledger("sqlite:///strangler.db", tmp_path)
    yield ledger
    ledger.close()


def happened(ledger: Ledger, *actions: str, at_ns: int = NOW) -> None:
    with ledger.begin() as connection:
        for action in actions:
            audit.append(
                connection, at_ns=at_ns, actor="ann", action=action, subject="reads", reason="because"
            )


class Running:
    """A notifier at work on this loop."""

    def __init__(self, ledger: Ledger, text: str, folder: Path) -> None:
        self._ledger = ledger
        self.loaded = parse(text, folder / "strangler.yaml")
        self.notifier = Notifier(
            lambda: self.loaded,
            lambda: open_ledger("sqlite:///strangler.db", folder, create=False),
            lambda: NOW,
        )

    def told(self, index: int = 0) -> Told | None:
        with self._ledger.read() as connection:
            return told(connection, self.loaded.config.notifications[index].key)

    async def until(self, look: Callable[[], Any]) -> Any:
        async with asyncio.timeout(20):
            while not (found := look()):  # noqa: ASYNC110  another process's ledger wakes nobody
                await asyncio.sleep(0.01)
        return found

    async def known(self, index: int = 0) -> Told:
        """Once it is known, with the entries that were there before it left out."""
        found: Told = await self.until(lambda: self.told(index))
        return found


@asynccontextmanager
async def running(ledger: Ledger, folder: Path, targets: str) -> AsyncIterator[Running]:
    made = Running(ledger, CONFIG + targets, folder)
    task = asyncio.create_task(made.notifier.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def types(origin: Origin) -> list[str]:
    return [json.loads(seen.body)["type"] for seen in list(origin.seen)]


def test_what_happens_from_now_on_is_sent_in_order_and_signed(ledger: Ledger, tmp_path: Path) -> None:
    async def run(origin: Origin) -> None:
        async with running(ledger, tmp_path, target(f"{origin.url}/hook?a=b")) as made:
            assert (await made.known()).seq == 1
            happened(ledger, "cutover.advance", "table.publish", "override.set", "cutover.rollback")
            await made.until(lambda: len(origin.seen) == 3)
            state = await made.until(lambda: (now := made.told()) and now.seq == 5 and now)
        assert (state.sent, state.given_up, state.problem) == (3, 0, "")

    happened(ledger, "cutover.start")
    with Origin() as origin:
        asyncio.run(run(origin))
        assert types(origin) == ["cutover.advance", "override.set", "cutover.rollback"]
        seen = origin.seen[0]
    assert (seen.method, seen.target) == ("POST", "/hook?a=b")
    sent = Message(seen.values("webhook-id")[0].decode(), seen.body)
    for name, value in headers(KEY, sent, NOW).items():
        assert seen.values(name) == [value.encode()]
    data = json.loads(seen.body)["data"]
    with ledger.read() as connection:
        entry = audit.entries(connection)[-2]
    assert data == {**entry.body, "hash": entry.hash}


def test_what_failed_is_sent_again_under_its_id_before_what_came_later(
    ledger: Ledger, tmp_path: Path
) -> None:
    answers = iter(["503 Service Unavailable", "302 Found", "410 Gone"])

    def fails_thrice(_: Seen) -> Steps:
        status = next(answers, "204 No Content")
        yield answer(b"", ("Location", "/elsewhere"), status=status)

    async def run(origin: Origin) -> None:
        async with running(ledger, tmp_path, target(origin.url)) as made:
            await made.known()
            happened(ledger, "cutover.start", "cutover.advance")
            await made.until(lambda: (now := made.told()) and now.sent == 2)

    with Origin(default=fails_thrice) as origin:
        asyncio.run(run(origin))
        assert types(origin) == ["cutover.start"] * 4 + ["cutover.advance"]
        assert len({seen.values("webhook-id")[0] for seen in origin.seen[:4]}) == 1
        assert "/elsewhere" not in origin.targets(), "a redirect is not followed"


def test_a_target_that_is_gone_is_given_up_entry_by_entry_when_it_is_too_old(
    ledger: Ledger, tmp_path: Path
) -> None:
    day = 86_400_000_000_000

    async def run(url: str) -> Told:
        async with running(ledger, tmp_path, target(url)) as made:
            await made.known()
            happened(ledger, "cutover.start", "table.publish", "cutover.advance", at_ns=NOW - day - 1)
            happened(ledger, "cutover.pause", at_ns=NOW - day + 1)
            found: Told = await made.until(lambda: (now := made.told()) and now.given_up and now)
            with ledger.read() as connection:
                assert behind(connection, found) == 1
        return found

    with Origin() as origin:
        url = origin.url
    state = asyncio.run(run(url))
    assert (state.seq, state.sent, state.given_up) == (3, 0, 2)
    assert "ClientConnectorError" in state.problem


def never_answers(_: Seen) -> Steps:
    yield HANG


def never_ends(_: Seen) -> Steps:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"1000\r\n" + b"x" * 4096 + b"\r\n"


def head_without_end(_: Seen) -> Steps:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-More: yes\r\n"
        yield Pause(0.005)


def no_http(_: Seen) -> Steps:
    yield b"HTTP/1.1 two hundred\r\n\r\n"


def test_what_went_wrong_is_told_without_the_url(ledger: Ledger, tmp_path: Path) -> None:
    async def run(origin: Origin) -> str:
        async with running(ledger, tmp_path, target(f"{origin.url}/T0/hunter2?key=hunter2")) as made:
            await made.known()
            happened(ledger, "cutover.start")
            state = await made.until(lambda: (now := made.told()) and now.problem and now)
            return str(state.problem)

    with Origin(default=no_http) as origin:
        problem = asyncio.run(run(origin))
    assert problem
    assert "hunter2" not in problem


def test_a_body_without_end_is_not_read(ledger: Ledger, tmp_path: Path) -> None:
    async def run(origin: Origin) -> None:
        async with running(ledger, tmp_path, target(origin.url)) as made:
            await made.known()
            happened(ledger, "cutover.start", "cutover.advance")
            await made.until(lambda: (now := made.told()) and now.sent == 2)

    with Origin(default=never_ends) as origin:
        asyncio.run(run(origin))


@pytest.mark.parametrize("hostile", [never_answers, head_without_end])
def test_one_target_holds_up_no_other(ledger: Ledger, tmp_path: Path, hostile: Any) -> None:
    async def run(bad: Origin, good: Origin) -> None:
        both = target(bad.url, ", timeout: 200ms") + target(good.url)
        async with running(ledger, tmp_path, both) as made:
            await made.known(0)
            await made.known(1)
            happened(ledger, "cutover.start", "cutover.advance", "cutover.rollback")
            await made.until(lambda: (now := made.told(1)) and now.sent == 3)
            state = await made.until(lambda: (now := made.told(0)) and now.problem and now)
            assert state.sent == 0
            assert set(types(bad)) == {"cutover.start"}

    with Origin(default=hostile) as bad, Origin() as good:
        asyncio.run(run(bad, good))


def test_a_secret_that_is_none_is_told_and_nothing_is_sent(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(origin: Origin) -> None:
        async with running(ledger, tmp_path, target(origin.url)) as made:
            state = await made.until(lambda: (now := made.told()) and now.problem and now)
            assert "not of the Standard Webhooks kind" in state.problem
            assert "hunter2" not in state.problem

    monkeypatch.setenv("HOOK", "hunter2")
    with Origin() as origin:
        asyncio.run(run(origin))
        assert origin.seen == []


def test_a_ledger_that_goes_and_comes_back_loses_nothing(ledger: Ledger, tmp_path: Path) -> None:
    async def run(origin: Origin) -> None:
        async with running(ledger, tmp_path, target(origin.url)) as made:
            await made.known()
            happened(ledger, "cutover.start")
            await made.until(lambda: (now := made.told()) and now.sent == 1)
            (tmp_path / "strangler.db").rename(tmp_path / "away.db")
            await asyncio.sleep(0.1)
            (tmp_path / "away.db").rename(tmp_path / "strangler.db")
            happened(ledger, "cutover.advance")
            await made.until(lambda: (now := made.told()) and now.sent == 2)

    with Origin() as origin:
        asyncio.run(run(origin))
        assert types(origin) == ["cutover.start", "cutover.advance"]


def test_a_cursor_never_goes_back(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        keep(connection, Told("t", 7, 5, 1, "answered 500", 2))
        keep(connection, Told("t", 6, 4, 0, "", 3))
        assert told(connection, "t") == Told("t", 7, 5, 1, "", 3)


def test_the_pause_doubles_to_its_bound_and_is_never_the_same_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notify, "FIRST_SECONDS", 1.0)
    assert [pause(failures, 1.0) for failures in (1, 2, 3, 9, 10, 10_000)] == [1, 2, 4, 256, 300, 300]
    assert pause(3, 0.0) == 2.0
