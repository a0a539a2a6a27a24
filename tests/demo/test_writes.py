"""Writes: numbers without gaps or doubles, also when some are refused; both services write alike."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from strangler_demo import control
from strangler_demo.load import Answered
from strangler_demo.systems import Systems
from strangler_demo.traffic import Call

type Sweep = Callable[[str, Iterable[Call]], dict[Call, Answered]]
type Difference = tuple[str, Any, Any]
type Judge = Callable[[Answered, Answered], list[Difference]]

DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
ENCODER = msgspec.json.Encoder(decimal_format="number")
NUMBERED = {"rechnung": "RE", "quittung": "QU", "gutschrift": "GS"}


def numbers(path: Path, table: str, column: str = "nummer") -> list[int]:
    db = sqlite3.connect(path)
    try:
        return sorted(int(row[0].rpartition("-")[2]) for row in db.execute(f"SELECT {column} FROM {table}"))
    finally:
        db.close()


def decoded(answer: Answered) -> dict[str, Any]:
    return DECODER.decode(answer.body)


def test_numbers_have_no_gaps_although_some_writes_are_refused(fresh: Systems, sweep: Sweep) -> None:
    asked = list(itertools.islice(fresh.traffic.writes(), 60))
    broken = [
        Call("bad", "POST", "/invoices", 1, b'{"customer_id": 1, "lines": []}', 422),
        Call(
            "bad",
            "POST",
            "/invoices",
            1,
            (asked[0].body or b"").replace(b'"customer_id":1', b'"customer_id":9'),
            422,
        ),
        Call("bad", "POST", "/payments", 1, b'{"invoice_id": 1, "amount": 5, "method": "card"}', 422),
        Call(
            "bad", "POST", "/credit-notes", 1, b'{"invoice_id": 100001, "position": 99, "reason": "x"}', 422
        ),
    ]
    mixed = [call for pair in itertools.zip_longest(asked, broken * 5) for call in pair if call is not None]
    answers = sweep(fresh.legacy.url, mixed)
    assert {
        call.target: answer.status for call, answer in answers.items() if answer.status != call.expected
    } == {}
    for table in NUMBERED:
        drawn = numbers(fresh.legacy.db, table)
        assert drawn == list(range(1, len(drawn) + 1)), table


def test_what_a_write_moves(fresh: Systems, sweep: Sweep) -> None:
    """An invoice can be read; payments move its status; a credit note lowers the balance."""
    call = next(fresh.traffic.writes())
    invoice = decoded(sweep(fresh.legacy.url, [call])[call])
    shown, statement = f"/invoices/{invoice['id']}", f"/customers/{call.customer}/invoices"

    def look(target: str) -> dict[str, Any]:
        question = Call("look", "GET", target, call.customer)
        return decoded(sweep(fresh.legacy.url, [question])[question])

    def write(target: str, **body: object) -> None:
        written = ENCODER.encode({"invoice_id": invoice["id"], **body})
        order = Call("write", "POST", target, call.customer, written, 201)
        assert sweep(fresh.legacy.url, [order])[order].status == 201

    stamped = look(shown)
    assert stamped.pop("generated_at")
    assert stamped == invoice
    before, gross = look(statement)["balance"], invoice["totals"]["gross"]
    assert invoice["status"] == "O"
    write("/payments", amount=1, method="card")
    assert look(shown)["status"] == "T"
    write("/payments", amount=gross, method="wire")
    assert look(shown)["status"] == "B"
    assert look(statement)["balance"] == before - gross - 1
    write("/credit-notes", position=1, reason="returned")
    first = invoice["lines"][0]
    assert look(statement)["balance"] == before - gross - 1 - first["net"] - first["tax"]
    assert refuses_half_a_yen(fresh, sweep, fresh.legacy.url)


def test_the_promoted_candidate_goes_on_with_the_next_number_and_writes_alike(
    fresh: Systems, sweep: Sweep, differences: Judge
) -> None:
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
    assert refuses_half_a_yen(fresh, sweep, fresh.candidate.url)


def refuses_half_a_yen(fresh: Systems, sweep: Sweep, url: str) -> bool:
    yen = next(issue for issue in fresh.month.issues if issue.customer.currency == "JPY")
    body = f'{{"invoice_id": {yen.id}, "amount": 10.5, "method": "card"}}'.encode()
    call = Call("new_payment", "POST", "/payments", 1, body, 422)
    answer = sweep(url, [call])[call]
    return answer.status == 422 and b"JPY has fewer decimals" in answer.body
