"""What the ledger says of the way back: the next step, and how legacy answered lately."""

from __future__ import annotations

import pytest

from strangler.cutover import CutoverState
from strangler.evidence import Returned
from strangler.ledger.epochs import settings_digest
from strangler.ledger.evidence import read_evidence
from strangler.ledger.flush import flush
from strangler.ledger.store import Ledger
from strangler.ledger.tables import MINUTE_NS
from strangler.ledger.wayback import RECENT_MINUTES, way_back_of
from strangler.routing.table import Phase
from strangler.testing.judged import CONFIG, START, Judged, configuration

NAMED = configuration(
    CONFIG.replace(
        "invoice: GET /invoices/{id}", "invoice: {match: GET /invoices/{id}, identity: {header: X}}"
    ).replace("match: GET /invoices/{id}", "match: {method: GET, path: '/invoices/{id}'}")
)
PAYS = """\
  writes:
    routes: [pay]
    steps: [5, 50]
    state: {synced: {lag: {url: "http://127.0.0.1:9/lag"}BACK}}
policy:
"""


@pytest.mark.parametrize(
    ("phase", "weight", "leads_to", "routes"),
    [
        ("legacy", 0, "shadow", ("invoice",)),
        ("shadow", 0, "canary", ("invoice",)),
        ("canary", 100, "canary", ("invoice",)),
        ("canary", 10_000, "candidate", ("invoice",)),
        ("candidate", 0, "retired", ("invoice", "invoices")),
        ("retired", 0, "", ("invoice",)),
    ],
)
def test_where_it_leads_and_of_what_routes(
    ledger: Ledger, phase: Phase, weight: int, leads_to: str, routes: tuple[str, ...]
) -> None:
    state = CutoverState("reads", phase, 0, weight, since_ns=7)
    with ledger.read() as connection:
        way = way_back_of(connection, NAMED.config, state, 0, START)
    assert (way.leads_to, way.since_ns, way.routes, way.recent) == (leads_to, 7, routes, ())


@pytest.mark.parametrize(
    ("back", "within"), [("", None), (', back: {lag: {url: "http://127.0.0.1:9/back"}, within: 2s}', 2_000)]
)
def test_what_flows_back_is_declared_and_is_no_other_epoch(
    ledger: Ledger, back: str, within: int | None
) -> None:
    loaded = configuration(CONFIG.replace("policy:\n", PAYS.replace("BACK", back)))
    without = configuration(CONFIG.replace("policy:\n", PAYS.replace("BACK", "")))
    with ledger.read() as connection:
        way = way_back_of(connection, loaded.config, CutoverState("writes", "canary", 1, 5_000), 0, START)
        reads = way_back_of(connection, loaded.config, CutoverState("reads", "canary", 1, 5_000), 0, START)
    assert (way.writes, way.back_within_ms, way.leads_to) == (True, within, "candidate")
    assert (reads.writes, reads.back_within_ms) == (False, None)
    assert settings_digest(loaded.config, "writes") == settings_digest(without.config, "writes")


def test_only_what_legacy_was_asked_lately_and_second_counts(ledger: Ledger) -> None:
    judged = Judged(NAMED)
    early = [judged.failed("timeout", "legacy", primary="candidate")]
    judged.at_ns += (RECENT_MINUTES + 1) * MINUTE_NS
    late = [
        judged.equal(primary="candidate"),
        judged.different(primary="candidate"),
        judged.failed("timeout", "legacy", primary="candidate"),
        judged.failed("timeout", primary="candidate"),
        judged.failed("refused", "legacy"),
        *(judged.equal(primary="candidate", mark=b"the same") for _ in range(2)),
    ]
    now_ns = judged.at_ns
    state = CutoverState("reads", "canary", 0, 100, since_ns=START)
    with ledger.begin() as connection:
        flush(connection, early + late, now_ns=now_ns, worker="w")
        epoch = read_evidence(connection, NAMED, "reads", now_ns).epoch
        way = way_back_of(connection, NAMED.config, state, epoch, now_ns)
        later = way_back_of(connection, NAMED.config, CutoverState("reads", "shadow"), epoch, now_ns)
    assert way.recent == (Returned("invoice", 4, 1),)
    assert later.recent == ()
