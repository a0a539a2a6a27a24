"""A seed makes a month, the same one every time, and every month has what the defects need."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from datetime import UTC
from pathlib import Path

import pytest

from strangler_demo.month import plan_month
from strangler_demo.seeding import Booked, iban, seed
from strangler_demo.traffic import READS, WRITES, Traffic
from strangler_demo.world import COUNTRIES, DECIMALS, reverse_charged


def content(path: Path) -> str:
    db = sqlite3.connect(path)
    try:
        tables = (
            "kunde",
            "rechnung",
            "rechnungsposition",
            "zahlung",
            "quittung",
            "gutschrift",
            "nummernkreis",
        )
        rows = [db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables]
        return hashlib.sha256(repr(rows).encode()).hexdigest()
    finally:
        db.close()


def test_a_seed_gives_the_same_database_and_another_seed_another(tmp_path: Path) -> None:
    months = [plan_month(number, customers=24, invoices=48) for number in (3, 3, 4)]
    records = [seed(tmp_path / f"{position}.db", month) for position, month in enumerate(months)]
    contents = [content(tmp_path / f"{position}.db") for position in range(3)]
    assert contents[0] == contents[1] != contents[2]
    assert records[0] == records[1]
    traffic = [
        [*Traffic(month, booked).mixed(20), *itertools.islice(Traffic(month, booked).endless(), 300)]
        for month, booked in zip(months, records, strict=True)
    ]
    assert traffic[0] == traffic[1] != traffic[2]


def test_a_database_is_never_seeded_over(tmp_path: Path) -> None:
    month = plan_month(3, customers=8, invoices=8)
    seed(tmp_path / "legacy.db", month)
    with pytest.raises(FileExistsError):
        seed(tmp_path / "legacy.db", month)


@pytest.mark.parametrize("number", [1, 2, 2026])
def test_a_month_has_enough_of_everything(number: int) -> None:
    month = plan_month(number)
    assert {customer.country for customer in month.customers} == set(COUNTRIES)
    assert {customer.currency for customer in month.customers} == set(DECIMALS)
    issues = month.issues
    lines = [issue.request.lines for issue in issues]
    assert {len(each) for each in lines} >= set(range(1, 9)) | {50, 60}
    assert sum(len(each) >= 50 for each in lines) > 120
    assert sum(issue.customer.currency == "JPY" for issue in issues) > 200
    assert sum(issue.at.date() != issue.at.astimezone(UTC).date() for issue in issues) > 120
    assert sum(reverse_charged(issue.customer.country, issue.customer.vat_id) for issue in issues) > 300
    skus = [[line.sku for line in each] for each in lines]
    assert sum(each != sorted(each) for each in skus) > 150
    # Long invoices keep the catalogue's order, so that the lost line and the other order are told apart.
    assert all(each == sorted(each) for each in skus if len(each) >= 50)
    assert sum(issue.credited is not None for issue in issues) > 700
    assert [issue.at for issue in issues] == sorted(issue.at for issue in issues)


def test_an_ordinary_month_has_six_hundred_distinct_requests_per_read_route() -> None:
    month = plan_month(9)
    invoices = tuple((issue.id, issue.customer.id) for issue in month.issues)
    # As many credit notes and payments as the plan has; the real ones are counted by the systems' own test.
    credited = tuple(pair for pair, issue in zip(invoices, month.issues, strict=True) if issue.credited)
    paid = tuple(pair for pair, issue in zip(invoices, month.issues, strict=True) if issue.paid)
    traffic = Traffic(month, Booked(invoices, credited, paid, paid))
    for route in READS:
        calls = list(traffic.route(route, 600))
        assert len({(call.method, call.target, call.body) for call in calls}) == 600, route
        assert {call.route for call in calls} == {route}
    later = list(traffic.reads(50, skip=600))
    assert not {(call.target, call.body) for call in later if call.route in {"invoice", "quote"}} & {
        (call.target, call.body) for call in traffic.reads(600) if call.route in {"invoice", "quote"}
    }


def test_writes_are_mixed_in_at_their_share() -> None:
    month = plan_month(9, customers=80, invoices=160)
    records = tuple((issue.id, issue.customer.id) for issue in month.issues)
    traffic = Traffic(month, Booked(records, records, records, records))
    calls = list(traffic.mixed(200, writes_percent=10))
    written = [call for call in calls if call.route in WRITES]
    assert len(calls) - len(written) == 200 * len(READS)
    assert 120 < len(written) < 280
    assert {call.route for call in written} == set(WRITES)
    assert not any(call.route in WRITES for call in traffic.mixed(50, writes_percent=0))


def test_an_iban_has_a_valid_check_number() -> None:
    import random

    for number in range(50):
        text = iban(random.Random(number))
        assert int(text[4:] + "1314" + text[2:4]) % 97 == 1
        assert len(text) == 22
