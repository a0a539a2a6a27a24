"""Whether the documents' numbers are sound over both systems: one wrong thing blocks, whatever the epoch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from shlex import quote
from typing import Final

from strangler.gate.case import Case
from strangler.gate.verdict import Reason
from strangler.numbers import Finding, Kind

_WORDS: Final[dict[Kind, tuple[str, str]]] = {
    "gap": ("missing", "no gap"),
    "double": ("given twice", "every number once"),
    "order": ("drawn out of order", "every draw above the ones before it"),
    "shadow": ("drawn by the side that only follows", "no number drawn by a shadow"),
}
_REMEDIES: Final[dict[Kind, str]] = {
    "gap": "a request through the plane that reads the document closes it; else",
    "double": "mend what draws it, have the documents corrected, then",
    "order": "mend what draws it, then",
    "shadow": "see that only one side draws, then",
}
_SHOWN: Final = 5


def numbers(case: Case) -> Iterator[Reason]:
    """Each kind of wrong in each series that one of the cutover's routes shows."""
    for series, routes, found in case.evidence.numbers:
        for _, those in groupby(found, key=lambda each: each.kind):
            yield _reason(case, series, routes, list(those))
    for route in case.evidence.unread:
        yield Reason(
            "numbers",
            "insufficient",
            f"no number was ever read in an answer of `{route}`",
            "the number of every document",
            "see that `numbers.number` and `numbers.document` name places in its answers",
            case.line_of("routes", route, "numbers"),
            route,
        )


def _reason(case: Case, series: str, routes: tuple[str, ...], found: list[Finding]) -> Reason:
    kind = found[0].kind
    words, required = _WORDS[kind]
    typed = f"`strangler numbers acknowledge {quote(series)} {ranges(found[:1])} --reason TEXT`"
    line = case.line_of("routes", routes[0], "numbers") if routes else 0
    return Reason(
        "numbers",
        "blocked",
        f"in series `{series}`, {words}: {ranges(found)}",
        required,
        f"{_REMEDIES[kind]} {typed}",
        line,
    )


def ranges(found: list[Finding]) -> str:
    """`101-102, 105 and 3 more`."""
    shown = [str(each.first) if each.first == each.last else f"{each.first}-{each.last}" for each in found]
    more = f" and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
