"""`enum-renamed`: what many pairs must show before a value is said to have another name, and what is refused."""

from __future__ import annotations

import copy
from decimal import Decimal
from random import Random

import pytest

from strangler.comparison.causes import Example
from strangler.comparison.learning.cause import Run
from strangler.comparison.learning.claims import proposed_rule
from strangler.comparison.learning.enums import ALONE, CAUSE, EACH, renamed_enums
from strangler.comparison.learning.evidence import NAMES, PLACES, Learned
from strangler.comparison.learning.learner import KEPT, KEPT_BYTES, Learner
from strangler.comparison.learning.sight import Watched, learned
from strangler.comparison.model import Node
from strangler.comparison.pair import compare
from strangler.comparison.rules import Rules

from .taught import claims, in_turn, shown, taught


def said(*names: tuple[Node, Node], times: int = 10, name: str = "status") -> list[tuple[Node, Node]]:
    return in_turn(tuple((times, Example({name: left}, {name: right})) for left, right in names))


@pytest.mark.parametrize("run", CAUSE.good)
@pytest.mark.parametrize("seed", range(3))
def test_good_examples_are_learned_in_any_order(run: Run, seed: int) -> None:
    pairs = in_turn(run)
    Random(seed).shuffle(pairs)
    (claim,) = claims(pairs)
    assert (claim.code, claim.place) == (CAUSE.code, "$.status")
    assert claim.pairs == sum(left != right for left, right in pairs)


@pytest.mark.parametrize("run", CAUSE.bad)
@pytest.mark.parametrize("seed", range(4))
def test_bad_examples_are_not_in_whatever_order(run: Run, seed: int) -> None:
    pairs = in_turn(run)
    assert claims(pairs) == []
    assert claims(reversed(pairs)) == []
    Random(seed).shuffle(pairs)
    assert claims(pairs) == []


def test_the_map_has_its_counts_and_is_the_rule_that_lets_just_this_pass() -> None:
    pairs = said(("O", "open"), ("P", "settled"), ("new", "new"))
    (claim,) = claims(pairs)
    assert claim.values == (("O", "open", 10), ("P", "settled", 10))
    assert (claim.pairs, claim.detail) == (20, "O is open, P is settled")
    rule = proposed_rule(claim)
    assert rule["values"] == {"O": "open", "P": "settled"}
    rules = Rules.parse([rule])
    assert {compare(left, right, rules).verdict for left, right in pairs} == {"equal"}
    assert compare({"status": "O"}, {"status": "settled"}, rules).verdict == "different"


def test_numbers_truth_and_null_may_have_names() -> None:
    (claim,) = claims(said((1, "open"), (2, "paid"), (None, "none")))
    assert claim.values == (("1", "open", 10), ("2", "paid", 10), ("null", "none", 10))
    assert {
        compare(left, right, Rules.parse([proposed_rule(claim)])).verdict
        for left, right in said((1, "open"), (None, "none"))
    } == {"equal"}
    (claim,) = claims(said((True, "yes"), (False, "no")))
    assert claim.values == (("false", "no", 10), ("true", "yes", 10))


def test_causes_of_single_pairs_at_one_place_are_one_claim_the_unexplained_first() -> None:
    pairs = said(("OPEN", "open"), ("P", "settled"))
    (claim,) = claims(pairs)
    known = taught(pairs).known.places["$.status"].marks
    assert [known[digest].cause for digest in claim.fingerprints] == ["unexplained", "case"]


def lines(*statuses: str) -> Node:
    return {"lines": [{"sku": f"A{n}", "status": status} for n, status in enumerate(statuses)]}


def test_items_of_a_list_are_one_place_and_an_equal_one_beside_breaks_the_map() -> None:
    good = [(lines("O", "P", "O"), lines("open", "settled", "open"))] * EACH
    (claim,) = claims(good)
    assert claim.place == "$.lines[*].status"
    assert claim.values == (("O", "open", EACH), ("P", "settled", EACH))  # pairs, not items
    assert claims([*good, (lines("O", "P", "O"), lines("open", "settled", "O"))]) == []
    assert claims([*good, (lines("P", "O"), lines("O", "open"))]) == []


