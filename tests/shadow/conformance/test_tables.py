"""The table: swapped whole, within a second, without a failed request; kept on disk; overridden by a file."""

import itertools
import json
import threading
import time
from pathlib import Path

import msgspec
import pytest

from strangler.routing import IdentitySource, Route, Table
from strangler.testing.origin import Pause, Script, Seen, Steps, answer
from strangler_shadow.testing.rig import Launch, Rig, match, table


def side(name: bytes) -> dict[str, Script]:
    def slow(_: Seen) -> Steps:
        yield Pause(0.5)
        yield answer(name)

    return {"/slow": slow, "/": lambda _: iter((answer(name),))}


def everything(generation: int, phase: str) -> Table:
    return table(generation, Route("all", match("/{rest*}"), "all", phase))  # type: ignore[arg-type]


def override(rig: Rig, new: Table | None) -> None:
    path = Path(rig.settings.state) / "override.json"
    if new is None:
        path.unlink()
    else:
        scratch = path.with_suffix(".new")
        scratch.write_bytes(msgspec.json.encode(new))
        scratch.replace(path)


GENERATIONS = itertools.count(10, 10)


@pytest.fixture(scope="module")
def running(launch: Launch) -> Rig:
    return launch(None, legacy=side(b"legacy"), candidate=side(b"candidate"))


@pytest.fixture
def rig(running: Rig) -> Rig:
    """Everything on legacy, by a table newer than any before."""
    running.issue(everything(next(GENERATIONS), "legacy"))
    return running


def answers(rig: Rig) -> bytes:
    with rig.client() as client:
        return client.ask("GET", "/").body


def test_a_swap_takes_effect_within_a_second_and_fails_no_request(rig: Rig) -> None:
    before = rig.counts().served.get("all", (0, 0, 0))
    stop = threading.Event()
    seen: list[tuple[float, bytes]] = []
    failed: list[object] = []

    def load() -> None:
        with rig.client() as client:
            while not stop.is_set():
                reply = client.ask("GET", "/")
                (seen if reply.status == 200 else failed).append((time.monotonic(), reply.body))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    swaps: list[tuple[float, bytes]] = []
    for phase in ("candidate", "legacy") * 3:
        time.sleep(0.3)
        swaps.append((time.monotonic(), phase.encode()))
        rig.issue(everything(next(GENERATIONS), phase))
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed
    for swapped, name in swaps:
        first = min(at for at, body in seen if at > swapped and body == name)
        assert first - swapped < 1
    served = rig.counts().served["all"]
    assert served[0] - before[0] == sum(body == b"legacy" for _, body in seen)
    assert served[1] - before[1] == sum(body == b"candidate" for _, body in seen)


def test_a_request_under_way_keeps_its_decision(rig: Rig) -> None:
    with rig.client() as client:
        client.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        while "/slow" not in rig.legacy.targets():
            time.sleep(0.01)
        rig.issue(everything(next(GENERATIONS), "candidate"))
        assert client.read().body == b"legacy"
        assert client.ask("GET", "/").body == b"candidate"


def test_an_older_table_is_not_taken(rig: Rig) -> None:
    newest = next(GENERATIONS)
    rig.issue(everything(newest, "candidate"))
    rig.control.issue(everything(newest - 1, "legacy"))
    rig.issue(everything(next(GENERATIONS), "candidate"))
    assert answers(rig) == b"candidate"
    assert newest in rig.control.polls


def test_an_override_outranks_control_until_it_is_cleared(rig: Rig) -> None:
    rig.issue(everything(next(GENERATIONS), "candidate"))
    high = next(GENERATIONS)
    override(rig, everything(high, "legacy"))
    rig.in_force(high)
    assert answers(rig) == b"legacy"
    higher = next(GENERATIONS)
    rig.control.issue(everything(higher, "candidate"))
    time.sleep(0.3)
    assert answers(rig) == b"legacy", "a control that is back does not undo a rollback"
    override(rig, None)
    rig.in_force(higher)
    assert answers(rig) == b"candidate"


def test_a_cleared_override_holds_until_control_says_what_stands(rig: Rig) -> None:
    standing, high = next(GENERATIONS), next(GENERATIONS)
    rig.issue(everything(standing, "candidate"))
    override(rig, everything(high, "legacy"))
    rig.in_force(high)
    rig.control.stop()
    override(rig, None)
    time.sleep(0.5)
    assert answers(rig) == b"legacy", "nobody has said yet that the candidate may serve again"
    rig.control.start()
    rig.in_force(standing)
    assert answers(rig) == b"candidate"


def test_half_a_file_changes_nothing(rig: Rig) -> None:
    path = Path(rig.settings.state) / "override.json"
    path.write_text(json.dumps({"generation": 5})[:-3])
    time.sleep(0.4)
    assert answers(rig) == b"legacy"
    high = next(GENERATIONS)
    override(rig, everything(high, "candidate"))
    rig.in_force(high)
    assert answers(rig) == b"candidate"
    override(rig, None)


def test_the_last_table_serves_while_control_is_away(rig: Rig) -> None:
    rig.issue(everything(next(GENERATIONS), "candidate"))
    rig.control.stop()
    rig.process.kill()
    rig.process.wait(10)
    rig.restart(boot="b2")
    assert answers(rig) == b"candidate"
    rig.control.start()
    rig.issue(everything(next(GENERATIONS), "legacy"))
    assert answers(rig) == b"legacy"


def test_a_plane_that_never_had_a_table_serves_the_owner_it_was_told(launch: Launch) -> None:
    rig = launch(None, legacy=side(b"legacy"), candidate=side(b"candidate"), owner="candidate")
    assert answers(rig) == b"candidate"


def test_a_weight_is_the_share_of_customers(rig: Rig) -> None:
    customer = IdentitySource("header", "x-customer")
    canary = Route("all", match("/{rest*}"), "all", "canary", 2_500, identity=customer)
    rig.issue(table(next(GENERATIONS), canary))
    with rig.client() as client:
        first = [client.ask("GET", "/", ("X-Customer", f"c-{n}")).body for n in range(400)]
        assert 60 < first.count(b"candidate") < 140
        rig.issue(table(next(GENERATIONS), msgspec.structs.replace(canary, weight=5_000)))
        second = [client.ask("GET", "/", ("X-Customer", f"c-{n}")).body for n in range(400)]
    moved_back = [n for n in range(400) if first[n] == b"candidate" and second[n] == b"legacy"]
    assert moved_back == []
    assert 150 < second.count(b"candidate") < 250
