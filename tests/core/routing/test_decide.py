"""One request, one decision: the table of phases, stickiness, safety, what cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler.exchange import Side
from strangler.routing import BodyMatch, Match, Phase, RequestHead, Route, Table, bucket, needs_body, route
from strangler.routing.table import IdentitySource, ordered
from strangler.routing.template import parse_template

CUSTOMER = IdentitySource("header", "X-Customer")


def entry(path: str = "/invoices/{id}", **more: Any) -> Route:
    match = Match(parse_template(path), **more.pop("match", {}))
    return Route(more.pop("name", path), match, **{"cutover": "reads", "identity": CUSTOMER, **more})


def table(*routes: Route, **more: Any) -> Table:
    return Table(7, 0, ordered(routes), **more)


def head(target: str = "/invoices/1", method: str = "GET", **fields: str) -> RequestHead:
    return RequestHead(
        method,
        target,
        tuple((name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()),
    )


@pytest.mark.parametrize(
    ("phase", "weight", "primary", "shadow"),
    [
        ("legacy", 0, "legacy", None),
        ("shadow", 0, "legacy", "candidate"),
        ("canary", 0, "legacy", "candidate"),
        ("canary", 10_000, "candidate", "legacy"),
        ("candidate", 0, "candidate", "legacy"),
        ("retired", 0, "candidate", None),
    ],
)
def test_phases(phase: Phase, weight: int, primary: Side, shadow: Side | None) -> None:
    decision = route(table(entry(phase=phase, weight=weight)), head(X_Customer="42"))
    assert (decision.primary, decision.shadow, decision.phase) == (primary, shadow, phase)
    assert decision.fallback == (phase == "canary" and primary == "candidate")
    assert decision.generation == 7


def test_unsafe_is_never_shadowed() -> None:
    for phase in ("shadow", "canary", "candidate"):
        for weight in (0, 10_000):
            decision = route(table(entry(phase=phase, weight=weight)), head(method="POST", X_Customer="42"))
            assert decision.shadow is None
            assert not decision.fallback
    assert route(table(entry(phase="shadow", safe=True)), head(method="POST")).shadow == "candidate"


def test_no_identity_goes_to_the_owner() -> None:
    assert route(table(entry(phase="canary", weight=10_000)), head()).primary == "legacy"
    assert route(table(entry(phase="candidate")), head()).primary == "candidate"


def test_a_decision_says_by_what_a_canary_was_split() -> None:
    canary = entry(phase="canary", weight=10_000, pinned=frozenset({"42"}))
    assert route(table(canary), head(X_Customer="42")).cohort == "pinned"
    assert route(table(canary), head(X_Customer="43")).cohort == "bucket"
    assert route(table(canary), head()).cohort == "nameless"
    assert route(table(entry(phase="shadow")), head(X_Customer="43")).cohort == ""


def test_pinned_first() -> None:
    canary = entry(phase="canary", weight=0, pinned=frozenset({"42"}))
    assert route(table(canary), head(X_Customer="42")).primary == "candidate"
    assert route(table(canary), head(X_Customer="43")).primary == "legacy"
    assert (
        route(table(entry(phase="shadow", pinned=frozenset({"42"}))), head(X_Customer="42")).primary
        == "legacy"
    )


@given(
    st.text(alphabet="abcdef0123456789-", min_size=1, max_size=12),
    st.lists(st.integers(0, 10_000), min_size=2),
)
def test_widening_never_moves_anyone_back(customer: str, weights: Sequence[int]) -> None:
    served = [
        route(table(entry(phase="canary", weight=weight)), head(X_Customer=customer)).primary
        for weight in sorted(weights)
    ]
    assert served == sorted(served, reverse=True)
    assert served[-1] == ("candidate" if bucket("reads", customer) < max(weights) else "legacy")


@pytest.mark.parametrize(
    ("source", "request_head"),
    [
        (IdentitySource("header", "x-customer"), head(X_CUSTOMER="42")),
        (IdentitySource("cookie", "customer"), head(Cookie="a=b; customer=42; c=d")),
        (IdentitySource("query", "customer"), head("/invoices/1?customer=42&x=y")),
        (IdentitySource("path", "id"), head("/invoices/42")),
    ],
)
def test_identity_sources(source: IdentitySource, request_head: RequestHead) -> None:
    assert route(table(entry(identity=source)), request_head).identity == "42"


def test_most_specific_wins() -> None:
    routes = table(
        entry("/{rest*}", name="all"),
        entry("/invoices/{id}", name="one"),
        entry("/invoices/open", name="open"),
        entry("/invoices/{id}.xml", name="xml"),
        entry("/invoices/{id}", name="german", match={"header": (("accept-language", "de*"),)}),
        entry("/invoices/{id}", name="full", match={"query": (("full", "*"),)}),
    )
    assert route(routes, head("/payments/1")).route == "all"
    assert route(routes, head("/invoices/1")).route == "one"
    assert route(routes, head("/invoices/open")).route == "open"
    assert route(routes, head("/invoices/1.xml")).route == "xml"
    assert route(routes, head("/invoices/1", Accept_Language="de-AT")).route == "german"
    assert route(routes, head("/invoices/1?full=1")).route == "full"


def test_nothing_fits() -> None:
    decision = route(table(entry()), head("/elsewhere"))
    assert (decision.route, decision.primary, decision.shadow) == ("", "legacy", None)
    assert route(table(owner="candidate"), head()).primary == "candidate"


def test_halted_shadows_nothing_and_serves_on() -> None:
    decision = route(table(entry(phase="canary", weight=10_000), halted=True), head(X_Customer="42"))
    assert (decision.primary, decision.shadow) == ("candidate", None)


RPC = entry(
    "/", name="reads", safe=True, phase="shadow", match={"body": BodyMatch("json-rpc", ("model.*.read",))}
)
GRAPHQL = entry("/graphql", name="queries", phase="shadow", match={"body": BodyMatch("graphql", ("*",))})


def rpc(body: bytes | None) -> Any:
    return route(table(RPC), head("/", "POST"), body)


def test_json_rpc_names() -> None:
    assert needs_body(table(RPC), head("/", "POST"))
    assert not needs_body(table(RPC), head("/x", "POST"))
    assert rpc(b'{"method": "model.party.read"}').shadow == "candidate"
    assert rpc(b'{"method": "model.party.write"}').route == ""


def test_a_batch_is_a_routes_only_if_each_call_is() -> None:
    assert rpc(b'[{"method": "model.a.read"}, {"method": "model.b.read"}]').route == "reads"
    assert rpc(b'[{"method": "model.a.read"}, {"method": "model.b.write"}]').shadow is None


@pytest.mark.parametrize("body", [None, b"", b"{", b'{"method": "model.a.read", "method": "model.a.write"}'])
def test_unreadable_goes_to_the_owner_uncaptured(body: bytes | None) -> None:
    decision = rpc(body)
    assert decision.unreadable
    assert (decision.primary, decision.shadow) == ("legacy", None)
    moved = msgspec.structs.replace(RPC, phase="candidate")
    assert route(table(moved), head("/", "POST"), body).primary == "candidate"


def test_graphql_queries_are_safe_by_themselves_and_mutations_never() -> None:
    def asked(text: bytes, **more: bool) -> Side | None:
        routes = table(msgspec.structs.replace(GRAPHQL, **more))
        return route(routes, head("/graphql", "POST"), b'{"query": "' + text + b'"}').shadow

    assert asked(b"query A { a }") == "candidate"
    assert asked(b"mutation A { a }") is None
    assert asked(b"mutation A { a }", safe=True) is None
    assert asked(b"query A { a } mutation B { b }") is None


def test_strata_from_the_request() -> None:
    labelled = entry(
        strata=(("country", IdentitySource("header", "X-Country")), ("kind", IdentitySource("query", "k")))
    )
    assert route(table(labelled), head(X_Country="DE")).strata == (("country", "DE"),)


TARGETS = st.text(alphabet="/abc%2e.?=&{}*\x00é", max_size=40)


@given(
    TARGETS,
    st.binary(max_size=60),
    st.dictionaries(st.binary(max_size=8), st.binary(max_size=20), max_size=4),
)
def test_never_raises(target: str, body: bytes, fields: dict[bytes, bytes]) -> None:
    routes = table(entry(), RPC, GRAPHQL, entry("/{rest*}", identity=IdentitySource("cookie", "c")))
    request = RequestHead("POST", target, tuple(fields.items()))
    needs_body(routes, request)
    route(routes, request, body)
