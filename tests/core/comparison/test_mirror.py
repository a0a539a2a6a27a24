"""A side compared with itself: each kind of rule, on both sides."""

from __future__ import annotations

from typing import Any

import pytest

from strangler import Answer, compare
from strangler.comparison.mirror import mirrored
from strangler.comparison.rules import Rules
from strangler.comparison.written import validated
from strangler.exchange import Side

type Written = dict[str, Any]

INSTANT: Written = {"instant": "$.at", "format": {"legacy": "%d.%m.%Y", "candidate": "iso"}}
MAP: Written = {"map": "$.state", "values": {"1": "paid", "paid": "settled"}}
RENAME: Written = {"rename": "$.total", "to": "$.sums.gross"}


def seen(side: Side, first: object, second: object, *rules: Written) -> str:
    """The verdict on two answers of one side."""
    return compare(first, second, mirrored(validated(rules, "rules"), side)).verdict


def places(side: Side, first: object, second: object, *rules: Written) -> list[str]:
    """Where two answers of one side differ."""
    outcome = compare(first, second, mirrored(validated(rules, "rules"), side))
    return [str(difference.location) for difference in outcome.differences]


@pytest.mark.parametrize(
    ("side", "first", "same", "later"),
    [
        ("legacy", "03.04.2026", "3.4.2026", "04.04.2026"),
        ("candidate", "2026-04-03", "2026-04-03T00:00:00Z", "2026-04-04"),
    ],
)
def test_an_instant_is_read_in_that_sides_format(side: Side, first: str, same: str, later: str) -> None:
    assert seen(side, {"at": first}, {"at": same}, INSTANT) == "equal"
    assert seen(side, {"at": first}, {"at": later}, INSTANT) == "different"
    assert seen(side, {"at": first}, {"at": later}, {**INSTANT, "tolerance": "25h"}) == "equal"


@pytest.mark.parametrize("side", ["legacy", "candidate"])
def test_a_map_lets_nothing_pass(side: Side) -> None:
    """`1` and `paid` are two states of one side, whatever the other side calls them."""
    assert seen(side, {"state": "1"}, {"state": "paid"}, MAP) == "different"
    assert seen(side, {"state": "paid"}, {"state": "settled"}, MAP) == "different"
    assert seen(side, {"state": "paid"}, {"state": "paid"}, MAP) == "equal"


@pytest.mark.parametrize("side", ["legacy", "candidate"])
def test_an_id_is_the_same_token(side: Side) -> None:
    rule = {"identity": "$.id"}
    assert seen(side, {"id": "a"}, {"id": "b"}, rule) == "different"
    assert seen(side, {"id": "a"}, {"id": "a"}, rule) == "equal"
    assert compare({"id": "a"}, {"id": "a"}, mirrored(validated([rule], "rules"), side)).pairings == ()


@pytest.mark.parametrize("side", ["legacy", "candidate"])
@pytest.mark.parametrize(
    "rule", [{"identity": "header:X-State"}, {"map": "header:x-state", "values": {"1": "paid"}}]
)
def test_a_header_that_is_named_is_looked_at(side: Side, rule: Written) -> None:
    first, second = (Answer(200, ((b"X-State", value),), b"{}") for value in (b"1", b"paid"))
    assert places(side, first, second, rule) == ["header $['x-state'][0]"]
    assert seen(side, first, first, rule) == "equal"


def test_legacy_is_in_its_own_shape_already() -> None:
    assert places("legacy", {"total": "1.00"}, {"total": "2.00"}, RENAME) == ["body $.total"]
    stray = {"total": "1.00", "sums": {"gross": "5.00"}}, {"total": "1.00", "sums": {"gross": "6.00"}}
    assert places("legacy", *stray, RENAME) == ["body $.sums.gross"]


def test_the_candidate_is_put_into_legacys_shape_on_both_ends() -> None:
    first, second = {"sums": {"gross": "1.00"}}, {"sums": {"gross": "2.00"}}
    assert places("candidate", first, second, RENAME) == ["body $.total"]
    assert seen("candidate", first, first, RENAME) == "equal"
    assert seen("candidate", first, second, RENAME, {"ignore": "$.total"}) == "equal"
    assert seen("candidate", first, second, RENAME, {"decimal": "$.total", "tolerance": 100}) == "equal"
    assert places("candidate", first, {}, RENAME) == ["body $.total"]


@pytest.mark.parametrize("side", ["legacy", "candidate"])
@pytest.mark.parametrize(
    ("rule", "first", "alike", "unlike"),
    [
        ({"only": "$.a"}, {"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 1}),
        ({"ignore": "$.b"}, {"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 1}),
        ({"unordered": "$.a"}, {"a": [1, 2]}, {"a": [2, 1]}, {"a": [2, 3]}),
        (
            {"unordered": "$.a", "by": "id"},
            {"a": [{"id": 1}, {"id": 2}]},
            {"a": [{"id": 2}, {"id": 1}]},
            {"a": [{"id": 2}, {"id": 3}]},
        ),
        ({"decimal": "$.a", "scale": 2}, {"a": "1.00"}, {"a": "1.001"}, {"a": "1.01"}),
    ],
)
def test_what_says_the_same_of_either_side_stays(
    side: Side, rule: Written, first: object, alike: object, unlike: object
) -> None:
    assert seen(side, first, alike, rule) == "equal"
    assert seen(side, first, unlike, rule) == "different"


@pytest.mark.parametrize("side", ["legacy", "candidate"])
def test_between_the_sides_nothing_has_changed(side: Side) -> None:
    rules = Rules.parse([INSTANT, MAP, RENAME, {"identity": "$.id"}])
    mirrored(validated([INSTANT, MAP, RENAME, {"identity": "$.id"}], "rules"), side)
    legacy = {"at": "03.04.2026", "state": "1", "total": "1.00", "id": 7}
    candidate = {"at": "2026-04-03", "state": "paid", "sums": {"gross": "1.00"}, "id": "x"}
    assert compare(legacy, candidate, rules).verdict == "equal"
