"""Requests for approval and approvals, each bound to a plan's id and to the findings it was asked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, delete, select

from strangler.errors import Refused, UsageError
from strangler.ledger import audit, tables
from strangler.ledger.upsert import upsert
from strangler.pace import Given, person

if TYPE_CHECKING:
    from strangler.evidence import Evidence

_LEAST: Final = 6


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, by whom, when (Unix ns). `maker`: who made the plan file, if it is of one. `leads_to`: the step
    in words. `given`: whatever was given, expired or not.
    """

    cutover: str
    plan: str
    findings: str
    leads_to: str
    asker: str
    maker: str
    at_ns: int
    given: tuple[Given, ...] = ()

    @property
    def barred(self) -> frozenset[str]:
        """Who cannot approve it."""
        return frozenset({self.asker, self.maker} - {""})


def requests(connection: Connection, cutover: str, findings: str | None = None) -> list[Request]:
    """Of a cutover, the latest first. `findings`: only those on these."""
    asked, given = tables.approval_requests, tables.approvals
    chosen = select(asked).where(asked.c.cutover == cutover).order_by(asked.c.at_ns.desc(), asked.c.plan)
    if findings is not None:
        chosen = chosen.where(asked.c.findings == findings)
    rows = connection.execute(chosen).mappings()
    found = connection.execute(select(given).where(given.c.cutover == cutover)).mappings().all()
    return [
        Request(
            **row,
            given=tuple(
                Given(each["approver"], each["at_ns"], each["reason"])
                for each in sorted(found, key=lambda each: (each["at_ns"], each["approver"]))
                if (each["plan"], each["findings"]) == (row["plan"], row["findings"])
            ),
        )
        for row in rows
    ]


def request_of(connection: Connection, cutover: str, plan: str, findings: str) -> Request | None:
    """The one of this plan on these findings."""
    found = requests(connection, cutover, findings)
    return next((request for request in found if request.plan == plan), None)


def ask(
    connection: Connection,
    evidence: Evidence,
    plan: str,
    leads_to: str,
    asker: str,
    now_ns: int,
    *,
    maker: str = "",
    via: str = "",
) -> None:
    """Register that `asker` wants approval. Asked already, on the same findings: nothing changes."""
    findings = evidence.findings_hash()
    if request_of(connection, evidence.cutover, plan, findings) is not None:
        return
    row = {
        "cutover": evidence.cutover,
        "plan": plan,
        "findings": findings,
        "leads_to": leads_to,
        "asker": person(asker),
        "maker": person(maker) if maker else "",
        "at_ns": now_ns,
    }
    upsert(connection, tables.approval_requests, [row])
    _journal(connection, "approval.asked", asker, "", now_ns, row, via)


def approve(
    connection: Connection,
    evidence: Evidence,
    plan: str,
    approver: str,
    reason: str,
    now_ns: int,
    expire_ms: int,
    *,
    via: str = "",
) -> tuple[Request, bool]:
    """Approve what was asked, on the findings as they are now; whether that is new. Needs a write transaction.

    `plan`: the beginning of its id, or empty where only one thing is asked. Raises Refused for who asked, and where
    nothing is asked or what was asked rests on other findings.
    """
    asked = requests(connection, evidence.cutover)
    current = [request for request in asked if request.findings == evidence.findings_hash()]
    request = _one(evidence.cutover, _beginning(current, plan), _beginning(asked, plan))
    by = person(approver)
    if by in request.barred:
        made = "made the plan" if by != request.asker else "asked for it"
        raise Refused(f"{by} {made}, so somebody else approves it", where=f"cutover {request.cutover}")
    if any(given.by == by and 0 <= now_ns - given.at_ns < expire_ms * 1_000_000 for given in request.given):
        return request, False
    row = {
        "cutover": request.cutover,
        "plan": request.plan,
        "findings": request.findings,
        "approver": by,
        "reason": reason,
        "at_ns": now_ns,
    }
    upsert(connection, tables.approvals, [row], replace=("reason", "at_ns"))
    _journal(connection, "approval.given", approver, reason, now_ns, row, via)
    return request, True


def withdraw(
    connection: Connection, cutover: str, plan: str, approver: str, reason: str, now_ns: int
) -> list[Request]:
    """Take back what `approver` gave, on whatever findings; those it was taken from. Needs a write transaction."""
    by, table = person(approver), tables.approvals
    found = [
        request
        for request in _beginning(requests(connection, cutover), plan)
        if any(given.by == by for given in request.given)
    ]
    for request in found:
        connection.execute(
            delete(table).where(
                table.c.cutover == cutover,
                table.c.plan == request.plan,
                table.c.findings == request.findings,
                table.c.approver == by,
            )
        )
        row = {"cutover": cutover, "plan": request.plan, "findings": request.findings, "approver": by}
        _journal(connection, "approval.withdrawn", approver, reason, now_ns, row)
    return found


def _beginning(found: list[Request], plan: str) -> list[Request]:
    if plan and len(plan) < _LEAST:
        raise UsageError(
            f"`{plan}` is too short for the id of a plan", remedy=f"give {_LEAST} characters of it"
        )
    return [request for request in found if request.plan.startswith(plan)]


def _one(cutover: str, current: list[Request], asked: list[Request]) -> Request:
    if len(current) == 1:
        return current[0]
    where = f"cutover {cutover}"
    if current:
        ids = ", ".join(f"{request.plan[:12]} ({request.leads_to}, {request.asker})" for request in current)
        raise UsageError("several things are asked", where=where, remedy=f"say which: {ids}")
    if asked:
        raise Refused(
            "what was asked rests on other findings, or on where the cutover stood then",
            where=where,
            remedy=f"`strangler cutover advance {cutover}` asks anew",
        )
    raise Refused(
        "no approval is asked for", where=where, remedy=f"`strangler cutover advance {cutover}` asks for it"
    )


def _journal(
    connection: Connection,
    action: str,
    actor: str,
    reason: str,
    now_ns: int,
    row: Mapping[str, object],
    via: str = "",
) -> None:
    audit.append(
        connection,
        at_ns=now_ns,
        actor=actor,
        action=action,
        subject=str(row["cutover"]),
        reason=reason,
        after={name: value for name, value in row.items() if name not in ("cutover", "findings")},
        evidence=str(row["findings"]),
        via=via,
    )
