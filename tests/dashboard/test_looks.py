"""Whole examples: who may see them, and that each look is in the audit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strangler_dashboard.looks import COVERED_NS

from .conftest import Place
from .made import differing, id_of


@pytest.fixture
def filled(place: Place) -> Place:
    return differing(place)


def seen(place: Place) -> list[tuple[str, str]]:
    return [(each["actor"], each["subject"]) for each in place.entries(action="exemplar.seen")]


def test_a_look_is_an_entry_and_a_reload_is_covered_by_it(filled: Place) -> None:
    divergence = id_of(filled)
    assert seen(filled) == []
    for target in (
        f"/divergences/{divergence}",
        f"/divergences/{divergence}.json",
        f"/divergences/{divergence[:6]}",
    ):
        assert filled.ask(target).status == 200
    assert seen(filled) == [("ann", divergence)]
    (entry,) = filled.entries(action="exemplar.seen")
    assert entry["via"] == "on the machine itself"
    assert entry["after"]["until_ns"] == filled.now_ns + COVERED_NS
    filled.now_ns += COVERED_NS
    filled.ask(f"/divergences/{divergence}")
    assert len(seen(filled)) == 2


def test_somebody_else_s_look_is_their_own_and_so_is_one_after_a_restart(filled: Place) -> None:
    divergence = id_of(filled)
    filled.ask(f"/divergences/{divergence}")
    filled.visitor = replace(filled.visitor, name="ben")
    filled.ask(f"/divergences/{divergence}")
    filled.close()
    filled.ask(f"/divergences/{divergence}")
    assert [actor for actor, _ in seen(filled)] == ["ann", "ben", "ben"]


def test_who_sees_no_example_leaves_no_entry(filled: Place) -> None:
    filled.visitor = replace(filled.visitor, roles=frozenset({"viewer", "operator", "approver", "admin"}))
    answer = filled.ask(f"/divergences/{id_of(filled)}.json")
    assert (answer.json["example"], answer.json["withheld"]) == (None, True)
    filled.visitor = replace(filled.visitor, roles=frozenset({"exemplars"}))
    assert filled.ask(f"/divergences/{id_of(filled, 'status')}.json").json["example"] is None
    assert seen(filled) == []


def test_what_cannot_be_written_down_is_not_shown(filled: Place) -> None:
    divergence = id_of(filled)
    with filled.written() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    answer = filled.ask(f"/divergences/{divergence}.json")
    assert answer.status == 503
    assert "4711" not in answer.body.decode()
