"""Who is in the canary stays in: over all phases and steps, on every plane, whatever table each of them has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from strangler.config import Config
from strangler.cutover import CutoverState, Event, EventName, decide, plan_of
from strangler.errors import Refused
from strangler.gate import Verdict
from strangler.routing import RequestHead, Table, route
from strangler.routing.build import build_table
from strangler.testing.judged import START, configuration

TEXT = """\
version: 1
legacy: {url: "http://127.0.0.1:1"}
candidate: {url: "http://127.0.0.1:2"}
routes:
  invoice: {match: {method: GET, path: "/invoices/{id}"}, identity: {header: X-Customer}}
  customer: {match: {method: GET, path: "/customers/{id}"}, identity: {path: id}}
cutovers:
  reads: {routes: [invoice, customer]}
"""
CUSTOMERS = [f"customer-{number}" for number in range(20)]
steps = st.lists(st.integers(1, 10_000), min_size=1, max_size=6, unique=True).map(
    lambda weights: tuple(Decimal(weight) / 100 for weight in sorted(weights))
)
pinned = st.lists(st.sampled_from(CUSTOMERS), max_size=4, unique=True).map(tuple)
LOADED = configuration(TEXT)


def planned(weights: tuple[Decimal, ...], named: tuple[str, ...]) -> Config:
    plan = LOADED.config.cutovers["reads"].model_copy(update={"steps": weights, "pinned": named})
    return LOADED.config.model_copy(update={"cutovers": {"reads": plan}})


def way(config: Config, events: Iterable[EventName]) -> Iterator[tuple[EventName, CutoverState, Table]]:
    """A table for each move, as planes get it: over the wire. What the table of phases refuses moves nobody."""
    state, plan, verdict = CutoverState("reads"), plan_of(config, "reads"), Verdict("reads", "pass", ())
    for generation, name in enumerate(("start", *events), start=1):
        try:
            state, _ = decide(plan, state, Event(name, "ann", verdict=verdict), START)
        except Refused:
            continue
        table = build_table(config, {"reads": state}, generation, START)
        yield name, state, msgspec.json.decode(msgspec.json.encode(table), type=Table)


def served(table: Table, customer: str) -> set[str]:
    """By which side, on either route: they move together."""
    heads = (
        RequestHead("GET", "/invoices/1", ((b"X-Customer", customer.encode()),)),
        RequestHead("GET", f"/customers/{customer}", ()),
    )
    return {route(table, head).primary for head in heads}


@settings(max_examples=30)
@given(steps, pinned)
def test_to_the_end_nobody_ever_goes_back(weights: tuple[Decimal, ...], named: tuple[str, ...]) -> None:
    config = planned(weights, named)
    tables = list(way(config, ["advance"] * (len(weights) + 2)))
    assert [state.phase for _, state, _ in tables] == [
        "shadow",
        *["canary"] * len(weights),
        "candidate",
        "retired",
    ]
    for customer in CUSTOMERS:
        sides = [served(table, customer) for _, _, table in tables]
        assert all(len(side) == 1 for side in sides), "the routes of a cutover go by one table"
        # Whichever of two planes has the older table: neither asks legacy once both had one with the customer in it.
        assert sides == sorted(sides, key=lambda side: side == {"candidate"})
        if customer in named:
            assert sides[1:] == [{"candidate"}] * (len(sides) - 1)


@settings(max_examples=30)
@given(steps, pinned, st.lists(st.sampled_from(["advance", "pause", "resume", "rollback"]), max_size=12))
def test_between_two_rollbacks_neither(
    weights: tuple[Decimal, ...], named: tuple[str, ...], events: list[EventName]
) -> None:
    config = planned(weights, named)
    tables = list(way(config, events))
    for customer in CUSTOMERS:
        before = False
        for name, state, table in tables:
            now = served(table, customer) == {"candidate"}
            if name == "rollback":
                assert not now, f"a rollback brings everybody back, and leads to {state.phase}"
            else:
                assert now or not before
            before = now
