"""Requests for approval, as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from strangler.pace import in_force
from strangler.views.words import iso

if TYPE_CHECKING:
    from strangler.ledger.approvals import Request


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


class GivenView(msgspec.Struct, frozen=True):
    """One person's approval. `counts`: it is in force, and on the present findings."""

    by: str
    at: str | None
    until: str | None
    counts: bool
    reason: str


class ApprovalRequestView(msgspec.Struct, frozen=True):
    """One request; its fields stand in docs/commands.md."""

    plan: str
    leads_to: str
    asker: str
    asked_at: str | None
    findings: str
    holds: bool
    approvals: tuple[GivenView, ...]


def request_view(entry: Asked) -> ApprovalRequestView:
    """One request."""
    request, counted = entry.request, entry.counted
    return ApprovalRequestView(
        plan=request.plan,
        leads_to=request.leads_to,
        asker=request.asker,
        asked_at=iso(request.at_ns),
        findings=request.findings,
        holds=entry.holds,
        approvals=tuple(
            GivenView(
                by=given.by,
                at=iso(given.at_ns),
                until=iso(given.at_ns + entry.expire_ms * 1_000_000),
                counts=given.by in counted,
                reason=given.reason,
            )
            for given in request.given
        ),
    )
