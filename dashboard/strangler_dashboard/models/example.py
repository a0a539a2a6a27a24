"""An exemplar as two documents beside one another: what differs is marked, long equal parts are folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from strangler.views.places import rule_place
from strangler.views.side_by_side import AROUND, Pair, apart, side_by_side

if TYPE_CHECKING:
    from strangler.ledger.settled import Exemplar
    from strangler.redaction import RedactedAnswer

_LARGEST: Final = 200_000
"""Characters of a body that is laid out: pairing lines takes time with the square of their number."""
_LINES: Final = 4_000
_WIDEST: Final = 2_000
_SECRET: Final = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})


class LineView(msgspec.Struct, frozen=True):
    """A line of both: what they begin with, each side's own part, what they end with. None: that side has no such line.

    `mark`: empty for equal, `|` for different, `>>` for different and at the place that is meant.
    """

    mark: str
    left: tuple[str, str, str] | None
    right: tuple[str, str, str] | None


class BlockView(msgspec.Struct, frozen=True):
    """Lines in their order. `folded`: all equal, and too many to be shown at once."""

    folded: bool
    lines: tuple[LineView, ...]


class DocumentsView(msgspec.Struct, frozen=True):
    """Two documents. `what`: `body`, or the header's name; `unfit`: why there is nothing to lay out."""

    what: str
    blocks: tuple[BlockView, ...]
    unfit: str


def documents(exemplar: Exemplar, location: str) -> DocumentsView:
    """`location`: of the divergence, as the ledger has it."""
    place = rule_place(location) or ""
    if place.startswith("header:"):
        name = place.partition(":")[2]
        left, right = _field(exemplar.legacy, name), _field(exemplar.candidate, name)
        return DocumentsView(name, _blocks(_paired(left, right)), "")
    if location == "status":
        pairs = [Pair(_head(exemplar.legacy), _head(exemplar.candidate), ">>")]
        return DocumentsView("status", _blocks(pairs), "")
    left_body, right_body = _body(exemplar.legacy), _body(exemplar.candidate)
    if left_body is None or right_body is None:
        return DocumentsView("body", (), "a body was not kept: it is binary, too large, or there was none")
    if max(len(left_body), len(right_body)) > _LARGEST or max(map(_lines, (left_body, right_body))) > _LINES:
        return DocumentsView("body", (), "the documents are too large to be laid out side by side")
    return DocumentsView("body", _blocks(side_by_side(left_body, right_body, place)), "")


def curl(exemplar: Exemplar) -> str:
    """The request as a command for a shell; credentials stand as they were redacted, and are to be filled in."""
    request = exemplar.request
    url = f"https://{request.authority}{request.target}"
    parts = ["curl", "--request", _quoted(request.method)]
    for name, value in request.message.fields:
        if name.lower() in {"host", "content-length", "connection", "transfer-encoding"}:
            continue
        filled = f"{name}: …" if name.lower() in _SECRET else f"{name}: {value}"
        parts += ["\\\n  --header", _quoted(filled)]
    if request.message.body:
        parts += ["\\\n  --data-binary", _quoted(request.message.body)]
    return " ".join([*parts, "\\\n  --url", _quoted(url)])


def _quoted(text: str) -> str:
    """One word for a POSIX shell, also what holds line breaks, controls or quotes."""
    shown = "".join(
        char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text
    )
    return "'" + shown.replace("'", "'\\''") + "'"


def _field(answer: RedactedAnswer, name: str) -> list[str]:
    fields = answer.message.fields if answer.message else ()
    return [value for field, value in fields if field.lower() == name.lower()] or ["(absent)"]


def _paired(left: list[str], right: list[str]) -> list[Pair]:
    most = max(len(left), len(right))
    padded = [[*side, *[None] * (most - len(side))] for side in (left, right)]
    return [Pair(one, two, "" if one == two else ">>") for one, two in zip(*padded, strict=True)]


def _head(answer: RedactedAnswer) -> str:
    if answer.failure:
        return f"{answer.failure}: {answer.detail}" if answer.detail else answer.failure
    return str(answer.status)


def _body(answer: RedactedAnswer) -> str | None:
    return answer.message.body if answer.message else None


def _lines(text: str) -> int:
    # A document of JSON is laid out with a line for each member.
    return text.count("\n") + text.count(",")


def _blocks(pairs: list[Pair]) -> tuple[BlockView, ...]:
    near = {
        line
        for index, pair in enumerate(pairs)
        if pair.mark
        for line in range(index - AROUND, index + AROUND + 1)
    }
    blocks: list[tuple[bool, list[LineView]]] = []
    for index, pair in enumerate(pairs):
        folded = index not in near
        if not blocks or blocks[-1][0] != folded:
            blocks.append((folded, []))
        blocks[-1][1].append(_line(pair))
    # One or two lines take no more room than the word that they are folded.
    return tuple(BlockView(folded and len(lines) > 2, tuple(lines)) for folded, lines in blocks)


def _line(pair: Pair) -> LineView:
    left, right = _cut(pair.left), _cut(pair.right)
    if not pair.mark or left is None or right is None:
        whole = (None if left is None else (left, "", ""), None if right is None else (right, "", ""))
        return LineView(pair.mark, *whole)
    before, one, two, after = apart(left, right)
    return LineView(pair.mark, (before, one, after), (before, two, after))


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
