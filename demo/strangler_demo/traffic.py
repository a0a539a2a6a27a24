"""The month's requests: what clients ask and write, made from the month's seed.

Reads are distinct within a route as far as its pool goes (quotes have no end), because the gate counts a
repeated request once.
"""

# ruff: noqa: S311  a month is made from a seed, nothing here is a secret

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from strangler_demo.catalogue import articles
from strangler_demo.month import BATCHES, Month, invoice_lines
from strangler_demo.requests import CreditNoteRequest, InvoiceRequest, PaymentRequest, QuoteRequest
from strangler_demo.seeding import Booked, iban
from strangler_demo.world import COUNTRIES, DECIMALS

READS: Final = (
    "customer", "statement", "invoice", "invoice_xml", "invoice_run", "credit_note", "receipt", "payment",
    "quote",
)  # fmt: skip
WRITES: Final = ("new_invoice", "new_payment", "new_credit_note")

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `customer` goes into the identity header; `expected` is the status of a right answer."""

    route: str
    method: str
    target: str
    customer: int
    body: bytes | None = None
    expected: int = 200


class Traffic:
    """Every request that clients of this month can make."""

    def __init__(self, month: Month, booked: Booked) -> None:
        self._month = month
        self._booked = booked
        self._catalogue = articles()
        self._customers = {customer.id: customer for customer in month.customers}
        self._pools = {route: self._shuffled(route, pool) for route, pool in self._plain_pools().items()}

    def distinct(self, route: str) -> int | None:
        """How many distinct requests a read route has; None when there is no end."""
        return len(self._pools[route]) if route in self._pools else None

    def route(self, route: str, count: int, skip: int = 0) -> Iterator[Call]:
        """`count` requests of a read route from the `skip`-th on; after the last comes the first."""
        if route == "quote":
            return (self._quote(number) for number in range(skip, skip + count))
        pool = self._pools[route]
        return (pool[number % len(pool)] for number in range(skip, skip + count))

    def reads(self, per_route: int, *, skip: int = 0, routes: Sequence[str] = READS) -> list[Call]:
        """`per_route` requests of each read route, mixed."""
        calls = [call for route in routes for call in self.route(route, per_route, skip)]
        random.Random(f"{self._month.seed} order {skip}").shuffle(calls)
        return calls

    def writes(self, skip: int = 0) -> Iterator[Call]:
        """Writes without end, beginning at the `skip`-th."""
        makers = (
            self._new_invoice,
            self._new_payment,
            self._new_invoice,
            self._new_payment,
            self._new_credit_note,
        )
        for number in itertools.count(skip):
            yield makers[number % len(makers)](random.Random(f"{self._month.seed} write {number}"))

    def mixed(self, per_route: int, *, skip: int = 0, writes_percent: int = 5) -> Iterator[Call]:
        """Reads as in `reads`, with writes among them in this share of all requests."""
        rng = random.Random(f"{self._month.seed} mix {skip}")
        writes = self.writes(skip * len(READS))
        for call in self.reads(per_route, skip=skip):
            yield call
            while rng.randrange(100) < writes_percent:
                yield next(writes)

    def endless(self, *, skip: int = 0, writes_percent: int = 5) -> Iterator[Call]:
        """`mixed` without end, in rounds of fifty per route."""
        for offset in itertools.count(skip, 50):
            yield from self.mixed(50, skip=offset, writes_percent=writes_percent)

    def _shuffled(self, route: str, pool: list[Call]) -> list[Call]:
        random.Random(f"{self._month.seed} {route}").shuffle(pool)
        return pool

    def _plain_pools(self) -> dict[str, list[Call]]:
        owners = [(customer.id, customer.id) for customer in self._month.customers]
        booked = self._booked
        return {
            "customer": _gets("customer", "/customers/{}", owners),
            "statement": _gets("statement", "/customers/{}/invoices", owners),
            "invoice": _gets("invoice", "/invoices/{}", booked.invoices),
            "invoice_xml": _gets("invoice_xml", "/invoices/{}.xml", booked.invoices),
            "invoice_run": self._runs(),
            "credit_note": _gets("credit_note", "/credit-notes/{}", booked.credit_notes),
            "receipt": _gets("receipt", "/receipts/{}", booked.receipts),
            "payment": _gets("payment", "/payments/{}", booked.payments),
        }

    def _runs(self) -> list[Call]:
        clerks = {(each.country, each.batch): each.id for each in reversed(self._month.customers)}
        return [
            Call(
                "invoice_run",
                "GET",
                f"/invoice-runs/{day}.csv?country={country}&batch={batch}",
                clerks[country, batch],
            )
            for day in self._month.days()
            for country in COUNTRIES
            for batch in range(1, BATCHES + 1)
            if (country, batch) in clerks
        ]

    def _quote(self, number: int) -> Call:
        rng = random.Random(f"{self._month.seed} quote {number}")
        customer = rng.choice(self._month.customers)
        lines = invoice_lines(rng, customer.currency, self._catalogue)[:12]
        request = QuoteRequest(customer.country, customer.currency, lines, customer.vat_id)
        return _post("quote", "/quotes", customer.id, request, 200)

    def _new_invoice(self, rng: random.Random) -> Call:
        customer = rng.choice(self._month.customers)
        lines = invoice_lines(rng, customer.currency, self._catalogue)
        return _post("new_invoice", "/invoices", customer.id, InvoiceRequest(customer.id, lines), 201)

    def _new_payment(self, rng: random.Random) -> Call:
        invoice, owner = rng.choice(self._booked.invoices)
        places = DECIMALS[self._customers[owner].currency]
        amount = Decimal(rng.randint(1, 2000)).scaleb(-min(places, 2))
        method = rng.choice(("sepa", "card", "wire"))
        request = PaymentRequest(invoice, amount, method, iban(rng) if method == "sepa" else None)
        return _post("new_payment", "/payments", owner, request, 201)

    def _new_credit_note(self, rng: random.Random) -> Call:
        invoice, owner = rng.choice(self._booked.invoices)
        request = CreditNoteRequest(invoice, 1, rng.choice(("returned", "goodwill")))
        return _post("new_credit_note", "/credit-notes", owner, request, 201)


def _gets(route: str, path: str, records: Sequence[tuple[int, int]]) -> list[Call]:
    return [Call(route, "GET", path.format(key), owner) for key, owner in records]


def _post(route: str, target: str, customer: int, request: msgspec.Struct, expected: int) -> Call:
    return Call(route, "POST", target, customer, _ENCODER.encode(request), expected)
