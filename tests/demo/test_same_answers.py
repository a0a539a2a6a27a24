"""With no defect on, both services answer alike on every route, and only `generated_at` is noise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from strangler_demo import control
from strangler_demo.load import Answered
from strangler_demo.systems import Systems
from strangler_demo.traffic import READS, Call

type Sweep = Callable[[str, Iterable[Call]], dict[Call, Answered]]
type Difference = tuple[str, Any, Any]
type Judge = Callable[[Answered, Answered], list[Difference]]


def calls(running: Systems, route: str) -> list[Call]:
    count = running.traffic.distinct(route) or 300
    return list(running.traffic.route(route, min(count, 600)))


@pytest.mark.parametrize("route", READS)
def test_every_read_is_answered_alike(running: Systems, sweep: Sweep, differences: Judge, route: str) -> None:
    asked = calls(running, route)
    legacy, candidate = sweep(running.legacy.url, asked), sweep(running.candidate.url, asked)
    assert len(legacy) == len(set(asked)) > 60
    assert {answer.status for answer in legacy.values()} == {200}
    assert all(legacy[call].media == candidate[call].media for call in asked)
    assert {call: found for call in asked if (found := differences(legacy[call], candidate[call]))} == {}
    # The judge itself is not blind: the raw bytes do differ.
    assert any(legacy[call].body != candidate[call].body for call in asked)


def test_what_is_refused_is_refused_alike(running: Systems, sweep: Sweep, differences: Judge) -> None:
    quote = b'{"country": "DE", "currency": "EUR", "lines": [%s]}'
    bodies = [
        b"",
        b"[]",
        b"{",
        quote % b"",
        quote % b'{"sku": "A", "text": "t", "quantity": 0, "unit_price": 1}',
        quote % b'{"sku": "A", "text": "t", "quantity": 1e999999999, "unit_price": 1}',
        quote % b'{"sku": "A", "text": "t", "quantity": 1, "unit_price": 1.00001}',
        quote % b'{"sku": "A", "text": "t", "quantity": 1, "unit_price": 1, "first": "2026-05-03"}',
        quote % b'{"sku": "A", "text": "t", "quantity": 1, "unit_price": 1, "discount_percent": 101}',
        quote.replace(b"DE", b"XX") % b'{"sku": "A", "text": "t", "quantity": 1, "unit_price": 1}',
    ]
    asked = [Call("quote", "POST", "/quotes", 1, body, 422) for body in bodies]
    asked += [
        Call("missing", "GET", path, 1, None, 404)
        for path in (
            "/invoices/1",
            "/invoices/x",
            "/invoices/1.xml",
            "/customers/-1",
            "/customers/1/invoices",
        )
    ]
    asked += [Call("run", "GET", "/invoice-runs/2026-13-01.csv?country=DE&batch=1", 1, None, 422)]
    legacy, candidate = sweep(running.legacy.url, asked), sweep(running.candidate.url, asked)
    assert {
        call.target: answer.status for call, answer in legacy.items() if answer.status != call.expected
    } == {}
    assert {call: found for call in asked if (found := differences(legacy[call], candidate[call]))} == {}


def test_only_generated_at_differs_when_the_same_is_asked_twice(running: Systems, sweep: Sweep) -> None:
    asked = [call for route in READS for call in calls(running, route)[:20]]
    for url in (running.legacy.url, running.candidate.url):
        first, second = sweep(url, asked), sweep(url, asked)
        changed = {call.route for call in asked if first[call].body != second[call].body}
        assert changed == {"invoice", "statement"}


def test_every_answer_of_the_candidate_names_its_version(running: Systems, sweep: Sweep) -> None:
    asked = [call for route in READS for call in calls(running, route)[:2]] + [
        Call("x", "GET", "/invoices/1", 1)
    ]
    assert {answer.version for answer in sweep(running.candidate.url, asked).values()} == {"2.0.0"}
    assert {answer.version for answer in sweep(running.legacy.url, asked).values()} == {None}
    assert control.version(running.candidate.root) == "2.0.0"
