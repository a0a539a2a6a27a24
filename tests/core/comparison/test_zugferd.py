"""The same invoice in two vocabularies, under one rules file: equal where it is the same, and one cent is seen."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import cycle
from pathlib import Path

import pytest

from strangler.comparison.decode import decode
from strangler.comparison.model import Node, Outcome
from strangler.comparison.model import Path as Place
from strangler.comparison.pair import compare
from strangler.comparison.paths import ANY, Pattern, at, parse, places
from strangler.comparison.rules import Rules
from strangler.config.rulesfile import parse_rules
from strangler.testing.samples import answer

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus" / "zugferd"
RULES = Path(__file__).parent / "zugferd.rules.yaml"
pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="no corpus/zugferd in a folder `shared` beside the repository"
)
# Its UBL was written by a converter that took the point out of 100.00, 5.00 and 4.60: 1000, 50 and 46 stand there
# beside totals of 200 and 205.
WRONG = "not_validating_full_invoice_based_onTest_EeISI_300_CENfullmodel"
LINES = "$['rsm:CrossIndustryInvoice'][0]['rsm:SupplyChainTradeTransaction'][0]['ram:IncludedSupplyChainTradeLineItem']"


@cache
def rules() -> Rules:
    models, lines = parse_rules(RULES.read_text(encoding="utf-8"), RULES)
    return Rules.of(models, lines, file=str(RULES))


@cache
def pairs() -> dict[str, tuple[Node, Node]]:
    """The trees of each invoice in CII and UBL, by name."""
    found = {}
    for file in sorted((CORPUS / "cii").glob("*.cii.xml")):
        name = file.name.removesuffix(".cii.xml")
        other = CORPUS / "ubl" / f"{name}.ubl.xml"
        found[name] = _tree(file), _tree(other)
    return found


def _tree(file: Path) -> Node:
    return decode(answer(file.read_bytes(), media="application/xml")).root


def _pattern(text: str) -> Pattern:
    pattern = parse(text)
    assert isinstance(pattern, tuple)
    return pattern


def test_26_of_27_are_equal_and_the_other_one_is_not_the_same_invoice():
    outcomes = {}
    for file in sorted((CORPUS / "cii").glob("*.cii.xml")):
        other = CORPUS / "ubl" / file.name.replace(".cii.", ".ubl.")
        left, right = (answer(each.read_bytes(), media="application/xml") for each in (file, other))
        outcomes[file.name.removesuffix(".cii.xml")] = compare(left, right, rules())
    assert len(outcomes) == 27
    wrong = outcomes.pop(WRONG)
    assert {name: outcome.verdict for name, outcome in outcomes.items()} == dict.fromkeys(outcomes, "equal")
    found = sorted((d.left, d.right, d.severity) for d in wrong.differences)
    assert found == [*[("100.00", "1000", "money")] * 4, *[("5.00", "50", "money")] * 2]
    assert wrong.verdict == "different"


def test_every_rule_is_needed():
    used: dict[str, int] = {}
    for left, right in pairs().values():
        for digest, count in compare(left, right, rules()).silenced.items():
            used[digest] = used.get(digest, 0) + count
    idle = [rule for rule in rules().compiled if rule.kind != "only" and not used.get(rule.digest)]
    assert idle == []


def _seen(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    return sorted((str(d.location), d.kind, str(d.left), str(d.right)) for d in outcome.differences)


def _changes(value: str) -> Iterator[str]:
    """The smallest changes of a value: one cent, one day, one letter."""
    if value.count("-") == 2 and len(value) == 10:
        yield (date.fromisoformat(value) + timedelta(1)).isoformat()
    elif len(value) == 8 and value.isdigit() and value.startswith("20"):
        yield (date.fromisoformat(value) + timedelta(1)).strftime("%Y%m%d")
    elif value.replace(".", "", 1).lstrip("-").isdigit():
        yield str(Decimal(value) + Decimal("0.01"))
    else:
        yield "x" + value[1:]
        yield value[:-1] + "x"


@contextmanager
def changed(root: Node, place: Place, value: str | None) -> Generator[None]:
    """The document with another value in a place, or none; as it was, afterwards."""
    parent, name = at(root, place[:-1]), str(place[-1])
    assert isinstance(parent, dict)
    was = dict(parent)
    if value is None:
        del parent[name]
    else:
        parent[name] = value
    yield
    parent.clear()
    parent.update(was)


@pytest.mark.parametrize(
    ("side", "each"),
    [
        ("legacy", 4),
        pytest.param("legacy", 1, marks=pytest.mark.full),
        pytest.param("candidate", 1, marks=pytest.mark.full),
    ],
)
def test_one_cent_one_day_or_one_letter_is_found_in_every_place_of_every_invoice(side: str, each: int):
    """`each`: one of so many changes is tried, in turns that meet every kind of place."""
    tried, turns = 0, cycle(range(each))
    for name, (left, right) in pairs().items():
        before = _seen(compare(left, right, rules()))
        for move in rules().moves:
            root, pattern = (left, move.legacy) if side == "legacy" else (right, move.candidate)
            for place, bound in list(places(root, pattern)):
                for other in _changes(str(at(root, place))):
                    if next(turns):
                        continue
                    with changed(root, place, other):
                        outcome = compare(left, right, rules())
                    assert [seen for seen in _seen(outcome) if seen not in before], (place, other)
                    if name != WRONG:
                        (found,) = outcome.differences
                        steps = iter(bound)
                        target = (step.choices[0] for step in move.legacy)
                        assert found.location.path == tuple(next(steps) if s == ANY else s for s in target)
                        assert (found.kind, found.left if side == "legacy" else found.right) == (
                            "changed",
                            other,
                        )
                    tried += 1
    assert tried > 800 // each
    print(f"{tried:,} changes on {side}'s side, each found in its place")  # noqa: T201  the figure is asked for


@pytest.mark.full
def test_a_lost_value_and_a_lost_line_are_found():
    for name, (left, right) in pairs().items():
        before = _seen(compare(left, right, rules()))
        for move in rules().moves:
            for place, _ in list(places(right, move.candidate)):
                with changed(right, place, None):
                    assert _seen(compare(left, right, rules())) != before
        ((place, _),) = places(left, _pattern(LINES))
        lines = _items(left, place)
        for position in range(len(lines)):
            line = lines.pop(position)
            outcome = compare(left, right, rules())
            lines.insert(position, line)
            assert _seen(outcome) != before
            if name != WRONG:
                assert {d.kind for d in outcome.differences} == {"extra"}
        assert _seen(compare(left, right, rules())) == before


def _items(root: Node, place: Place) -> list[Node]:
    items = at(root, place)
    assert isinstance(items, list)
    return items
