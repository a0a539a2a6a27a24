"""Divergences as people see them: list, show, accept, resolve.

States: `open` when first seen; `accepted` when a person wrote a rule for it; `resolved` (in a version of the
candidate) when it was not seen in an epoch that passed, or a person says so; `regressed` when an accepted or
resolved one is seen again in a later epoch. The gate looks at what was seen in the epoch, whatever the state:
accepting launders nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Context, Decimal
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, RowMapping, select, update

from strangler.comparison.learning.claims import Claim
from strangler.comparison.model import Kind, Severity
from strangler.errors import UsageError
from strangler.ledger import audit, tables
from strangler.ledger.exemplars import exemplars
from strangler.ledger.learning import claims_in, together
from strangler.ledger.settled import SEVERITIES, Exemplar

type State = Literal["open", "accepted", "resolved", "regressed"]

_OPEN: Final = ("open", "regressed")
_EXACT: Final = Context(prec=100)


class Divergence(msgspec.Struct, frozen=True):
    """`id`: twelve hex digits, from cutover, route and fingerprint. Counts are exchanges, over all epochs.

    `versions`: the candidate versions it was seen with, the latest first. `drift`: candidate minus legacy,
    per currency. `wrong_amounts`: exchanges in which the customer got the candidate's amount. `rule`: what
    was written when it was accepted, as YAML. `resolved_in`, `regressed_in`: the candidate's version in which
    it was gone, and was back (empty: never, or unknown). `claims`: what many pairs have shown, which then is its
    `cause`. `merged_into`: the divergence that it is part of by them; `merged`: those that are part of this one, their
    counts and money with its own.
    """

    id: str
    cutover: str
    route: str
    fingerprint: str
    location: str
    kind: Kind
    cause: str
    severity: Severity
    detail: str
    legacy: str
    candidate: str
    merged_into: str
    state: State
    reason: str
    actor: str
    rule: str
    resolved_in: str
    regressed_in: str
    count: int
    wrong_amounts: int
    first_ns: int
    last_ns: int
    versions: tuple[str, ...]
    drift: tuple[tuple[str, Decimal], ...]
    claims: tuple[Claim, ...] = ()
    merged: tuple[str, ...] = ()


class Shown(msgspec.Struct, frozen=True):
    """A divergence with its exemplars, the most telling first."""

    divergence: Divergence
    exemplars: tuple[Exemplar, ...]


def divergences(
    connection: Connection,
    cutover: str | None = None,
    *,
    epoch: int | None = None,
    state: State | None = None,
) -> list[Divergence]:
    """Worst first: severity, then count. `epoch`: only those seen in it, with the counts of that epoch.

    What is part of another that is here is not by itself here.
    """
    table, seen = tables.divergences, tables.divergence_epochs
    statement = select(table)
    if cutover is not None:
        statement = statement.where(table.c.cutover == cutover)
    if state is not None:
        statement = statement.where(table.c.state == state)
    if epoch is not None:
        statement = statement.where(table.c.id.in_(select(seen.c.divergence).where(seen.c.epoch == epoch)))
    found = united(_filled(connection, list(connection.execute(statement).mappings()), epoch))
    return sorted(found, key=lambda d: (SEVERITIES.index(d.severity), -d.count, d.id))


def _filled(connection: Connection, rows: list[RowMapping], epoch: int | None) -> list[Divergence]:
    seen = _seen(connection, [row["id"] for row in rows], epoch)
    drift = _drift(connection, [row["id"] for row in rows], epoch)
    return [_divergence(row, seen[row["id"]], drift[row["id"]]) for row in rows]


def _divergence(row: RowMapping, seen: list[RowMapping], drift: dict[str, Decimal]) -> Divergence:
    plain = {name: row[name] for name in Divergence.__struct_fields__ if name in row}
    plain |= {
        "count": sum(entry["count"] for entry in seen),
        "wrong_amounts": sum(entry["wrong_amounts"] for entry in seen),
        "first_ns": min((entry["first_ns"] for entry in seen), default=row["first_ns"]),
        "last_ns": max((entry["last_ns"] for entry in seen), default=row["last_ns"]),
        "versions": tuple(dict.fromkeys(entry["version"] for entry in seen)),
        "drift": tuple(sorted(drift.items())),
    }
    claims = claims_in(row["claims"])
    plain["claims"] = claims
    if claims:
        plain |= {"cause": claims[0].code, "detail": "; ".join(claim.detail for claim in claims)}
    return Divergence(**plain)


def united(found: Iterable[Divergence]) -> list[Divergence]:
    """Those that are part of another as one with it, where that is among them and in the same state."""
    by_id = {each.id: each for each in found}
    parts: dict[str, list[Divergence]] = defaultdict(list)
    for each in by_id.values():
        root = by_id.get(each.merged_into)
        whole = root is not None and not root.merged_into and root.state == each.state
        parts[each.merged_into if whole else each.id].append(each)
    return [_united(by_id[root], members) for root, members in parts.items()]


def _united(root: Divergence, members: list[Divergence]) -> Divergence:
    if len(members) == 1:
        return root
    drift: dict[str, Decimal] = {}
    for currency, amount in (entry for each in members for entry in each.drift):
        drift[currency] = _EXACT.add(drift.get(currency, Decimal(0)), amount)
    latest = sorted(members, key=lambda each: -each.last_ns)
    return msgspec.structs.replace(
        root,
        severity=min((each.severity for each in members), key=SEVERITIES.index),
        count=together((each.kind, each.count) for each in members),
        wrong_amounts=together((each.kind, each.wrong_amounts) for each in members),
        first_ns=min(each.first_ns for each in members),
        last_ns=latest[0].last_ns,
        versions=tuple(dict.fromkeys(version for each in latest for version in each.versions)),
        drift=tuple(sorted(drift.items())),
        merged=tuple(sorted(each.id for each in members if each is not root)),
    )


def _seen(connection: Connection, ids: list[str], epoch: int | None) -> dict[str, list[RowMapping]]:
    table, epochs = tables.divergence_epochs, tables.epochs
    statement = select(table, epochs.c.version).join(epochs).order_by(table.c.last_ns.desc())
    out: dict[str, list[RowMapping]] = defaultdict(list)
    for start in range(0, len(ids), 500):
        chosen = statement.where(table.c.divergence.in_(ids[start : start + 500]))
        chosen = chosen if epoch is None else chosen.where(table.c.epoch == epoch)
        for row in connection.execute(chosen).mappings():
            out[row["divergence"]].append(row)
    return out


def _drift(connection: Connection, ids: list[str], epoch: int | None) -> dict[str, dict[str, Decimal]]:
    table = tables.divergence_drift
    out: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for start in range(0, len(ids), 500):
        chosen = select(table).where(table.c.divergence.in_(ids[start : start + 500]))
        chosen = chosen if epoch is None else chosen.where(table.c.epoch == epoch)
        for row in connection.execute(chosen).mappings():
            sums = out[row["divergence"]]
            sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + Decimal(row["amount"])
    return out


def find(connection: Connection, prefix: str) -> Divergence:
    """The one whose id or fingerprint starts with `prefix`, with its parts. Raises UsageError for none, or several."""
    table = tables.divergences
    fits = table.c.id.startswith(prefix, autoescape=True) | table.c.fingerprint.startswith(
        prefix, autoescape=True
    )
    # The whole id is what pages ask for, and looking for it by key alone is quick however many there are.
    whole = list(connection.execute(select(table).where(table.c.id == prefix)).mappings())
    rows = whole or list(connection.execute(select(table).where(fits).order_by(table.c.id)).mappings())
    if not rows or not prefix:
        raise UsageError(
            f"there is no divergence {prefix!r}", remedy="`strangler divergences list` has them all"
        )
    if len(rows) > 1:
        raise UsageError(
            f"{prefix!r} fits {len(rows)} divergences",
            remedy="one of " + ", ".join(row["id"] for row in rows[:10]),
        )
    parts = connection.execute(select(table).where(table.c.merged_into == rows[0]["id"])).mappings()
    filled = _filled(connection, [rows[0], *parts], None)
    return next(each for each in united(filled) if each.id == rows[0]["id"])


def show(connection: Connection, prefix: str) -> Shown:
    """As `find`, with exemplars."""
    divergence = find(connection, prefix)
    return Shown(divergence, exemplars(connection, divergence.id))


def accept(
    connection: Connection,
    prefix: str,
    *,
    actor: str,
    reason: str,
    rule: str,
    now_ns: int,
    whole: bool = False,
) -> Divergence:
    """Mark it accepted, with an audit entry. `rule`: the rule that was written, as YAML. The caller writes
    the file. `whole`: the rule lets its parts pass too, which then are accepted with it.

    Raises UsageError without a reason.
    """
    found = find(connection, prefix)
    for part in found.merged if whole else ():
        _moved(connection, part, "accepted", actor=actor, reason=reason, rule=rule, now_ns=now_ns)
    return _moved(connection, found.id, "accepted", actor=actor, reason=reason, rule=rule, now_ns=now_ns)


def resolve(
    connection: Connection, prefix: str, *, actor: str, reason: str, now_ns: int, version: str = ""
) -> Divergence:
    """A person says it is gone, all of it, from `version` of the candidate on; with an audit entry.

    Raises UsageError without a reason.
    """
    found = find(connection, prefix)
    said = {"actor": actor, "reason": reason, "rule": "", "version": version}
    for part in found.merged:
        _moved(connection, part, "resolved", now_ns=now_ns, **said)
    return _moved(connection, found.id, "resolved", now_ns=now_ns, **said)


def _moved(
    connection: Connection,
    prefix: str,
    state: State,
    *,
    actor: str,
    reason: str,
    rule: str,
    now_ns: int,
    version: str = "",
) -> Divergence:
    if not reason.strip():
        raise UsageError("a reason is missing", remedy="say why with --reason")
    before = find(connection, prefix)
    values = {"state": state, "state_ns": now_ns, "reason": reason, "actor": actor, "rule": rule}
    values |= {"resolved_in": version, "regressed_in": ""}
    connection.execute(update(tables.divergences).where(tables.divergences.c.id == before.id).values(values))
    audit.append(
        connection,
        at_ns=now_ns,
        actor=actor,
        action=f"divergence.{state}",
        subject=before.id,
        reason=reason,
        before={"state": before.state},
        after={"state": state, "rule": rule, "version": version},
    )
    return find(connection, before.id)


def resolve_unseen(connection: Connection, cutover: str, epoch: int, *, actor: str, now_ns: int) -> int:
    """Resolve what is open in a cutover and was not seen in `epoch` (call it when that epoch passed); how
    many.
    """
    table, seen = tables.divergences, tables.divergence_epochs
    unseen = (
        (table.c.cutover == cutover)
        & table.c.state.in_(_OPEN)
        & table.c.id.not_in(select(seen.c.divergence).where(seen.c.epoch == epoch))
    )
    version = connection.execute(select(tables.epochs.c.version).where(tables.epochs.c.id == epoch)).scalar()
    values = {
        "state": "resolved",
        "state_ns": now_ns,
        "reason": "not seen in an epoch that passed",
        "actor": actor,
        "resolved_in": version or "",
        "regressed_in": "",
    }
    return connection.execute(update(table).where(unseen).values(values)).rowcount
