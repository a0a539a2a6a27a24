"""`field-renamed`: what many pairs must show before a field is said to have another name, and what is refused."""

from __future__ import annotations

import copy
from decimal import Decimal
from random import Random

import pytest

from strangler.comparison.learning.cause import Run
from strangler.comparison.learning.claims import proposed_rule
from strangler.comparison.learning.evidence import FIELDS, LINKS, MARKS, Learned, Values
from strangler.comparison.learning.learner import Learner
from strangler.comparison.learning.moved import moved
from strangler.comparison.learning.renames import CAUSE, PAIRS
from strangler.comparison.learning.sight import learned
from strangler.comparison.learning.table import claims_of
from strangler.comparison.model import Node
from strangler.comparison.pair import compare
from strangler.comparison.rules import Rules

from .taught import Pairs, claims, in_turn, shown, taught

NAMES = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Kay", "Lee")


def renamed(left: str, right: str, *values: Node) -> list[tuple[Node, Node]]:
    return [({left: value, "n": n}, {right: value, "n": n}) for n, value in enumerate(values or NAMES)]


@pytest.mark.parametrize("run", CAUSE.good)
@pytest.mark.parametrize("seed", range(3))
def test_good_examples_are_learned_in_any_order(run: Run, seed: int) -> None:
    pairs = in_turn(run)
    Random(seed).shuffle(pairs)
    (claim,) = claims(pairs)
    assert (claim.code, claim.pairs) == (CAUSE.code, len(pairs))


@pytest.mark.parametrize("run", CAUSE.bad)
@pytest.mark.parametrize("seed", range(3))
def test_bad_examples_are_not_in_whatever_order(run: Run, seed: int) -> None:
    pairs = in_turn(run)
    assert claims(pairs) == claims(reversed(pairs)) == []
    Random(seed).shuffle(pairs)
    assert claims(pairs) == []


def test_the_claim_is_both_divergences_and_the_rule_that_lets_just_this_pass() -> None:
    pairs = renamed("customer", "client")
    (claim,) = claims(pairs)
    assert (claim.place, claim.to, claim.pairs) == ("$.customer", "$.client", len(NAMES))
    assert claim.detail == "on the candidate it is $.client"
    known = taught(pairs).known
    missing, extra = claim.fingerprints
    assert (missing in known.missing["$.customer"].marks, extra in known.extra["$.client"].marks) == (
        True,
        True,
    )
    rules = Rules.parse([proposed_rule(claim)])
    assert {compare(left, right, rules).verdict for left, right in pairs} == {"equal"}
    assert compare({"customer": "Ada"}, {"client": "Kay"}, rules).verdict == "different"


def test_items_of_a_list_maps_and_lists_move_whole() -> None:
    rows: list[tuple[Node, Node]] = [
        (
            {"lines": [{"sku": f"A{n}", "q": 1}, {"sku": f"B{n}", "q": 2}]},
            {"lines": [{"article": f"A{n}", "q": 1}, {"article": f"B{n}", "q": 2}]},
        )
        for n in range(PAIRS)
    ]
    (claim,) = claims(rows)
    assert (claim.place, claim.to) == ("$.lines[*].sku", "$.lines[*].article")
    crossed: tuple[Node, Node] = (
        {"lines": [{"sku": "A", "q": 1}, {"sku": "B", "q": 2}]},
        {"lines": [{"article": "B", "q": 1}, {"article": "A", "q": 2}]},
    )
    assert claims([*rows, crossed]) == []
    items: list[Node] = [[{"n": n, "net": Decimal(n) / 4}] for n in range(PAIRS)]
    whole = renamed("lines", "items", *items)
    (claim,) = claims(whole)
    assert claim.to == "$.items"


def test_a_field_may_move_to_another_depth() -> None:
    pairs: list[tuple[Node, Node]] = [
        ({"customer_name": name, "customer": {"id": 1}}, {"customer": {"id": 1, "name": name}})
        for name in NAMES
    ]
    (claim,) = claims(pairs)
    assert (claim.place, claim.to) == ("$.customer_name", "$.customer.name")


def test_amounts_are_equal_by_value_and_stay_money() -> None:
    pairs: Pairs = [
        (
            {"total": Decimal(f"{n}.10"), "currency": "EUR"},
            {"grand_total": Decimal(f"{n}.1"), "currency": "EUR"},
        )
        for n in range(PAIRS)
    ]
    (claim,) = claims(pairs)
    assert claim.to == "$.grand_total"
    for left, right in pairs:
        assert {each.severity for each in compare(left, right).differences} == {"money"}
    wrong: tuple[Node, Node] = (
        {"total": Decimal("7.10"), "currency": "EUR"},
        {"grand_total": Decimal("7.11"), "currency": "EUR"},
    )
    assert claims([*pairs, wrong]) == []


def test_null_says_nothing_either_way() -> None:
    pairs = renamed("customer", "client")
    nulls: list[tuple[Node, Node]] = [({"customer": None}, {}), ({}, {"client": None})]
    (claim,) = claims([*pairs, *nulls])
    assert claim.pairs == len(pairs)
    only = renamed("customer", "client", *[None] * 30)
    assert claims(only) == []


