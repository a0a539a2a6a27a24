"""`field-renamed`: gone on the candidate, and there under another name, with the same values.

What it takes, and why:

- In every pair in which either field is on one side only, both are, with equal values in every item of a list: one pair
  in which one of them comes alone, or in which the values differ, is enough to withdraw it. Null says nothing, either
  way: one side may leave out what the other calls null.
- Five pairs, and values that tell something: three distinct ones, or two in ten pairs each. True, false, 0, 1 and what
  is empty tell nothing, and neither does a value that is the same in all documents: any two constants would do.
- No other field would fit as well: of two that always hold the same (`created`, `updated`) nobody can say which it is.
- The values are equal as they are. A field that was renamed and also writes its amounts otherwise stays two.

An amount may have been renamed like anything else; its severity stays `money`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from strangler.comparison.causes.site import Example
from strangler.comparison.learning.cause import LearnedCause
from strangler.comparison.learning.claims import Claim
from strangler.comparison.learning.evidence import Learned, Link

PAIRS: Final = 5
"""Pairs that show it, at least."""
_DISTINCT: Final = 3
_TWICE: Final = 10
"""Pairs for each of two values, where there are no three."""


def renamed_fields(learned: Learned) -> Iterator[Claim]:
    """The claims that hold now, by legacy's field."""
    into: dict[str, list[str]] = {}
    for gone, come in learned.links.items():
        for field in come:
            into.setdefault(field, []).append(gone)
    sole = {
        gone: field
        for gone, come in learned.links.items()
        for field, link in come.items()
        if len(come) == 1 and len(into[field]) == 1 and _enough(link)
    }
    for gone in sorted(sole):
        pairs = learned.missing[gone].pairs
        yield Claim("field-renamed", gone, pairs, _explained(learned, gone, sole), to=sole[gone])


def _enough(link: Link) -> bool:
    often = sorted(link.values.values(), reverse=True)
    return link.pairs >= PAIRS and (len(often) >= _DISTINCT or (len(often) == 2 and often[1] >= _TWICE))


def _explained(learned: Learned, gone: str, sole: dict[str, str]) -> tuple[str, ...]:
    """The divergences that hold nothing but renamed fields: the missing first.

    One of many members that stand together may hold others that nobody has found again; it stays by itself.
    """
    more_lost = {
        digest for field, lone in learned.missing.items() if field not in sole for digest in lone.marks
    }
    found = set(sole.values())
    more_come = {
        digest for field, lone in learned.extra.items() if field not in found for digest in lone.marks
    }
    return (
        *sorted(learned.missing[gone].marks.keys() - more_lost),
        *sorted(learned.extra[sole[gone]].marks.keys() - more_come),
    )


def _customer(number: int, left: str, right: str) -> tuple[int, Example]:
    name = ("Ada", "Grace", "Alan", "Edsger", "Barbara")[number]
    return 2, Example({left: name, "id": number}, {right: name, "id": number})


def _constant(value: str) -> tuple[int, Example]:
    return 30, Example({"source": value}, {"origin": value})


CAUSE: Final = LearnedCause(
    code="field-renamed",
    claims=renamed_fields,
    good=(
        tuple(_customer(number, "customer", "client") for number in range(5)),
        (_constant("web"), _constant("shop")),
    ),
    bad=(
        (
            *(_customer(number, "customer", "client") for number in range(5)),
            (1, Example({"customer": "Kay"}, {})),
        ),
        (
            *(_customer(number, "customer", "client") for number in range(5)),
            (1, Example({"customer": "Kay"}, {"client": "Lee"})),
        ),
        (_constant("web"),),
        tuple(
            (9, Example({"paid": paid, "open": number}, {"settled": paid, "rest": number}))
            for paid, number in ((True, 0), (False, 1))
        ),
        tuple(
            (9, Example({"at": day}, {"created": day, "updated": day}))
            for day in ("2026-01-05", "2026-02-06", "2026-03-07")
        ),
    ),
)
