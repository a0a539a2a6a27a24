"""Where a cutover stood, and what happened to it, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strangler.cutover import CutoverState
from strangler.ledger.audit import entries
from strangler.views.words import iso, percent
from strangler_cli.screen import Cell, Column

if TYPE_CHECKING:
    from strangler.ledger.audit import Entry
    from strangler.ledger.store import Ledger
    from strangler_cli.screen import Screen

_LISTED = (
    Column("entry", right=True),
    Column("when"),
    Column("what"),
    Column("about"),
    Column("by"),
    Column("why", wrap=True),
)
_COLUMNS = (Column("when"), Column("what"), Column("from → to"), Column("by"), Column("why", wrap=True))


def where(state: CutoverState) -> str:
    """`canary 5 %, paused`; until when it was held stands there also once that is over."""
    words = f"canary {percent(state.weight)}" if state.phase == "canary" else state.phase
    held = f", held until {iso(state.held_until_ns)}" if state.held_until_ns else ""
    return f"{words}{', paused' if state.paused else ''}{held}"


def history(screen: Screen, ledger: Ledger, cutover: str) -> None:
    """The latest entries of the audit that are about it."""
    with ledger.read() as connection:
        found = entries(connection, subject=cutover, limit=10)
    rows: list[list[Cell]] = []
    for entry in found:
        body = entry.body
        moved = _moved(body.get("before"), body.get("after"))
        rows.append([iso(body["at_ns"]) or "", body["action"], moved, body["actor"], body["reason"]])
    if rows:
        screen.line()
        screen.heading("What happened, latest first")
        screen.table(_COLUMNS, rows, indent=2)


def listed(screen: Screen, found: list[Entry]) -> None:
    """Entries of any kind, a line each."""
    if not found:
        screen.line("nothing yet: every transition and acceptance leaves an entry")
        return
    rows: list[list[Cell]] = [
        [
            str(entry.seq),
            iso(entry.body["at_ns"]) or "",
            entry.body["action"],
            entry.body["subject"],
            entry.body["actor"],
            entry.body["reason"],
        ]
        for entry in found
    ]
    screen.table(_LISTED, rows)


def _moved(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    """From where to where; what moved nothing says what it is about."""
    if after is not None and "phase" not in after:
        return ", ".join(str(value) for value in after.values() if isinstance(value, str))
    return f"{_phase(before)} → {_phase(after)}"


def _phase(state: dict[str, Any] | None) -> str:
    if state is None or "phase" not in state:
        return "-"  # an approval, say: nothing moved
    names = ("phase", "weight", "paused", "held_until_ns")
    return where(CutoverState("", **{name: state[name] for name in names if name in state}))