@pytest.mark.parametrize("first", [True, False])
def test_a_byte_equal_answer_breaks_it_whether_it_comes_before_or_after(first: bool) -> None:
    wrong, right = said(("open", "lapsed"), times=ALONE), said(("open", "open"), times=1)
    assert len(claims(wrong)) == 1
    assert claims([*right, *wrong] if first else [*wrong, *right]) == []


def test_a_status_that_is_wrong_in_some_documents_is_never_called_renamed() -> None:
    for seed in range(12):
        random = Random(seed)
        pairs: list[tuple[Node, Node]] = []
        for _ in range(random.choice([60, 200, 600])):
            status = random.choice(["draft", "open", "paid"])
            wrong = status == "open" and random.random() < 0.5
            pairs.append(({"status": status}, {"status": "lapsed" if wrong else status}))
        assert claims(pairs) == [], seed


REFUSED = {
    "amounts": said((Decimal("10.00"), Decimal("10.10")), (Decimal("20.00"), Decimal("20.20")), name="total"),
    "amounts as text": said(("10.00", "ten"), ("20.00", "twenty"), name="total"),
    "counts": said((1, 2), (2, 3), (7, 9), name="places"),
    "numbers as text": said(("1", "10"), ("2", "20")),
    "dates": said(("2026-01-02", "2026-03-04"), ("2026-01-03", "2026-03-05"), name="due"),
    "currencies": said(("EUR", "USD"), ("CHF", "GBP"), name="currency"),
    "ids": said(("ab", "cd"), ("ef", "gh"), name="customer_id"),
    "free text": said(("Hosting", "Web space"), ("Mail", "Post"), name="description"),
    "a person's name": said(("Ada", "Grace"), ("Bob", "Alan"), name="customer_name"),
    "references": said(("R-2026-17", "Q-2026-18"), ("R-2026-18", "Q-2026-19"), name="slot"),
    "long text": said(("a very long way to say it", "b"), ("b very long way to say", "c"), name="slot"),
    "truth turned round": said((True, False), times=ALONE, name="paid"),
    "rounding": said(("1.004", "1.00"), ("2.004", "2.00"), name="share"),
    "another type only": said((1, "1"), (2, "2"), name="code"),
    "swapped names": said(("open", "paid"), ("paid", "open")),
    "two to one": said(("open", "x"), ("paid", "x")),
    "one to two": said(("open", "x"), ("open", "y"), ("paid", "z")),
    "one name, too seldom": said(("open", "lapsed"), times=ALONE - 1),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(what: str) -> None:
    pairs = REFUSED[what]
    assert all(compare(left, right).verdict == "different" for left, right in pairs)
    assert claims(pairs * 3 if "seldom" not in what else pairs) == []


def test_one_amount_at_a_place_spoils_it_for_good() -> None:
    good = said(("O", "open"), ("P", "settled"))
    amount: tuple[Node, Node] = ({"status": Decimal("10.00")}, {"status": Decimal("10.01")})
    assert claims([*good, amount]) == claims([amount, *good]) == []


def letters(n: int) -> str:
    """A number without digits."""
    return "".join(chr(97 + int(digit)) for digit in str(n))


def test_new_values_without_end_are_no_closed_set() -> None:
    few = said(*((letters(n), "x" + letters(n)) for n in range(NAMES)), times=3)
    assert claims(few) == []  # three times each: no name often enough
    often = said(*((letters(n), "x" + letters(n)) for n in range(NAMES)), times=EACH)
    assert len(claims(often)) == 1
    assert claims([*often, *said(("zz", "xzz"), times=1)]) == []
    seldom = said(*((letters(n), "x" + letters(n)) for n in range(50)), times=1)
    assert claims([*seldom, *said((letters(1), "x" + letters(1)), (letters(2), "x" + letters(2)))]) == []


def test_an_error_says_nothing_of_the_names_and_breaks_nothing() -> None:
    learner = taught(said(("O", "open"), ("P", "settled")))
    refused = shown({"status": "O"}, {"status": "O", "detail": "gone"}, status=404)
    other = shown({"status": "gone"}, {"status": "lost"}, status=404)
    assert not learned(other, learner.watched).unfit
    learner.take(other, learned(other, learner.watched))
    assert len(list(renamed_enums(learner.known))) == 1
    learner.take(refused, learned(refused, learner.watched))
    assert list(renamed_enums(learner.known)) == []  # both sides do say `O`


def test_a_rename_rule_is_looked_through() -> None:
    rules = Rules.parse([{"rename": "$.status", "to": "$.state"}])
    pairs: list[tuple[Node, Node]] = [({"status": "O"}, {"state": "open"})] * ALONE
    (claim,) = claims(pairs, rules)
    assert claim.place == "$.status"
    assert claims([*pairs, ({"status": "O"}, {"state": "O"})], rules) == []


def test_evidence_adds_up_the_same_in_whatever_parts_and_order() -> None:
    random = Random(7)
    names: list[tuple[Node, Node]] = [("O", "open"), ("P", "settled"), ("new", "new"), (1, 2)]
    pairs: list[tuple[Node, Node]] = [
        ({"a": left, "b": [more]}, {"a": right, "b": [than]})
        for (left, right), (more, than) in (random.choices(names, k=2) for _ in range(120))
    ]
    watched = Watched(frozenset({"$.a", "$.b[*]"}))
    parts = [learned(shown(left, right), watched) for left, right in pairs]
    whole = Learned()
    for part in parts:
        whole.add(part)
    assert whole.places or whole.unfit
    for _ in range(10):
        random.shuffle(parts)
        sums = [Learned() for _ in range(random.randint(1, 9))]
        before = copy.deepcopy(parts)
        for part in parts:
            random.choice(sums).add(part)
        assert parts == before
        total = Learned()
        for each in sums:
            total.add(each)
        assert total == whole


def test_memory_is_bounded_by_places_names_and_kept_bytes() -> None:
    learner = Learner()
    for n in range(200):
        left, right = (dict[str, Node](note="x" * 2_000) for _ in range(2))
        for k in range(3):
            left[f"f{k}{letters(n)}"], right[f"f{k}{letters(n)}"] = "abc", "xyz"
        sight = shown(left, right)
        learner.take(sight, learned(sight, learner.watched, learner.kept))
    assert len(learner.known.places) == PLACES
    assert len(learner.kept) <= KEPT
    assert sum(sight.size for sight in learner.kept) <= KEPT_BYTES
    large = shown({"a": "O", "note": "x" * KEPT_BYTES}, {"a": "open", "note": "x" * KEPT_BYTES})
    learner.take(large, learned(large))
    assert large not in learner.kept


def test_what_others_have_seen_change_is_watched_until_it_is_known_better() -> None:
    learner = Learner()
    learner.hint({"$.status"})
    sight = shown({"status": "open"}, {"status": "open"})
    learner.take(sight, learned(sight, learner.watched, learner.kept))
    assert learner.known.places["$.status"].same == {"open": 1}
    wrong = shown({"status": "open"}, {"status": "paid"})
    learner.take(wrong, learned(wrong, learner.watched, learner.kept))
    learner.hint({"$.status"})
    assert learner.watched == Watched(closed=frozenset({"$.status"}))


def test_a_name_that_no_path_may_hold_stops_nothing() -> None:
    pairs = said(("O", "open"), ("P", "settled"), name="line\nbreak")
    assert claims(pairs) == []
    assert (
        claims(said(("O", "open"), ("P", "settled"), name="it's [a] state"))[0].place
        == "$['it\\'s [a] state']"
    )
