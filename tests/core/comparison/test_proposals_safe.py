"""Whatever was seen, no proposed rule lets a changed amount pass. As properties, over invoices and over paths."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from itertools import product
from random import Random
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from strangler.comparison.model import Path
from strangler.comparison.overlap import lies_under, meets
from strangler.comparison.pair import compare
from strangler.comparison.paths import ANY, Pattern, Segment, at
from strangler.comparison.proposals import propose
from strangler.comparison.rules import Rules
from strangler.comparison.sightings import Sightings
from strangler.testing.samples import invoice

BASE: Final = invoice(7, lines=3)


def leaves(node: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(node, dict | list) and node:
        steps = node.items() if isinstance(node, dict) else enumerate(node)
        for step, child in steps:
            yield from leaves(child, (*path, step))
    else:
        yield path


PLACES: Final = tuple(leaves(BASE))
MONEY: Final = tuple(
    path for path in PLACES if isinstance(at(BASE, path), Decimal) and path[-1] != "tax_rate"
)
CONTAINERS: Final[tuple[Path, ...]] = (("customer",), ("lines",), ("lines", 1), ("customer", "address"))


def with_value(document: Any, path: Path, value: Any) -> Any:
    changed = copy.deepcopy(document)
    parent: Any = at(changed, path[:-1])
    parent[path[-1]] = value
    return changed


def without(document: Any, path: Path) -> Any:
    changed = copy.deepcopy(document)
    parent: Any = at(changed, path[:-1])
    del parent[path[-1]]
    return changed


def reordered(document: Any, path: Path, random: Random) -> Any:
    del path
    lines = list(document["lines"])
    random.shuffle(lines)
    return {**document, "lines": lines}


def other(value: Any, random: Random) -> Any:
    if isinstance(value, bool) or value is None:
        return random.choice([True, False, None])
    if isinstance(value, int | Decimal):
        return value + random.randint(1, 5)
    texts = [
        value.upper(),
        f" {value}",
        f"{value}é",
        "in_1GqIC8HYgolSBA35",
        f"{random.getrandbits(128):032x}",
        "",
    ]
    return random.choice(texts) if isinstance(value, str) else None


CHANGES: Final[tuple[Callable[[Any, Path, Random], Any], ...]] = (
    lambda document, path, random: with_value(document, path, other(at(document, path), random)),
    lambda document, path, random: with_value(document, path, other(at(document, path), random)),
    lambda document, path, _: with_value(document, path, None),
    lambda document, path, _: without(document, path),
    reordered,
)


@given(st.integers(0, 2**32), st.booleans(), st.booleans())
@settings(max_examples=20)
def test_no_proposed_rule_lets_a_changed_amount_pass(seed: int, own: bool, as_text: bool) -> None:
    random = Random(seed)
    seen = Sightings(own=own)
    for _ in range(random.randint(1, 12)):
        left = copy.deepcopy(BASE)
        right = copy.deepcopy(BASE)
        for _ in range(random.randint(1, 6)):
            path = random.choice(PLACES if random.random() < 0.9 else CONTAINERS)
            try:
                right = random.choice(CHANGES)(right, path, random)
            except (KeyError, TypeError, IndexError, AttributeError):
                continue  # another change has taken the place away
        seen.take(compare(left, right))
    rules = Rules.parse([each.rule for each in propose(seen.seen(), fewest=1)])
    for path in MONEY:
        amount = at(BASE, path)
        assert isinstance(amount, Decimal)
        wrong: Any = str(amount + Decimal("0.01")) if as_text else amount + Decimal("0.01")
        base = with_value(BASE, path, str(amount)) if as_text else BASE
        for spoilt in (with_value(base, path, wrong), without(base, path)):
            outcome = compare(base, spoilt, rules)
            assert outcome.verdict == "different", (path, [each.locations for each in rules.compiled])


STEPS: Final[tuple[str | int, ...]] = ("a", "b", 0)
SEGMENTS: Final = st.builds(
    Segment,
    st.one_of(
        st.just((ANY,)),
        st.lists(st.sampled_from(STEPS), min_size=1, max_size=2, unique=True).map(tuple),
    ),
    st.booleans(),
)
PATTERNS: Final = st.lists(SEGMENTS, max_size=3).map(tuple)


@cache
def paths() -> tuple[Path, ...]:
    return tuple(path for length in range(7) for path in product(STEPS, repeat=length))


def names(pattern: Pattern, path: Path) -> bool:
    """The meaning of a pattern, written down anew."""
    if not pattern:
        return not path
    first, *rest = pattern
    starts = range(len(path)) if first.descend else range(min(1, len(path)))
    return any(first.takes(path[start]) and names(tuple(rest), path[start + 1 :]) for start in starts)


@given(PATTERNS, PATTERNS)
@settings(max_examples=30)
def test_what_lies_under_what_is_told_exactly(path: Pattern, place: Pattern) -> None:
    named = [each for each in paths() if names(path, each)]
    under = any(names(place, each[:length]) for each in named for length in range(len(each) + 1))
    assert lies_under(path, place) is under
    assert meets(path, place) is any(names(place, each) for each in named)
