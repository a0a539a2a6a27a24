"""`enum-renamed`: the values of a small closed set have other names on the candidate, one for one.

What it takes, and why:

- One to one over every pair that was seen, what stayed equal included: legacy's name with two of the candidate's, two
  of legacy's with one, or a name that is equal in one document and changed in the next, is a value that is wrong in
  some documents. One such pair is enough, and nothing ever makes up for it.
- New names: a candidate's name that is also one of legacy's is no new name but another value (`open` for `paid`).
- Two names that changed in five pairs each (that many coincidences of two values have odds of 1 in 256), or a single
  one in twenty (1 in 500,000). It cannot be told from a value that is wrong always: it is the word that changes, not
  what counts, and a person who accepts the rule reads the map.
- A closed set: at most 64 names, each three times on average. Free text and references go on bringing new ones.
- Names, not amounts, counts, dates, currencies, ids or free text (see `names`); and at least one that no single pair
  explains: what differs by case alone has a better word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from strangler.comparison.causes.site import Example
from strangler.comparison.learning.cause import LearnedCause
from strangler.comparison.learning.claims import Claim
from strangler.comparison.learning.evidence import Learned, Values
from strangler.comparison.model import UNEXPLAINED

EACH: Final = 5
"""Pairs that make a changed name count, where two names changed."""
ALONE: Final = 20
"""Pairs it takes where only one did."""
_REPEATED: Final = 3


def renamed_enums(learned: Learned) -> Iterator[Claim]:
    """The claims that hold now, by place."""
    for place in sorted(learned.places):
        values = learned.places[place]
        if one_to_one(values) and _enough(values):
            yield Claim("enum-renamed", place, values.pairs, tuple(_divergences(values)), tuple(_map(values)))


def one_to_one(values: Values) -> bool:
    """Whether nothing that was seen speaks against it."""
    if any(len(names) > 1 for names in values.changed.values()) or values.changed.keys() & values.same.keys():
        return False
    new = [name for names in values.changed.values() for name in names]
    return len(set(new)) == len(new) and not set(new) & (values.changed.keys() | values.same.keys())


def open_questions(learned: Learned) -> frozenset[str]:
    """The places that are worth watching: nothing speaks against a map there yet."""
    return frozenset(place for place, values in learned.places.items() if one_to_one(values))


def _enough(values: Values) -> bool:
    seen = sorted((sum(names.values()) for names in values.changed.values()), reverse=True)
    if all(mark.cause != UNEXPLAINED.code for mark in values.marks.values()):
        return False
    often = seen[0] >= ALONE if len(seen) == 1 else bool(seen) and seen[1] >= EACH
    return often and sum(seen) + sum(values.same.values()) >= _REPEATED * values.distinct


def _map(values: Values) -> Iterator[tuple[str, str, int]]:
    for legacy in sorted(values.changed):
        for candidate, pairs in values.changed[legacy].items():
            yield legacy, candidate, pairs


def _divergences(values: Values) -> list[str]:
    """What stands under the unexplained before what one pair explains: that is where a person looks for it."""
    marks = values.marks
    return sorted(marks, key=lambda digest: (marks[digest].cause != UNEXPLAINED.code, digest))


def _said(count: int, legacy: str, candidate: str) -> tuple[int, Example]:
    return count, Example({"status": legacy}, {"status": candidate})


CAUSE: Final = LearnedCause(
    code="enum-renamed",
    claims=renamed_enums,
    good=(
        (_said(5, "O", "open"), _said(9, "P", "settled"), _said(1, "V", "void"), _said(3, "new", "new")),
        (_said(20, "OVERDUE", "past_due"),),
    ),
    bad=(
        (_said(5, "O", "open"), _said(9, "P", "settled"), _said(1, "P", "open")),
        (_said(40, "open", "lapsed"), _said(1, "open", "open")),
        (_said(40, "open", "paid"), _said(40, "paid", "closed")),
        (_said(4, "O", "open"), _said(4, "P", "settled")),
        (_said(9, "OPEN", "open"), _said(9, "PAID", "paid")),
        (
            (9, Example({"quantity": 1}, {"quantity": 2})),
            (9, Example({"quantity": 2}, {"quantity": 3})),
        ),
        (
            (20, Example({"currency": "EUR"}, {"currency": "USD"})),
            (20, Example({"currency": "CHF"}, {"currency": "GBP"})),
        ),
    ),
)
