"""What the customers ask and book, made from the seed, and what that comes to."""

# ruff: noqa: S311  traffic is made from a seed, nothing here is a secret

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from strangler_demo.amounts.database import CUSTOMERS
from strangler_demo.load import Answered
from strangler_demo.traffic import Call


@dataclass(slots=True)
class Booked:
    """What was booked through the proxy, in cents, as far as it was answered."""

    cents: int = 0
    booked: int = 0
    credited: int = 0

    def note(self, answer: Answered) -> None:
        """Look at one answer."""
        call = answer.call
        if call.body is None or answer.status != call.expected:
            return
        cents = int(msgspec.json.decode(call.body)["amount"].replace(".", ""))
        if call.route == "new_invoice":
            self.cents, self.booked = self.cents + cents, self.booked + 1
        else:
            self.cents, self.credited = self.cents - cents, self.credited + 1


@dataclass(slots=True)
class Calls:
    """Without end: reads of every invoice in turn, balances, and every twentieth call books or credits something."""

    seed: int
    invoices: int
    _draw: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)

    def endless(self) -> Iterator[Call]:
        """Call after call."""
        order = list(range(1, self.invoices + 1))
        self._draw.shuffle(order)
        while True:
            for number in order:
                yield self._one(number)

    def _one(self, invoice: int) -> Call:
        customer, way = self._draw.randint(1, CUSTOMERS), self._draw.randrange(40)
        if way == 0:
            body = b'{"customer": %d, "amount": "%s"}' % (customer, _cents(self._draw.randrange(100, 90_000)))
            return Call("new_invoice", "POST", "/invoices", customer, body, 201)
        if way == 1:
            body = b'{"amount": "%s"}' % _cents(self._draw.randrange(1, 100))
            return Call("credit", "POST", f"/invoices/{invoice}/credit", customer, body)
        if way < 8:
            return Call("balance", "GET", f"/customers/{customer}/balance", customer)
        return Call("invoice", "GET", f"/invoices/{invoice}", customer)


def _cents(cents: int) -> bytes:
    return b"%d.%02d" % divmod(cents, 100)
