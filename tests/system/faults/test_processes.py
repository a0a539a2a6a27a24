"""Worker, plane, control and supervisor killed: the client notices nothing, and the sums still add up."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from strangler.testing.origin import HANG, Pause, Seen, Steps, answer
from strangler_shadow.testing import ServeProcess, until

from .conftest import JSON, System, expected, invoice

MakeSystem = Callable[..., System]
pytestmark = pytest.mark.system


def exactly(seen: Seen) -> Steps:
    """The candidate, byte for byte as legacy: what a canary's customer may be served."""
    yield answer(expected(seen.target), JSON, ("X-Version", "1"))


def two(lasting: MakeSystem) -> System:
    """Two planes in front of it."""
    made = lasting(exactly, **{"drain: 5s": "drain: 5s, planes: 2"})
    made.in_force(1, planes=2)
    return made


def test_a_worker_killed_under_traffic_costs_what_it_held_and_no_more(lasting: MakeSystem) -> None:
    made = two(lasting)
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            for start in range(0, 1_000, 100):
                made.ask(range(start, start + 100))
        except BaseException as error:  # noqa: BLE001  told to the test
            failed.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    for _ in range(2):
        time.sleep(0.3)
        made.served.kill_child("worker")
    asking.join()
    assert not failed
    before = sum(stream.recorded for stream in made.accounted())
    made.ask(range(1_000, 1_100))
    streams = made.accounted()
    assert sum(s.recorded + s.dropped + s.shed + s.gaps for s in streams) == made.sent == 1_100
    assert made.recorded() == before + 100, "what came after is compared, all of it"
    assert made.evidence().compared == made.recorded()
    assert made.served.child("worker").restarts == 2


def test_a_killed_plane_gives_way_to_another(lasting: MakeSystem) -> None:
    made = two(lasting)
    made.ask(range(50))
    made.accounted()
    known = {(stream.plane, stream.boot) for stream in made.streams()}
    made.served.kill_child("plane-1")
    made.ask(range(100, 150))
    made.in_force(1, planes=2)
    made.ask(range(200, 250))
    made.accounted()
    ended = [stream for stream in made.streams() if stream.ended]
    assert [stream.plane.endswith("plane-1") for stream in ended] == [True]
    assert {(stream.plane, stream.boot) for stream in made.streams()} > known


def test_control_killed_leaves_the_table_in_force(lasting: MakeSystem) -> None:
    made = two(lasting)
    made.served.kill_child("control", back=False)
    made.ask(range(30))
    until(lambda: made.served.child("control").restarts == 1)
    made.move("advance")
    made.ask(range(100, 200))
    made.accounted()
    assert {cell.primary for cell in made.evidence().cells} == {"legacy", "candidate"}
    made.move("rollback")


def test_a_table_reaches_every_plane_within_a_second(lasting: MakeSystem) -> None:
    made = two(lasting)
    took: list[float] = []
    for name in ("advance", "rollback", "advance", "rollback"):
        started = time.monotonic()
        table = made.move(name)
        made.in_force(table.generation, planes=2)
        took.append(time.monotonic() - started)
    # The transition itself, asking control for its status and this machine's other work are in it.
    assert min(took) < 1


def test_a_wrong_amount_that_is_served_rolls_back_by_itself(lasting: MakeSystem) -> None:
    made = two(lasting)
    made.move("advance")

    def wrong(seen: Seen) -> Steps:
        yield answer(expected(seen.target).replace(b"10.00", b"10.01"), JSON, ("X-Version", "1"))

    made.candidate.default = wrong
    served = made.unchecked(range(100))
    assert {body == expected(f"/invoices/{number}") for number, (_, body) in enumerate(served)} == {
        True,
        False,
    }
    until(lambda: {route.phase for route in made.table().routes} == {"shadow"})
    made.in_force(made.table().generation, planes=2)
    made.ask(range(100))
    made.accounted()
    made.candidate.default = exactly


def test_a_second_serve_on_the_same_folder_is_refused_with_words(lasting: MakeSystem) -> None:
    made = two(lasting)
    with pytest.raises(RuntimeError, match="already runs here"), ServeProcess(made.file):
        pass
    made.ask(range(3))


def test_sigterm_lets_open_requests_end_and_loses_nothing(system: MakeSystem) -> None:
    made = system()

    def slowly(seen: Seen) -> Steps:
        yield Pause(0.5)
        yield from invoice(seen)

    made.legacy.default = slowly
    asking = threading.Thread(target=made.ask, args=(range(20),))
    asking.start()
    until(lambda: len(made.legacy.seen) == 20)
    assert made.served.stop() == 0
    asking.join()
    (stream,) = made.streams()
    assert stream.ended
    assert (stream.sent, stream.recorded) == (20, 20)
    assert not (made.file.parent / ".strangler" / "serve.json").exists()


@pytest.mark.full
def test_a_second_signal_ends_at_once(system: MakeSystem) -> None:
    made = system(**{"drain: 5s": "drain: 60s"})

    def hangs(_: Seen) -> Steps:
        yield HANG

    made.legacy.default = hangs
    asking = threading.Thread(target=lambda: _ignore(made))
    asking.start()
    until(lambda: made.legacy.seen)
    os.kill(made.served.pid, signal.SIGINT)
    time.sleep(0.5)
    assert made.served.returncode is None
    started = time.monotonic()
    os.kill(made.served.pid, signal.SIGINT)
    made.served._running.wait(20)
    assert time.monotonic() - started < 15
    asking.join()


def _ignore(made: System) -> None:
    import aiohttp

    try:
        made.ask([1])
    except (aiohttp.ClientError, OSError):
        return


@pytest.mark.full
def test_a_killed_supervisor_takes_its_processes_with_it_and_does_not_stop_the_next(
    system: MakeSystem,
) -> None:
    import psutil

    made = system()
    made.ask(range(10))
    made.accounted()  # of a killed plane one heartbeat may be missing, and that is not what is looked at here
    pids = [process.pid for process in made.served.now().processes]
    made.served.kill()
    until(lambda: not any(psutil.pid_exists(pid) for pid in pids), 30)
    assert (made.file.parent / ".strangler" / "worker.sock").exists(), "left behind, as is serve.json"
    with ServeProcess(made.file) as again:
        made.served, before = again, made.served
        made.ask(range(100, 120))
        made.accounted()
        made.served = before
