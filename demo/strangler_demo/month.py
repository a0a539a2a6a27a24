"""A month of billing, made from a seed: who the customers are and what was invoiced, paid and credited.

Two calls with one seed give the same month. Every defect of the candidate meets it: invoices with 50
lines and
more, yen, reverse charge, invoices issued between midnight and two, lines put together by hand, rounding
ties.
"""

# ruff: noqa: S311  a month is made from a seed, nothing here is a secret

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from msgspec import structs

from strangler_demo.catalogue import CITIES, NAMES, Article, articles, line
from strangler_demo.legacy.schema import FIRST_CUSTOMER, FIRST_INVOICE
from strangler_demo.requests import InvoiceRequest, Line
from strangler_demo.world import COUNTRIES, ZONE

FIRST_DAY: Final = date(2026, 5, 1)
DAYS: Final = 31
BATCHES: Final = 4


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who is billed, in the `batch` of the day's run."""

    id: int
    account: int
    name: str
    street: str
    postal_code: str
    city: str
    country: str
    vat_id: str | None
    batch: int
    since: date

    @property
    def currency(self) -> str:
        """The currency of all their invoices."""
        return COUNTRIES[self.country].currency


@dataclass(frozen=True, slots=True)
class Issue:
    """An invoice to be written, when, and what became of it: `paid` (whole, part), a line `credited`."""

    id: int
    at: datetime
    customer: Customer
    request: InvoiceRequest
    paid: str | None
    credited: int | None


@dataclass(frozen=True, slots=True)
class Month:
    """The whole of it. Issues are in order of time."""

    seed: int
    customers: tuple[Customer, ...]
    issues: tuple[Issue, ...]

    def days(self) -> Iterator[date]:
        """The days of the month."""
        return (FIRST_DAY + timedelta(days=offset) for offset in range(DAYS))


def plan_month(seed: int, *, customers: int = 800, invoices: int = 2400) -> Month:
    """The month of a seed."""
    rng = random.Random(seed)
    people = tuple(_customer(rng, number) for number in range(customers))
    catalogue = articles()
    moments = sorted(_moment(rng) for _ in range(invoices))
    owners = [people[number % customers] for number in range(invoices)]
    rng.shuffle(owners)
    issues = tuple(
        _issue(rng, FIRST_INVOICE + number, moment, owner, catalogue)
        for number, (moment, owner) in enumerate(zip(moments, owners, strict=True))
    )
    return Month(seed, people, issues)


def invoice_lines(rng: random.Random, currency: str, catalogue: tuple[Article, ...]) -> tuple[Line, ...]:
    """One to sixty lines, mostly few. A fifth of the shorter ones was put together by hand, in no order."""
    roll = rng.random()
    count = rng.randint(50, 60) if roll < 0.08 else rng.randint(9, 30) if roll < 0.25 else rng.randint(1, 8)
    chosen = sorted(rng.sample(catalogue, count), key=lambda article: article.sku)
    if 2 < count < 50 and rng.random() < 0.2:
        chosen.append(chosen.pop(0))
    lines = [line(rng, article, currency) for article in chosen]
    if rng.random() < 0.25:
        lines[-1] = prorated(rng, lines[-1])
    return tuple(lines)


def prorated(rng: random.Random, whole: Line) -> Line:
    """The same line for a part of the month only."""
    first = rng.randint(1, DAYS - 1)
    last = rng.randint(first, DAYS)
    return structs.replace(whole, first=FIRST_DAY.replace(day=first), last=FIRST_DAY.replace(day=last))


def _customer(rng: random.Random, number: int) -> Customer:
    country = tuple(COUNTRIES)[number % len(COUNTRIES)]
    city, postal_code = CITIES[country]
    vat_id = f"{country}{rng.randrange(10**8, 10**9)}" if rng.random() < 0.5 else None
    return Customer(
        id=FIRST_CUSTOMER + number,
        account=5001 + number,
        name=f"{rng.choice(NAMES[country])} {number + 1}",
        street=f"{rng.choice(('Ring', 'Main Street', 'Allée', 'Via Roma'))} {rng.randint(1, 99)}",
        postal_code=postal_code,
        city=city,
        country=country,
        vat_id=vat_id,
        batch=number // len(COUNTRIES) % BATCHES + 1,
        since=date(2012, 1, 1) + timedelta(days=rng.randrange(5000)),
    )


def _moment(rng: random.Random) -> datetime:
    """Mostly working hours; every twelfth in the night run, when the day in UTC is still the one before."""
    day = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
    second = rng.randrange(0, 2 * 3600) if rng.random() < 0.085 else rng.randrange(7 * 3600, 20 * 3600)
    return datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(seconds=second)


def _issue(
    rng: random.Random, key: int, moment: datetime, owner: Customer, catalogue: tuple[Article, ...]
) -> Issue:
    lines = invoice_lines(rng, owner.currency, catalogue)
    paid = rng.choice(("whole", "part", None))
    credited = rng.randint(1, len(lines)) if rng.random() < 0.4 else None
    return Issue(key, moment, owner, InvoiceRequest(owner.id, lines), paid, credited)
