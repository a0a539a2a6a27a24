"""The routing table that a configuration and the states of its cutovers make."""

from __future__ import annotations

import msgspec

from strangler.cutover import CutoverState
from strangler.routing import RequestHead, Table, route
from strangler.routing.build import build_table
from strangler.routing.safety import comparable, reads_only
from strangler.testing.judged import CONFIG, configuration

TEXT = """\
version: 1
legacy: {url: "http://127.0.0.1:1"}
candidate: {url: "http://127.0.0.1:2"}
strata:
  country: {header: X-Country}
  month: {query: month}
  number: {path: id}
  currency: {answer: "$.currency"}
routes:
  any:
    match: {path: "/{rest*}"}
  invoice:
    match: {method: [GET, HEAD], path: "/invoices/{id}", header: {X-Tenant: "a*"}, query: {full: "1"}}
    identity: {header: X-Customer}
    sample: 12.5%
    deadline: 900ms
  rpc:
    match: {method: POST, path: /rpc, body: {json-rpc: ["model.*.read", "common.version"]}}
    safe: true
  graph:
    match: {method: POST, path: /graphql, body: {graphql: Invoices}}
cutovers:
  reads:
    routes: [invoice, rpc]
    pinned: [acme]
"""


def test_everything_the_file_says_is_in_the_table() -> None:
    states = {"reads": CutoverState("reads", "canary", 1, 500)}
    table = build_table(configuration(TEXT).config, states, 7, 99, halted=True)
    assert (table.generation, table.issued_ns, table.halted, table.owner) == (7, 99, True, "legacy")
    assert [entry.name for entry in table.routes] == ["graph", "rpc", "invoice", "any"]
    found = {entry.name: entry for entry in table.routes}
    invoice = found["invoice"]
    assert (invoice.cutover, invoice.phase, invoice.weight) == ("reads", "canary", 500)
    assert (invoice.pinned, invoice.sampling, invoice.deadline_ms) == (frozenset({"acme"}), 1250, 900)
    assert (invoice.match.methods, invoice.match.header) == (
        frozenset({"GET", "HEAD"}),
        (("x-tenant", "a*"),),
    )
    assert invoice.match.query == (("full", "1"),)
    assert invoice.identity is not None
    assert (invoice.identity.kind, invoice.identity.name) == ("header", "X-Customer")
    assert [(label, source.kind) for label, source in invoice.strata] == [
        ("country", "header"),
        ("month", "query"),
        ("number", "path"),
    ]
    assert [label for label, _ in found["rpc"].strata] == ["country", "month"]
    assert found["rpc"].safe
    body = found["rpc"].match.body
    assert body is not None
    assert (body.kind, body.names) == ("json-rpc", ("model.*.read", "common.version"))
    assert (found["any"].cutover, found["any"].phase, found["any"].weight) == ("", "legacy", 0)


def test_routes_of_one_cutover_move_together() -> None:
    config = configuration().config
    for phase in ("legacy", "shadow", "candidate", "retired"):
        table = build_table(config, {"reads": CutoverState("reads", phase, weight=500)}, 1, 1)
        found = {entry.name: (entry.phase, entry.weight) for entry in table.routes}
        assert found == {"invoice": (phase, 0), "invoices": (phase, 0), "pay": ("legacy", 0)}


def test_a_cutover_without_a_state_is_legacy() -> None:
    assert {entry.phase for entry in build_table(configuration().config, {}, 1, 1).routes} == {"legacy"}


def test_the_table_survives_the_wire_and_decides_the_same() -> None:
    table = build_table(configuration(CONFIG).config, {"reads": CutoverState("reads", "shadow")}, 3, 1)
    again = msgspec.json.decode(msgspec.json.encode(table), type=Table)
    assert again == table
    head = RequestHead("GET", "/invoices/7", ())
    assert route(again, head) == route(table, head)
    assert route(again, head).shadow == "candidate"


def test_what_reads_and_what_can_be_compared() -> None:
    routes = configuration(TEXT).config.routes
    assert {name: (reads_only(entry), comparable(entry)) for name, entry in routes.items()} == {
        "any": (False, True),
        "invoice": (True, True),
        "rpc": (True, True),
        "graph": (False, True),
    }
    pay = configuration().config.routes["pay"]
    assert (reads_only(pay), comparable(pay)) == (False, False)
