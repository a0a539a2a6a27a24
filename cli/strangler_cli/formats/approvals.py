"""Requests for approval, for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from strangler.views.words import ago, iso

if TYPE_CHECKING:
    from strangler.views.approvals import Asked
    from strangler_cli.screen import Screen


def as_text(screen: Screen, cutover: str, entries: Sequence[Asked]) -> None:
    """Each request with its approvals."""
    if not entries:
        screen.line(f"{cutover}: no approval was ever asked for")
    for entry in entries:
        request = entry.request
        screen.line(
            f"{request.plan[:12]}  {request.leads_to}, asked by {request.asker} {ago(request.at_ns, entry.now_ns)}"
            + ("" if entry.holds else ": void, it rests on other findings or an earlier step"),
            "strong" if entry.holds else "dim",
        )
        for given in request.given:
            until = given.at_ns + entry.expire_ms * 1_000_000
            state = f"until {iso(until)}" if given.by in entry.counted else "does not count any more"
            why = f": {given.reason}" if given.reason else ""
            screen.line(f"    {given.by}, {ago(given.at_ns, entry.now_ns)}, {state}{why}")
