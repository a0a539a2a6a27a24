"""A changed strangler.yaml is taken over; a broken one changes nothing and is told."""

from __future__ import annotations

from collections.abc import Callable

from strangler.ledger.facts import facts
from strangler_shadow.testing import until
from strangler_shadow.testing.plane import exchange

from .conftest import Rig, says

MakeRig = Callable[..., Rig]


def told(made: Rig) -> str:
    with made.ledger.read() as connection:
        return next((fact.phase for fact in facts(connection, "config")), "")


def test_a_new_rule_is_a_new_epoch(rig: MakeRig) -> None:
    made = rig(legacy=says(b'{"id": 1, "at": 1}'), candidate=says(b'{"id": 1, "at": 2}'))
    made.plane.send(exchange(body=b'{"id": 1, "at": 1}'))
    made.settled(1)
    first = made.evidence()
    assert first.k == 1
    made.file.write_text(made.file.read_text() + "rules: [{ignore: $.at}]\n")
    until(lambda: made.worker.shadow.ground.config.rules)
    made.plane.send(exchange(body=b'{"id": 1, "at": 1}'))
    made.settled(2)
    second = made.evidence()
    assert (second.n, second.k) == (1, 0)
    assert second.epoch != first.epoch


def test_a_broken_file_keeps_the_last_good_one_and_is_told(rig: MakeRig) -> None:
    made = rig()
    until(lambda: told(made) == "in force")
    good = made.file.read_text()
    made.file.write_text(good.replace("routes:", "rutes:", 1))
    until(lambda: "rutes" in told(made))
    made.plane.send(exchange(body=b'{"id": 1}'))
    made.settled(1)
    made.file.write_text(good + "\n")
    until(lambda: told(made) == "in force")


def test_a_start_while_the_file_is_broken_takes_the_last_good_one(rig: MakeRig) -> None:
    from strangler_shadow.watched import WatchedConfig

    made = rig()
    made.file.write_text("version: 2\n")
    watched = WatchedConfig(made.file, made.file.parent / "state")
    assert "version" in watched.problem
    assert set(watched.loaded.config.routes) == {"invoice", "search"}


def test_another_candidate_is_asked_from_then_on(rig: MakeRig) -> None:
    made = rig()
    made.plane.send(exchange(body=b'{"id": 1}'))
    made.settled(1)
    made.file.write_text(made.file.read_text().replace(made.candidate.url, made.legacy.url))
    until(lambda: made.worker.shadow.ground.config.candidate.url == made.legacy.url)
    made.plane.send(exchange(body=b'{"id": 1}'))
    made.settled(2)
    assert "/invoices/1" in made.legacy.targets()
    assert len(made.candidate.seen) == 1


def test_the_version_may_come_from_an_endpoint(rig: MakeRig) -> None:
    made = rig(candidate=says(b'{"version": "2024.11", "id": 1}', version="ignored"))
    declared = "{header: X-Version}"
    made.file.write_text(made.file.read_text().replace(declared, "{endpoint: /about}"))
    until(lambda: made.worker.shadow.version.known == "2024.11")
    made.plane.send(exchange(body=b'{"version": "2024.11", "id": 1}'))
    made.settled(1)
    assert made.evidence().version == "2024.11"
    assert "/about" in made.candidate.targets()
