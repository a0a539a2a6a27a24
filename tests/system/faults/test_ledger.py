"""The ledger locked, full, and away: the client notices nothing, and what was judged meanwhile is not lost."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable

import psutil
import pytest

from strangler_shadow.testing import until

from .conftest import System

MakeSystem = Callable[..., System]
pytestmark = pytest.mark.system


def told(made: System) -> int:
    """How often the worker said that it cannot write."""
    return made.served.log.read_text().count("cannot be written")


@pytest.mark.full
def test_locked_for_longer_than_anybody_waits(lasting: MakeSystem) -> None:
    made = lasting()
    made.ask(range(10))
    made.accounted()
    connection = sqlite3.connect(made.file.parent / "strangler.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    while time.monotonic() - started < 7:
        made.ask(range(10))
        time.sleep(0.3)
    asked = len(made.legacy.seen)
    connection.execute("ROLLBACK")
    connection.close()
    made.accounted()
    assert sum(stream.gaps + stream.shed for stream in made.streams()) == 0
    assert made.served.child("worker").restarts == made.served.child("control").restarts == 0
    assert asked >= 50


@pytest.mark.skipif(sys.platform != "linux", reason="a limit can be put on a running process on Linux only")
def test_full_and_room_again(lasting: MakeSystem) -> None:
    made = lasting()
    made.ask(range(10))
    made.accounted()
    worker = psutil.Process(made.served.child("worker").pid)
    before = told(made)
    soft, hard = worker.rlimit(psutil.RLIMIT_FSIZE)
    worker.rlimit(psutil.RLIMIT_FSIZE, (4_096, hard))
    made.ask(range(100, 200))
    until(lambda: told(made) > before)
    worker.rlimit(psutil.RLIMIT_FSIZE, (soft, hard))
    made.accounted()
    assert made.recorded() == made.sent
    assert made.served.child("worker").restarts == 0


def test_away_and_back(lasting: MakeSystem) -> None:
    made = lasting()
    made.ask(range(10))
    made.accounted()
    made.ledger.close()
    file, aside = made.file.parent / "strangler.db", made.file.parent / "aside.db"
    before = told(made)
    file.rename(aside)
    until(lambda: told(made) > before)
    made.ask(range(100, 200))
    assert not file.exists()
    aside.rename(file)
    made.accounted()
    assert made.recorded() == made.sent


@pytest.mark.full
def test_a_start_without_it_serves_and_takes_it_up_when_it_comes(system: MakeSystem) -> None:
    made = system(start=False)
    assert made.served.stop() == 0
    made.ledger.close()
    file, aside = made.file.parent / "strangler.db", made.file.parent / "aside.db"
    file.rename(aside)
    (made.file.parent / "strangler.db").mkdir()
    from strangler_shadow.testing import ServeProcess

    with ServeProcess(made.file) as again:
        made.served, before = again, made.served
        made.ask(range(10))
        made.sent = 0
        file.rmdir()
        aside.rename(file)
        made.move("start")
        made.ask(range(20))
        made.accounted()
        made.served = before