NOUGHT: list[Node] = [0, 1, Decimal("0.00"), Decimal("1.0")]
EMPTY: list[Node] = ["", [], {}]
REFUSED: dict[str, list[tuple[Node, Node]]] = {
    "too few": renamed("a", "b")[: PAIRS - 1],
    "one value": renamed("a", "b", *["web"] * 50),
    "two values, seldom": renamed("a", "b", *["web", "shop"] * 9),
    "truth": renamed("a", "b", *[True, False] * 20),
    "nothing but nought and one": renamed("a", "b", *NOUGHT * 20),
    "what is empty": renamed("a", "b", *EMPTY * 20),
    "another type": [({"a": f"{n}"}, {"b": n}) for n in range(2, 20)],
    "not the same": [({"a": f"x{n}"}, {"b": f"y{n}"}) for n in range(20)],
    "of two sources": [({"a": name, "c": name}, {"b": name}) for name in NAMES],
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(what: str) -> None:
    pairs = REFUSED[what]
    assert all(compare(left, right).verdict == "different" for left, right in pairs)
    assert claims(pairs) == []


def test_several_fields_at_once_are_a_claim_each() -> None:
    pairs: Pairs = [({"a": f"x{n}", "b": f"y{n}"}, {"c": f"x{n}", "d": f"y{n}"}) for n in range(PAIRS)]
    assert [(claim.place, claim.to) for claim in claims(pairs)] == [("$.a", "$.c"), ("$.b", "$.d")]


def test_what_stands_with_others_that_nobody_found_again_stays_by_itself() -> None:
    lost = {f"lost{n}": 7 for n in range(30)}
    pairs: Pairs = [({"a": f"x{n}", **lost}, {"b": f"x{n}"}) for n in range(PAIRS)]
    (claim,) = claims(pairs)
    known = taught(pairs).known
    assert claim.fingerprints == tuple(known.extra["$.b"].marks)
    assert not known.missing["$.a"].marks.keys() & set(claim.fingerprints)


def test_evidence_adds_up_the_same_in_whatever_parts_and_order() -> None:
    pairs: Pairs = [
        ({"a": name, "c": n % 2, "x": name}, {"b": name, "d": n % 2, "y": name + "!" * (n == 11)})
        for n, name in enumerate(NAMES * 3)
    ]
    parts = [learned(shown(left, right)) for left, right in pairs]
    whole = Learned()
    for part in parts:
        whole.add(part)
    told = list(claims_of(whole))
    assert told == []  # `a` and `x` always hold the same
    random = Random(3)
    for _ in range(10):
        random.shuffle(parts)
        before = copy.deepcopy(parts)
        sums = [Learned() for _ in range(random.randint(1, 6))]
        for part in parts:
            random.choice(sums).add(part)
        assert parts == before
        total = Learned()
        for each in sums:
            total.add(each)
        assert (total.missing, total.extra, total.links) == (whole.missing, whole.extra, whole.links)


def test_a_link_that_was_broken_stays_broken() -> None:
    broken: tuple[Node, Node] = ({"customer": "Ada"}, {"client": "Kay"})
    assert claims([broken, *renamed("customer", "client") * 20]) == []


def test_memory_is_bounded_and_values_are_not_kept() -> None:
    learner = taught(renamed("customer", "client", *(f"secret {n}" for n in range(100))))
    (link,) = (link for come in learner.known.links.values() for link in come.values())
    assert len(link.values) == MARKS
    assert "secret" not in repr(learner.known)
    for n in range(FIELDS // 8 + 5):
        left = dict[str, Node]((f"gone{n}x{k}", f"{n} {k}") for k in range(8))
        sight = shown(left, {})
        learner.take(sight, learned(sight, learner.watched))
    assert len(learner.known.missing) == FIELDS
    many = dict[str, Node]((f"much{k}", k) for k in range(FIELDS + 1))
    assert not learned(shown({**many, "a": 4711}, {"b": 4711})).extra


def test_numbers_that_nobody_writes_out_are_compared_all_the_same() -> None:
    huge: list[Node] = [10**300 + n for n in range(PAIRS)]
    one: list[tuple[Node, Node]] = [({"a": n, "b": 1}, {"a": n, "b": 2}) for n in huge]
    learner = taught([({"a": "x"}, {"a": "y"})])
    outcomes = [compare(left, right) for left, right in renamed("a", "b", *huge)]
    for outcome in outcomes:
        out = Learned()
        moved(out, "r", outcome.differences, str)
        assert len(out.links) == 1
    assert [_look_at(learner, left, right) for left, right in one] == [{}] * PAIRS


def _look_at(learner: Learner, left: Node, right: Node) -> dict[str, int]:
    sight = shown(left, right)
    return learned(sight, learner.watched).places.get("$.a", Values()).same


def test_constants_leave_room_for_what_tells_something() -> None:
    many: list[tuple[Node, Node]] = [
        (
            {**{f"gone{k}": 0 for k in range(60)}, "customer": name},
            {**{f"come{k}": 0 for k in range(60)}, "client": name},
        )
        for name in NAMES
    ]
    learner = taught(many)
    assert sum(map(len, learner.known.links.values())) <= LINKS
    assert [(claim.place, claim.to) for claim in claims_of(learner.known)] == [("$.customer", "$.client")]


def test_a_name_that_no_path_may_hold_is_never_said() -> None:
    assert claims(renamed("customer", "line\nbreak")) == claims(renamed("line\nbreak", "client")) == []
