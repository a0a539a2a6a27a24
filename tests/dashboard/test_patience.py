"""A question that takes minutes: the page says so, and nothing waits for its end."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, text

from strangler.ledger.patience import Patience, TookTooLong
from strangler.ledger.store import open_ledger
from strangler.testing.postgres import Server
from strangler_dashboard.app import app
from strangler_dashboard.room import Clocks, Room
from strangler_dashboard.source import Source
from strangler_dashboard.threads import Threads

from .conftest import Place, asked
from .slow import slow_down

PATIENCE_S = 0.3


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def slow(request: pytest.FixtureRequest, place: Place) -> Place:
    """A place whose divergences take minutes to read."""
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        url = server.create_database()
        place.file.write_text(f'ledger: "{url}"\n' + place.file.read_text())
    place.write(place.judged().different("invoice"))
    ledger = place.ledger()
    slow_down(ledger)
    ledger.close()
    return place


def room_of(place: Place, seconds: float = PATIENCE_S) -> Room:
    source = Source(place.file, Patience(seconds, time.monotonic))
    return Room(source, Clocks(lambda: place.now_ns, time.monotonic))


def test_a_page_that_takes_too_long_is_given_up_and_says_what_to_do(slow: Place) -> None:
    room = room_of(slow)
    application = app(room)
    try:
        answer = asked(application, "/divergences.json")
        assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json")
        assert answer.json["type"] == "urn:strangler:problem:took-too-long"
        assert "longer than 0.3 s" in answer.json["detail"]
        assert "ask for less" in answer.json["remedy"]
        assert answer.headers["retry-after"] == "10"
        page = asked(application, "/divergences")
        assert page.status == 503
        assert "That takes too long" in page.body.decode()
        assert "This page looks again by itself" in page.body.decode()
        # What does not need them is there, over the same connections.
        assert asked(application, "/audit.json").status == 200
        assert room.source.patience is not None
        assert room.source.patience.given_up >= 2
    finally:
        room.close()


def test_many_short_questions_are_together_held_to_the_same(place: Place) -> None:
    moments = iter(range(0, 1_000, 4))
    patience = Patience(10, lambda: next(moments))
    ledger = open_ledger(place.loaded.config.ledger, place.folder, create=False, patience=patience)
    try:
        with pytest.raises(TookTooLong), ledger.read() as connection:
            _asked_often(connection)
        with ledger.read() as connection:
            assert connection.execute(text("SELECT 1")).scalar() == 1
    finally:
        ledger.close()


def _asked_often(connection: Connection) -> None:
    for _ in range(10):
        connection.execute(text("SELECT 1"))


def test_what_is_read_for_everybody_may_take_longer(place: Place) -> None:
    moments = iter(range(0, 1_000, 4))
    patience = Patience(10, lambda: next(moments))
    ledger = open_ledger(place.loaded.config.ledger, place.folder, create=False, patience=patience)
    try:
        with patience.lasting(500), ledger.read() as connection:
            _asked_often(connection)
        with pytest.raises(TookTooLong, match="longer than 10 s"), ledger.read() as connection:
            _asked_often(connection)
    finally:
        ledger.close()


def test_what_waits_for_its_turn_too_long_is_told_so_too(place: Place) -> None:
    release = Event()

    async def story() -> None:
        room = room_of(place, 0.1)
        room.longest_s = 0.3
        stuck = [asyncio.ensure_future(room.read(lambda *_: release.wait(60))) for _ in range(4)]
        with pytest.raises(TookTooLong, match=r"within 0\.3 s"):
            await asyncio.gather(*stuck)
        for each in stuck:
            each.cancel()
        room.close()

    try:
        asyncio.run(story())
    finally:
        release.set()


def test_the_process_ends_while_a_question_runs(slow: Place, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "strangler_cli.main", "dashboard", "--port", "0"]
    with subprocess.Popen(command, cwd=slow.folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split("at ")[1].split("/board")[0]
        got: list[Any] = []
        asking = Thread(target=lambda: got.append(_status(f"{url}/divergences.json")))
        asking.start()
        _until_it_runs(slow, asking)
        os.kill(process.pid, signal.SIGTERM)
        # Ten seconds are what a question may take, and what this one would: the end does not wait for that.
        assert process.wait(timeout=8) == 0
        asking.join(timeout=20)
        assert got in ([503], [0])


def _until_it_runs(slow: Place, asking: Thread) -> None:
    asking.join(timeout=1.5)
    assert asking.is_alive()


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_threads_that_hang_keep_nobody_from_ending(tmp_path: Path) -> None:
    program = (
        "import time; from strangler_dashboard.threads import Threads\n"
        "threads = Threads(2, 'x'); threads.submit(lambda: time.sleep(600)); print('ended')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert ran.stdout == "ended\n"


def test_threads_do_what_they_are_told_in_order_and_nothing_after_their_end() -> None:
    threads = Threads(1, "x")
    assert [threads.submit(partial(str, number)).result(5) for number in range(4)] == ["0", "1", "2", "3"]
    failing = threads.submit(lambda: 1 // 0)
    assert isinstance(failing.exception(5), ZeroDivisionError)
    threads.close()
    assert threads.submit(lambda: 1).cancelled()


def test_a_copied_ledger_without_patience_is_as_before(place: Place) -> None:
    shutil.copy(place.folder / "strangler.db", place.folder / "other.db")
    with open_ledger("sqlite:///other.db", place.folder).read() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
