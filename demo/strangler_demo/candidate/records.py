"""An invoice as the candidate reads it: the stored row, its priced lines and its totals."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from strangler_demo.candidate.behaviour import Behaviour
from strangler_demo.candidate.pricing import PricedLine, half_up, net_minor
from strangler_demo.requests import days_of_use

_HEAD = (
    "SELECT i.*, c.account, c.name, c.country, c.vat_id FROM invoices i "
    "JOIN customers c ON c.id = i.customer_id "
)


@dataclass(frozen=True, slots=True)
class Invoice:
    """`row`: the invoice and its customer's columns. `lines` by position. Amounts in minor units."""

    row: sqlite3.Row
    lines: tuple[PricedLine, ...]
    net: int
    tax: int

    @property
    def gross(self) -> int:
        """Net and tax."""
        return self.net + self.tax


def invoice(db: sqlite3.Connection, behaviour: Behaviour, key: int) -> Invoice | None:
    """One invoice by its id."""
    found = _invoices(db, behaviour, "WHERE i.id = ?", (key,))
    return found[0] if found else None


def invoices_of(db: sqlite3.Connection, behaviour: Behaviour, customer: int) -> list[Invoice]:
    """A customer's invoices, oldest first."""
    return _invoices(db, behaviour, "WHERE i.customer_id = ?", (customer,))


def invoices_of_run(
    db: sqlite3.Connection, behaviour: Behaviour, day: date, country: str, batch: int
) -> list[Invoice]:
    """The invoices of one run, oldest first."""
    where = "WHERE i.run_day = ? AND c.country = ? AND c.batch = ?"
    return _invoices(db, behaviour, where, (day.isoformat(), country, batch))


def moment(text: str) -> datetime:
    """A stored UTC moment."""
    return datetime.fromisoformat(text)


def _invoices(
    db: sqlite3.Connection, behaviour: Behaviour, where: str, values: tuple[object, ...]
) -> list[Invoice]:
    heads = db.execute(f"{_HEAD}{where} ORDER BY i.id", values).fetchall()
    lines: dict[int, list[PricedLine]] = defaultdict(list)
    marks = ", ".join("?" * len(heads))
    currency = {head["id"]: head["currency"] for head in heads}
    for row in db.execute(
        f"SELECT * FROM lines WHERE invoice_id IN ({marks}) ORDER BY invoice_id, position",  # noqa: S608  only marks
        list(currency),
    ):
        lines[row["invoice_id"]].append(_line(row, currency[row["invoice_id"]]))
    return [_summed(head, lines[head["id"]], behaviour) for head in heads]


def _summed(head: sqlite3.Row, lines: Sequence[PricedLine], behaviour: Behaviour) -> Invoice:
    return Invoice(head, tuple(lines), sum(line.net for line in lines), behaviour.document_tax(lines))


def _line(row: sqlite3.Row, currency: str) -> PricedLine:
    first = None if row["first"] is None else date.fromisoformat(row["first"])
    last = None if row["last"] is None else date.fromisoformat(row["last"])
    net = net_minor(
        row["quantity_milli"], row["unit_price_e4"], row["discount_bp"], days_of_use(first, last), currency
    )
    return PricedLine(
        row["position"], row["sku"], row["text"], row["quantity_milli"], row["unit_price_e4"],
        row["discount_bp"],
        row["vat_bp"], first, last, net, half_up(net * row["vat_bp"], 10_000),
    )  # fmt: skip
