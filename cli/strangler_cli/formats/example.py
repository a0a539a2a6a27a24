"""A whole exchange, redacted, for people: the request, both answers side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.views.side_by_side import Pair, excerpt, side_by_side
from strangler_cli.screen import Cell, Column

if TYPE_CHECKING:
    from strangler.ledger.settled import Exemplar
    from strangler.redaction import RedactedAnswer
    from strangler_cli.screen import Screen, Tone

_WIDEST = 72


def example(screen: Screen, exemplar: Exemplar, place: str, *, full: bool = False) -> None:
    """Print it. `place`: what is meant, as a rule names it; its lines are marked `>>`, other differences `|`."""
    request = exemplar.request
    screen.line(f"  {request.method} {request.target}")
    screen.line(f"  legacy     {_head(exemplar.legacy)}")
    screen.line(f"  candidate  {_head(exemplar.candidate)}")
    if place.startswith("header:"):
        _field(screen, exemplar, place.partition(":")[2])
        return
    left, right = _body(exemplar.legacy), _body(exemplar.candidate)
    if left is None or right is None:
        screen.line("  a body was not kept (binary, or there was none)", "dim")
        return
    documents(screen, left, right, place, full=full)


def documents(screen: Screen, left: str, right: str, place: str, *, full: bool = False) -> None:
    """Two documents side by side: around what differs, or in full."""
    pairs = side_by_side(left, right, place)
    chosen: list[Pair | None] = [*pairs] if full else [*excerpt(pairs)]
    if not any(pair for pair in chosen):
        screen.line("  line by line they are the same", "dim")
        return
    rows: list[list[Cell]] = [_row(pair) for pair in chosen]
    screen.table([Column("legacy", wrap=True), Column(""), Column("candidate", wrap=True)], rows, indent=2)


def _row(pair: Pair | None) -> list[Cell]:
    if pair is None:
        return [("…", "dim"), "", ("…", "dim")]
    tone: Tone = "bad" if pair.mark == ">>" else "warn" if pair.mark else ""
    return [(_cut(pair.left), tone), (pair.mark, tone), (_cut(pair.right), tone)]


def _cut(text: str | None) -> str:
    if text is None:
        return ""
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _head(answer: RedactedAnswer) -> str:
    if answer.failure:
        return f"{answer.failure}: {answer.detail}" if answer.detail else answer.failure
    media = answer.message.media if answer.message else ""
    return f"status {answer.status}, {media or 'no media type'}, {answer.elapsed_ns / 1e6:,.1f} ms"


def _body(answer: RedactedAnswer) -> str | None:
    return answer.message.body if answer.message else None


def _field(screen: Screen, exemplar: Exemplar, name: str) -> None:
    for side, answer in (("legacy", exemplar.legacy), ("candidate", exemplar.candidate)):
        fields = answer.message.fields if answer.message else ()
        values = [value for field, value in fields if field.lower() == name.lower()]
        screen.line(f"  {side:10} {name}: {' | '.join(values) or '(absent)'}", "bad")
