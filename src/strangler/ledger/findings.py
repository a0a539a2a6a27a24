"""Findings become divergences: counted per epoch and minute, their money summed exactly. Part of `flush`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from strangler.comparison.model import Severity
from strangler.ledger import tables
from strangler.ledger.counting import CellKey
from strangler.ledger.drift import rank_of
from strangler.ledger.settled import SEVERITIES, Finding, Settled
from strangler.ledger.tables import MINUTE_NS
from strangler.ledger.upsert import Row, tally, upsert

_EXACT: Final = Context(prec=100)
"""Sums of money are never rounded: no drift has a hundred digits."""
_CHUNK: Final = 500
_TEXTS: Final = ("location", "kind", "cause", "severity", "detail", "legacy", "candidate")


def divergence_id(cutover: str, route: str, fingerprint: str) -> str:
    """Twelve hex digits that stay the same for good."""
    return hashlib.sha256(f"{cutover}\0{route}\0{fingerprint}".encode()).hexdigest()[:12]


def file(connection: Connection, placed: Sequence[tuple[CellKey, Settled]], now_ns: int) -> None:
    """Write the findings of judged exchanges."""
    found = [
        (divergence_id(settled.epoch.cutover, settled.route, finding.fingerprint), key, settled, finding)
        for key, settled in placed
        for finding in settled.findings
    ]
    if not found:
        return
    _write_divergences(connection, found)
    _write_epochs(connection, found)
    _write_minutes(connection, found)
    _write_drift(connection, found)
    _regress(connection, found, now_ns)


type Found = Sequence[tuple[str, CellKey, Settled, Finding]]


def _write_divergences(connection: Connection, found: Found) -> None:
    rows: dict[str, Row] = {}
    for divergence, _, settled, finding in found:
        start: dict[str, Any] = {
            "id": divergence,
            "cutover": settled.epoch.cutover,
            "route": settled.route,
            "fingerprint": finding.fingerprint,
            "fingerprint_version": finding.fingerprint_version,
            **{name: getattr(finding, name) for name in _TEXTS},
            "merged_into": "",
            "state": "open",
            "state_ns": settled.seen_ns,
            "first_ns": settled.seen_ns,
            "last_ns": settled.seen_ns,
            "times": 0,
            "drift_rank": 0,
        }
        row = tally(rows, divergence, start)
        row["times"] += 1
        row["severity"] = _worse(row["severity"], finding.severity)
        row["first_ns"] = min(row["first_ns"], settled.seen_ns)
        row["last_ns"] = max(row["last_ns"], settled.seen_ns)
    for divergence, severity in _severities(connection, list(rows)):
        rows[divergence]["severity"] = _worse(rows[divergence]["severity"], severity)
    upsert(
        connection,
        tables.divergences,
        rows.values(),
        add=("times",),
        earliest=("first_ns",),
        latest=("last_ns",),
        replace=("severity", "cause"),
    )


def _worse(one: Severity, other: Severity) -> Severity:
    """A place where an amount was lost once stays one of money: limits are by severity."""
    return one if SEVERITIES.index(one) <= SEVERITIES.index(other) else other


def _severities(connection: Connection, ids: Sequence[str]) -> Iterator[tuple[str, Severity]]:
    table = tables.divergences
    for start in range(0, len(ids), _CHUNK):
        statement = select(table.c.id, table.c.severity).where(table.c.id.in_(ids[start : start + _CHUNK]))
        for row in connection.execute(statement):
            yield row.id, row.severity


def _write_epochs(connection: Connection, found: Found) -> None:
    rows: dict[tuple[str, int], Row] = {}
    for divergence, key, settled, finding in found:
        start = {"divergence": divergence, "epoch": key[0], "count": 0, "wrong_amounts": 0, "last_ns": 0}
        row = tally(rows, (divergence, key[0]), {**start, "first_ns": settled.seen_ns})
        row["count"] += 1
        row["wrong_amounts"] += settled.served_candidate and finding.severity == "money"
        row["first_ns"] = min(row["first_ns"], settled.seen_ns)
        row["last_ns"] = max(row["last_ns"], settled.seen_ns)
    upsert(
        connection,
        tables.divergence_epochs,
        rows.values(),
        add=("count", "wrong_amounts"),
        earliest=("first_ns",),
        latest=("last_ns",),
    )


def _write_minutes(connection: Connection, found: Found) -> None:
    rows: dict[tuple[str, int, str, int], Row] = {}
    for divergence, (epoch, _, stratum, _), settled, _ in found:
        minute = settled.seen_ns // MINUTE_NS
        start = {"divergence": divergence, "epoch": epoch, "stratum": stratum, "minute": minute, "count": 0}
        tally(rows, (divergence, epoch, stratum, minute), start)["count"] += 1
    upsert(connection, tables.divergence_minutes, rows.values(), add=("count",))


def _write_drift(connection: Connection, found: Found) -> None:
    sums: dict[tuple[str, int, str], tuple[Decimal, int]] = {}
    for divergence, key, _, finding in found:
        for currency, amount in finding.drift:
            total, count = sums.get((divergence, key[0], currency), (Decimal(0), 0))
            sums[divergence, key[0], currency] = _EXACT.add(total, amount), count + 1
    if not sums:
        return
    known = _stored_drift(connection, {divergence for divergence, _, _ in sums})
    rows: list[Row] = []
    for place, (amount, count) in sums.items():
        divergence, epoch, currency = place
        known[place] = _EXACT.add(amount, known.get(place, Decimal(0)))
        text = str(known[place])
        rows.append(
            {"divergence": divergence, "epoch": epoch, "currency": currency, "amount": text, "count": count}
        )
    # Decimal text cannot be added by the database; the one writer has read it in this same transaction.
    upsert(connection, tables.divergence_drift, rows, add=("count",), replace=("amount",))
    _rank(connection, known)


def _stored_drift(connection: Connection, ids: Iterable[str]) -> dict[tuple[str, int, str], Decimal]:
    """Of all epochs."""
    table, wanted = tables.divergence_drift, sorted(ids)
    out: dict[tuple[str, int, str], Decimal] = {}
    for start in range(0, len(wanted), _CHUNK):
        statement = select(table).where(table.c.divergence.in_(wanted[start : start + _CHUNK]))
        for row in connection.execute(statement).mappings():
            out[row["divergence"], row["epoch"], row["currency"]] = Decimal(row["amount"])
    return out


def _rank(connection: Connection, known: Mapping[tuple[str, int, str], Decimal]) -> None:
    """Where each stands in a list that begins with the largest drift of money, over all epochs."""
    net: dict[str, dict[str, Decimal]] = {}
    for (divergence, _, currency), amount in known.items():
        sums = net.setdefault(divergence, {})
        sums[currency] = _EXACT.add(sums.get(currency, Decimal(0)), amount)
    table = tables.divergences
    statement = update(table).where(table.c.id == bindparam("divergence"))
    ranks = [{"divergence": each, "rank": rank_of(net[each].values())} for each in sorted(net)]
    connection.execute(statement.values(drift_rank=bindparam("rank")), ranks)


def _regress(connection: Connection, found: Found, now_ns: int) -> None:
    """What was accepted or resolved, and is seen in an epoch whose run began after that, is back."""
    table, epochs = tables.divergences, tables.epochs
    pairs = sorted({(divergence, key[0]) for divergence, key, _, _ in found})
    known = {
        row.id: row for row in connection.execute(select(epochs.c.id, epochs.c.resumed_ns, epochs.c.version))
    }
    settled_at: dict[str, int] = {}
    for start in range(0, len(pairs), _CHUNK):
        ids = [divergence for divergence, _ in pairs[start : start + _CHUNK]]
        closed = table.c.id.in_(ids) & table.c.state.in_(("accepted", "resolved"))
        for row in connection.execute(select(table.c.id, table.c.state_ns).where(closed)):
            settled_at[row.id] = row.state_ns
    back = {
        divergence: known[epoch].version
        for divergence, epoch in pairs
        if settled_at.get(divergence, now_ns) < known[epoch].resumed_ns
    }
    for divergence, version in back.items():
        values = {"state": "regressed", "state_ns": now_ns, "regressed_in": version}
        connection.execute(update(table).where(table.c.id == divergence).values(values))
