"""Requests for approval, for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from strangler.pace import in_force
from strangler.views.words import ago, iso

if TYPE_CHECKING:
    from strangler.ledger.approvals import Request
    from strangler_cli.screen import Screen


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it stands now. `holds`: the findings and the step it was asked on are still the present ones."""

    request: Request
    holds: bool
    expire_ms: int
    now_ns: int

    @property
    def counted(self) -> tuple[str, ...]:
        """Whose approvals count now."""
        if not self.holds:
            return ()
        excluded = self.request.barred
        return in_force(self.request.given, self.expire_ms, self.now_ns, excluded=excluded)


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


def as_object(entry: Asked) -> dict[str, Any]:
    """One request; its fields stand in docs/commands.md."""
    request = entry.request
    return {
        "plan": request.plan,
        "leads_to": request.leads_to,
        "asker": request.asker,
        "asked_at": iso(request.at_ns),
        "findings": request.findings,
        "holds": entry.holds,
        "approvals": [
            {
                "by": given.by,
                "at": iso(given.at_ns),
                "until": iso(given.at_ns + entry.expire_ms * 1_000_000),
                "counts": given.by in entry.counted,
                "reason": given.reason,
            }
            for given in request.given
        ],
    }
