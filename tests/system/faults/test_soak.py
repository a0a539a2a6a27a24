"""Minutes of traffic while every process is killed in turn: nothing is lost without being counted, nothing grows."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable

import psutil
import pytest

from .conftest import System
from .test_processes import exactly

MakeSystem = Callable[..., System]
pytestmark = [pytest.mark.system, pytest.mark.full]

ROUNDS = 12
VICTIMS = ("worker", "control")
CEILING = 256 << 20


class Asking(threading.Thread):
    """Asks without a pause until told to stop; each answer must be legacy's."""

    def __init__(self, made: System) -> None:
        super().__init__()
        self._made = made
        self._enough = threading.Event()
        self.failed: BaseException | None = None
        self.highest = 0

    def run(self) -> None:
        """See threading."""
        try:
            for start in itertools.count(0, 200):
                if self._enough.is_set():
                    return
                self._made.ask(range(start, start + 200))
        except BaseException as error:  # noqa: BLE001  told to the test
            self.failed = error

    def done(self) -> None:
        """Stop, and say what went wrong."""
        self._enough.set()
        self.join()
        if self.failed is not None:
            raise self.failed


def test_twelve_kills_under_traffic(system: MakeSystem) -> None:
    made = system(exactly, "timeout: 1s, reask: 50ms, memory: 256MiB")
    asking = Asking(made)
    asking.start()
    resident: list[int] = []
    try:
        for number in range(ROUNDS):
            time.sleep(4)
            resident.append(psutil.Process(made.served.child("worker").pid).memory_info().rss)
            made.served.kill_child(VICTIMS[number % len(VICTIMS)])
    finally:
        asking.done()
    streams = made.accounted()
    assert sum(s.recorded + s.dropped + s.shed + s.gaps for s in streams) == made.sent
    assert made.sent > 5_000
    assert made.recorded() > made.sent // 2
    assert (made.evidence().compared, made.evidence().k) == (made.recorded(), 0)
    assert max(resident) < CEILING


@pytest.mark.parametrize("moment", [0, 10, 35, 80, 160, 320])
@pytest.mark.parametrize("victim", ["worker", "control", "plane-1"])
def test_a_kill_at_any_moment_after_a_burst(system: MakeSystem, victim: str, moment: int) -> None:
    """`moment`: milliseconds after the last answer of a burst; frames, batches and commits are under way then."""
    made = system(exactly)
    made.ask(range(300))
    time.sleep(moment / 1000)
    made.served.kill_child(victim)
    made.in_force(1)
    made.ask(range(300, 400))
    streams = made.streams()
    known = {(stream.plane, stream.boot) for stream in streams}
    assert known
    if victim == "plane-1":
        # What a killed plane had not handed over, nobody has: of its own stream nothing may be counted twice.
        assert all(stream.outstanding >= 0 for stream in made.streams() if stream.ended)
        made.ask(range(400, 450))
    else:
        made.accounted()
    assert made.evidence().k == 0
    assert made.recorded() <= made.sent
