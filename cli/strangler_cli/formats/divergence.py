"""Divergences for people."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from strangler.views.divergence import drift, sentence, state, versions, when

if TYPE_CHECKING:
    from strangler.ledger.divergences import Divergence
    from strangler_cli.screen import Screen

_WIDEST: Final = 100
_INDENT: Final = 14
_FIGURES: Final = frozenset({1, 2})


def listed(screen: Screen, found: Sequence[Divergence]) -> None:
    """Each in three lines: figures under their heads, what differs, and when it was seen with which versions."""
    head = ("id", "seen", "money", "route", "cause", "state")
    rows = [(each.id, f"{each.count:,}", drift(each), each.route, each.cause, state(each)) for each in found]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    screen.line(_row(head, widths), "strong")
    for each, row in zip(found, rows, strict=True):
        screen.line(_row(row, widths), "bad" if each.drift else "")
        for line in wrap(sentence(each), _WIDEST - _INDENT) if screen.terminal else [sentence(each)]:
            screen.line(" " * _INDENT + line)
        screen.line(f"{' ' * _INDENT}{when(each)}, version {versions(each)}", "dim")


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    texts = [
        cell.rjust(width) if place in _FIGURES else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(texts).rstrip()
