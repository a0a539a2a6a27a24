"""Which judged exchanges are the same question with the same outcome, and which only look alike."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from strangler.exchange import Exchange, Message, Response
from strangler.testing.judged import configuration
from strangler_shadow.testing.plane import exchange
from strangler_shadow.worker.case import Case
from strangler_shadow.worker.ground import ground
from strangler_shadow.worker.marks import answered
from strangler_shadow.worker.settling import settled
from strangler_shadow.worker.shown import Shown
from strangler_shadow.worker.verdict import judged

type Asked = tuple[Exchange, Response]
JSON = ((b"Content-Type", b"application/json"),)


def asked(target: str = "/invoices/1", body: object = None, other: object = None, **more: Any) -> Asked:
    """A question, legacy's answer and the candidate's (the same, unless said otherwise)."""
    text = body if isinstance(body, bytes) else json.dumps(body or {"total": "10.00"}).encode()
    theirs = text if other is None else json.dumps(other).encode()
    fields = more.pop("fields", JSON)
    answer = Response(more.get("status", 200), b"OK", Message(fields, theirs, len(theirs)), 1)
    return exchange(target, text, fields=fields, **more), answer


@pytest.fixture
def marks(tmp_path: Path) -> Callable[..., list[bytes]]:
    """Of these exchanges, under these rules."""

    def of(*all_asked: Asked, rules: Sequence[str] = ()) -> list[bytes]:
        written = "".join(f"  - {rule}\n" for rule in rules)
        loaded = configuration(**{"routes:\n": f"rules:\n{written}routes:\n"} if rules else {})
        by, found = ground(loaded, tmp_path), []
        for seen, answer in all_asked:
            case = Case(seen, by, 0, 0, "1")
            case.shadow = answer
            outcome = judged(case.answer("legacy"), case.answer("candidate"), case.yardstick)
            said = answered(case) if outcome.verdict == "equal" else b""
            found.append(settled(case, outcome, Shown(), None, said).mark)
        return found

    return of


def same(found: list[bytes]) -> bool:
    assert all(len(mark) == 8 for mark in found)
    return len(set(found)) == 1


def test_a_poll_is_the_same_question(marks: Callable[..., list[bytes]]) -> None:
    traced = ((b"X-Request-Id", b"7f"), (b"Host", b"plane.test"))
    assert same(marks(asked(), asked(request_fields=traced), asked()))
    assert same(marks(asked("/invoices/1?a=1&b=2"), asked("/invoices/1?b=2&a=1")))


def test_another_question_or_another_answer_is_another(marks: Callable[..., list[bytes]]) -> None:
    someone, answer = asked()
    found = marks(
        asked(),
        asked("/invoices/2"),
        asked("/invoices/1?page=2"),
        asked(method="HEAD"),
        asked(route="invoices"),
        asked(body={"total": "10.01"}),
        asked(status=201),
        asked(request_body=b"{}"),
        (replace(someone, identity_hash=b"someone"), answer),
    )
    assert len(set(found)) == len(found)


def test_who_answers_the_client_does_not_matter(marks: Callable[..., list[bytes]]) -> None:
    body = b'{"total": "10.00"}'
    hashed = Response(200, b"OK", Message(JSON, body, len(body), sha256(body).digest()), 1)
    first, answer = asked()
    assert same(marks((replace(first, response=hashed), answer), asked(primary="candidate"), (first, answer)))


def test_what_rules_let_pass_makes_no_new_answer(marks: Callable[..., list[bytes]]) -> None:
    def at(moment: str, other: str | None = None) -> Asked:
        theirs = {"total": "1", "at": other or moment}
        return asked(body={"total": "1", "at": moment}, other=theirs)

    polled = [at("10:00", "10:01"), at("11:00", "11:01"), at("12:00")]
    assert same(marks(*polled, rules=["ignore: $.at"]))
    assert same(marks(*polled, rules=["only: $.total"]))
    assert same(marks(*polled, rules=[r"{pattern: $.at, matches: '\d\d:\d\d'}"]))
    assert not same(marks(at("10:00"), at("11:00")))
    lists = [asked(body={"ids": ids}) for ids in ([1, 2, 3], [3, 1, 2])]
    assert same(marks(*lists, rules=["unordered: $.ids"]))
    assert not same(marks(*lists))


def test_amounts_and_ids_under_a_rule_stay_part_of_the_answer(marks: Callable[..., list[bytes]]) -> None:
    balances = [
        asked(body={"id": n, "balance": f"{n}.00"}, other={"id": f"x{n}", "balance": n}) for n in (1, 2)
    ]
    rules = ["{decimal: $.balance, scale: 2, rounding: half-up}", "identity: $.id"]
    assert len(set(marks(*balances, rules=rules))) == 2


def test_when_it_was_packed_does_not_matter(marks: Callable[..., list[bytes]]) -> None:
    fields = (*JSON, (b"Content-Encoding", b"gzip"))
    packed = [gzip.compress(b'{"total": 1}', mtime=moment) for moment in (1, 2)]
    assert same(marks(*(asked(body=body, fields=fields) for body in packed)))


def test_a_json_rpc_call_is_the_same_whatever_its_number(marks: Callable[..., list[bytes]]) -> None:
    def call(number: int, invoice: int = 7) -> Asked:
        body = {"jsonrpc": "2.0", "id": number, "method": "invoice", "params": [invoice]}
        answer = {"jsonrpc": "2.0", "id": number, "result": "10.00"}
        return asked("/rpc", answer, method="POST", request_body=json.dumps(body).encode())

    assert same(marks(call(1), call(2)))
    assert not same(marks(call(1), call(1, invoice=8)))


def test_a_json_rpc_batch_is_the_same_whatever_its_numbers(marks: Callable[..., list[bytes]]) -> None:
    def batch(first: int, result: str = "10.00") -> Asked:
        calls = [
            {"jsonrpc": "2.0", "id": first + each, "method": "invoice", "params": [each]} for each in (0, 1)
        ]
        answers = [{"jsonrpc": "2.0", "id": first + each, "result": result} for each in (0, 1)]
        return asked("/rpc", answers, method="POST", request_body=json.dumps(calls).encode())

    assert same(marks(batch(1), batch(3)))
    assert not same(marks(batch(1), batch(1, "11.00")))


def test_a_mismatch_is_the_same_where_the_same_differs(marks: Callable[..., list[bytes]]) -> None:
    wrong = asked(body={"total": 1, "tax": 2}, other={"total": 2, "tax": 2})
    later = asked(body={"total": 5, "tax": 2}, other={"total": 6, "tax": 2})
    another = asked(body={"total": 1, "tax": 2}, other={"total": 1, "tax": 3})
    assert same(marks(wrong, later))
    assert len(set(marks(wrong, another, asked(body={"total": 1, "tax": 2})))) == 3
