"""Writes: numbers without gaps or doubles, also when many write at once or are refused; both services write alike."""

from __future__ import annotations

import itertools
import sqlite3
from decimal import Decimal

import msgspec
import pytest
from strangler_demo import control
from strangler_demo.traffic import Call

NUMBERED = {"rechnung": "RE", "quittung": "QU", "gutschrift": "GS"}


def numbers(path, table, column="nummer"):
    db = sqlite3.connect(path)
    try:
        return sorted(int(row[0].rpartition("-")[2]) for row in db.execute(f"SELECT {column} FROM {table}"))
    finally:
        db.close()


def decoded(answer):
    return msgspec.json.decode(answer.body)


def test_numbers_have_no_gaps_although_some_writes_are_refused(fresh, sweep):
    asked = list(itertools.islice(fresh.traffic.writes(), 60))
    broken = [
        Call("bad", "POST", "/invoices", 1, b'{"customer_id": 1, "lines": []}', 422),
        Call("bad", "POST", "/invoices", 1, asked[0].body.replace(b'"customer_id":1', b'"customer_id":9'), 422),
        Call("bad", "POST", "/payments", 1, b'{"invoice_id": 1, "amount": 5, "method": "card"}', 422),
        Call("bad", "POST", "/credit-notes", 1, b'{"invoice_id": 100001, "position": 99, "reason": "x"}', 422),
    ]
    mixed = [call for pair in itertools.zip_longest(asked, broken * 5) for call in pair if call is not None]
    answers = sweep(fresh.legacy.url, mixed)
    assert {call.target: answer.status for call, answer in answers.items() if answer.status != call.expected} == {}
    for table in NUMBERED:
        drawn = numbers(fresh.legacy.db, table)
        assert drawn == list(range(1, len(drawn) + 1)), table


def test_a_new_invoice_is_shown_where_its_location_says(fresh, sweep):
    call = next(fresh.traffic.writes())
    written = decoded(sweep(fresh.legacy.url, [call])[call])
    again = Call("invoice", "GET", f"/invoices/{written['id']}", call.customer)
    shown = decoded(sweep(fresh.legacy.url, [again])[again])
    assert {**written, "generated_at": None} == {**shown, "generated_at": None} if "generated_at" in written else {
        **shown
    }
    assert written["status"] == "O"


def test_a_payment_moves_the_status_and_a_credit_note_the_balance(fresh, sweep):
    call = next(fresh.traffic.writes())
    invoice = msgspec.json.decode(sweep(fresh.legacy.url, [call])[call].body, type=dict)
    gross = Decimal(str(invoice["totals"]["gross"]))
    key = invoice["id"]
    for amount, status in ((1, "T"), (gross, "B")):
        body = f'{{"invoice_id": {key}, "amount": {amount}, "method": "wire"}}'.encode()
        payment = Call("new_payment", "POST", "/payments", 1, body, 201)
        assert sweep(fresh.legacy.url, [payment])[payment].status == 201
        look = Call("invoice", "GET", f"/invoices/{key}", 1)
        assert decoded(sweep(fresh.legacy.url, [look])[look])["status"] == status


def test_the_promoted_candidate_goes_on_with_the_next_number_and_writes_alike(fresh, sweep, differences):
    """The same writes on both, one after the other so that the numbers agree; only the moments differ."""
    asked = list(itertools.islice(fresh.traffic.writes(), 25))
    control.promote(fresh.candidate.root)
    for call in asked:
        legacy, candidate = (sweep(url, [call])[call] for url in (fresh.legacy.url, fresh.candidate.url))
        assert legacy.status == candidate.status == 201
        found = {path for path, _left, _right in differences(legacy, candidate)}
        assert found <= {"$.received_at"}, call
    for table, ours in (("rechnung", "invoices"), ("quittung", "receipts"), ("gutschrift", "credit_notes")):
        assert numbers(fresh.legacy.db, table) == numbers(fresh.candidate.db, ours, "number")


@pytest.mark.parametrize("side", ["legacy", "candidate"])
def test_an_amount_the_currency_cannot_have_is_refused(fresh, sweep, side):
    control.promote(fresh.candidate.root)
    yen = next(issue for issue in fresh.month.issues if issue.customer.currency == "JPY")
    body = f'{{"invoice_id": {yen.id}, "amount": 10.5, "method": "card"}}'.encode()
    call = Call("new_payment", "POST", "/payments", 1, body, 422)
    answer = sweep(getattr(fresh, side).url, [call])[call]
    assert answer.status == 422
    assert b"JPY has fewer decimals" in answer.body
