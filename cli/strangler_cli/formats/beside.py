"""Both answers side by side, and in every pair of lines the part that differs: `[-10.00-]` against `{+10.01+}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from strangler.views.side_by_side import Pair, apart, excerpt, side_by_side
from strangler_cli.formats.outcome import place_of
from strangler_cli.screen import Cell, Column

if TYPE_CHECKING:
    from strangler.comparison.model import Answer, Outcome
    from strangler_cli.screen import Screen, Tone

LARGEST: Final = 200_000
"""Bytes of a body that is shown: pairing lines takes time with the square of their number."""
_WIDEST: Final = 72
_BEFORE: Final = 24
_BETWEEN_TAGS: Final = re.compile(r">\s*<")


def beside(screen: Screen, outcome: Outcome, legacy: Answer, candidate: Answer, *, full: bool) -> None:
    """Around what differs, or in full. `>>`: a difference; `|`: other text, which is equal or let pass by rules."""
    left, right = _shown(legacy.body), _shown(candidate.body)
    places = [place_of(each) for each in outcome.differences if each.location.part == "body"]
    if left is None or right is None or not places:
        return
    pairs = side_by_side(left, right, *places)
    chosen: list[Pair | None] = [*pairs] if full else [*excerpt(pairs)]
    rows = [_row(pair) for pair in chosen]
    screen.line()
    screen.table([Column("legacy", wrap=True), Column(""), Column("candidate", wrap=True)], rows)


def _shown(body: bytes) -> str | None:
    if len(body) > LARGEST or b"\0" in body:
        return None
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return _BETWEEN_TAGS.sub(">\n<", text) if text.lstrip().startswith("<") else text


def _row(pair: Pair | None) -> list[Cell]:
    if pair is None:
        return [("…", "dim"), "", ("…", "dim")]
    tone: Tone = "bad" if pair.mark == ">>" else "warn" if pair.mark else ""
    left, right = pair.left, pair.right
    if pair.mark and left is not None and right is not None:
        left, right = marked(left, right)
    return [(_cut(left or ""), tone), (pair.mark, tone), (_cut(right or ""), tone)]


def marked(left: str, right: str) -> tuple[str, str]:
    """Both lines with what differs in brackets; what is equal before it is shortened where it is long."""
    before, one, two, after = apart(left, right)
    if len(before) > 2 * _BEFORE:
        indent = len(before) - len(before.lstrip())
        before = before[: min(indent, _BEFORE)] + "…" + before[-_BEFORE:]
    return f"{before}[-{_cut(one, 40)}-]{after}", f"{before}{{+{_cut(two, 40)}+}}{after}"


def _cut(text: str, widest: int = _WIDEST + 40) -> str:
    return text if len(text) <= widest else text[: widest - 1] + "…"
