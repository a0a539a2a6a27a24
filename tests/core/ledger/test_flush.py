"""What a flush writes, read back through the functions that others use."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Connection, func, select, update

from strangler.comparison.model import Outcome
from strangler.evidence import Evidence
from strangler.exchange import Origin
from strangler.ledger import tables
from strangler.ledger.divergences import divergences, show
from strangler.ledger.evidence import read_evidence
from strangler.ledger.findings import divergence_id
from strangler.ledger.flush import flush
from strangler.ledger.noise import noise, observations
from strangler.ledger.planes import worker_heartbeat
from strangler.ledger.settled import Finding, Loss, NoiseFinding, Observation, Settled
from strangler.ledger.store import Ledger
from strangler.ledger.streams import losses, shed
from strangler.testing.judged import MINUTE, Judged, configuration, exemplar


def write(ledger: Ledger, batch: list[Settled], judged: Judged, **more: Any) -> bool:
    with ledger.begin() as connection:
        return flush(connection, batch, now_ns=judged.at_ns, worker="w", **more)


def evidence(ledger: Ledger, judged: Judged) -> Evidence:
    with ledger.read() as connection:
        return read_evidence(connection, judged.loaded, judged.cutover, judged.at_ns)


def test_comparisons_are_counted_per_route_stratum_and_primary(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, [*judged.equals(3), judged.equal("invoices", labels=(("country", "DE"),))], judged)
    write(ledger, [judged.different(), judged.equal(primary="candidate", twinned=True)], judged)
    cells = {(c.route, c.stratum, c.primary): c for c in evidence(ledger, judged).cells}
    assert {key: (c.n, c.k) for key, c in cells.items()} == {
        ("invoice", "", "candidate"): (1, 0),
        ("invoice", "", "legacy"): (4, 1),
        ("invoices", "country=DE", "legacy"): (1, 0),
    }
    assert cells["invoice", "", "candidate"].twins == 1
    legacy = cells["invoice", "", "legacy"]
    assert legacy.first_ns < legacy.last_ns
    assert evidence(ledger, judged).settled == 6
    judged.version = "2"
    write(ledger, judged.equals(2), judged)
    assert evidence(ledger, judged).settled == 2


def test_failures_count_by_whose_they_are(ledger: Ledger) -> None:
    judged = Judged()
    batch = [
        judged.failed("timeout"),
        judged.failed("server-error", fell_back=True, primary="candidate"),
        judged.failed("moved", None),
        judged.failed("lagged", "candidate", findings=()),
        judged.failed("server-error", "legacy"),
        judged.equal(),
    ]
    write(ledger, batch, judged)
    cells = {c.primary: c for c in evidence(ledger, judged).cells}
    legacy = cells["legacy"]
    assert (legacy.n, legacy.k, legacy.candidate_failed, legacy.unsettled) == (2, 1, 1, 2)
    assert legacy.failed == {"lagged": 1, "moved": 1, "server-error": 1, "timeout": 1}
    assert (cells["candidate"].n, cells["candidate"].k, cells["candidate"].fallbacks) == (1, 1, 1)
    assert evidence(ledger, judged).settled == 6


def test_what_was_shed_is_lost_and_nothing_else(ledger: Ledger) -> None:
    judged = Judged()
    batch = [judged.equal(), judged.failed("shed", None)]
    epoch = judged.equal().epoch.digest
    lost = [
        Loss("rate", 7, "plane-0", "boot-0", "invoice", epoch),
        Loss("late", 2, "plane-0", "boot-0", "invoices", epoch),
        Loss("late", 3, "plane-0", "boot-0", "invoices"),
    ]
    write(ledger, batch, judged, losses=lost)
    found = evidence(ledger, judged)
    assert found.n == 1
    assert found.settled == 1
    assert found.lost == {"invoice": {"rate": 7, "shed": 1}, "invoices": {"late": 2}}
    assert found.untraced == {"late": 3}


def test_what_an_epoch_lost_is_not_held_against_the_next(ledger: Ledger) -> None:
    before, after = Judged(version="1"), Judged(version="2")
    write(ledger, [before.equal()], before)
    late = Loss("late", 9, "plane-0", "boot-0", "invoice", before.equal().epoch.digest)
    write(ledger, [after.equal()], after, losses=[late])
    assert (evidence(ledger, after).lost, evidence(ledger, after).untraced) == ({}, {})
    with ledger.read() as connection:
        assert shed(connection, 1) == {"invoice": {"late": 9}}
        assert losses(connection) == {"late": 9}


def test_a_batch_that_was_written_is_not_written_again(ledger: Ledger) -> None:
    judged = Judged()
    batch = judged.equals(2)
    assert write(ledger, batch, judged, number=1)
    assert not write(ledger, batch, judged, number=1)
    assert write(ledger, judged.equals(1), judged, number=2)
    assert evidence(ledger, judged).n == 3


def test_a_flush_that_fails_writes_nothing(ledger: Ledger) -> None:
    judged = Judged()
    with pytest.raises(ZeroDivisionError), ledger.begin() as connection:  # noqa: PT012  both belong to it
        flush(connection, [judged.equal(), judged.different()], now_ns=judged.at_ns, worker="w")
        _ = 1 // 0
    with ledger.read() as connection:
        assert rows_of(connection) == {}


def rows_of(connection: Connection) -> dict[str, int]:
    counts = {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in tables.metadata.tables.items()
    }
    return {name: count for name, count in counts.items() if count}


def test_rows_follow_minutes_and_not_traffic(ledger: Ledger) -> None:
    judged = Judged()
    judged.at_ns -= judged.at_ns % MINUTE  # all of it inside one minute
    labels = (("country", "DE"),)
    write(
        ledger,
        [judged.different(labels=labels, drift={"EUR": "0.01"}), *judged.equals(9, labels=labels)],
        judged,
    )
    with ledger.read() as connection:
        before = rows_of(connection)
    for _ in range(5):
        batch = judged.equals(200, labels=labels)
        batch += [judged.different(labels=labels, drift={"EUR": "0.01"}) for _ in range(5)]
        write(ledger, batch, judged)
    with ledger.read() as connection:
        assert rows_of(connection) == before


def test_values_over_the_limit_are_other(ledger: Ledger) -> None:
    judged = Judged()
    countries = ["DE", "FR", "KW", "JP", "DE", "FR"]
    for country in countries:
        write(ledger, [judged.equal(labels=(("country", country),))], judged, limits={"country": 2})
    found = {cell.stratum: cell.n for cell in evidence(ledger, judged).cells}
    assert found == {"country=DE": 2, "country=FR": 2, "country=other": 2}


def test_a_stratum_cannot_be_forged_by_a_value(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, [judged.equal(labels=(("a", "1,b=2"), ("b", "3%")))], judged)
    assert [cell.stratum for cell in evidence(ledger, judged).cells] == ["a=1%2Cb%3D2,b=3%25"]


def test_latencies_are_right_to_three_percent(ledger: Ledger) -> None:
    judged = Judged()
    for start in (0, 50):
        batch = [
            judged.equal(legacy_ns=(start + i + 1) * 1_000_000, candidate_ns=5_000_000 if i else None)
            for i in range(50)
        ]
        write(ledger, batch, judged)
    cell = evidence(ledger, judged).cells[0]
    assert cell.legacy_p50_ns == pytest.approx(50_000_000, rel=0.03)
    assert cell.legacy_p99_ns == pytest.approx(99_000_000, rel=0.03)
    assert cell.candidate_p50_ns == pytest.approx(5_000_000, rel=0.03)


def test_divergences_sum_money_exactly(ledger: Ledger) -> None:
    judged = Judged()
    for _ in range(3):
        money = {"EUR": "0.10", "KWD": "-0.001"}
        write(ledger, [judged.different(severity="money", drift=money) for _ in range(10)], judged)
    judged.version = "2"
    served = judged.different(
        severity="money", drift={"EUR": "0.20"}, primary="candidate", served_candidate=True
    )
    write(ledger, [served, judged.different("invoices", severity="minor")], judged)
    with ledger.read() as connection:
        worst, minor = divergences(connection)
        latest = divergences(connection, epoch=2)
    assert worst.drift == (("EUR", Decimal("3.20")), ("KWD", Decimal("-0.030")))
    assert (worst.count, worst.wrong_amounts, worst.versions) == (31, 1, ("2", "1"))
    assert (minor.route, minor.severity, minor.state) == ("invoices", "minor", "open")
    assert [(d.id, d.count, d.drift) for d in latest] == [
        (worst.id, 1, (("EUR", Decimal("0.20")),)),
        (minor.id, 1, ()),
    ]
    assert evidence(ledger, judged).wrong_amounts == 1


def test_the_most_telling_exemplars_stay(ledger: Ledger) -> None:
    judged = Judged()
    two = judged.different("invoice", "f1"), judged.different("invoice", "f2")
    both = structs.replace(two[0], findings=(*two[0].findings, *two[1].findings), exemplar=exemplar('"two"'))
    write(ledger, [both], judged, documents=3)
    for size in (50, 10, 30, 20, 40):
        write(ledger, [judged.different(exemplar=exemplar(f'"{"x" * size}"'))], judged, documents=3)
    assert sizes(ledger, judged) == [12, 22, 32]
    judged.version = "2"
    write(ledger, [judged.different(exemplar=exemplar(f'"{"y" * 99}"'))], judged, documents=3)
    assert sizes(ledger, judged) == [101, 12, 22]


def sizes(ledger: Ledger, judged: Judged) -> list[int]:
    with ledger.read() as connection:
        found = next(d for d in divergences(connection) if d.fingerprint == "f1")
        messages = [e.legacy.message for e in show(connection, found.id).exemplars]
    return [len(message.body or "") for message in messages if message]


def test_noise_rule_hits_and_observations(ledger: Ledger) -> None:
    judged = Judged()
    place = NoiseFinding("body $.generated_at", "changed", "twin", first="1", second="2")
    pair = Observation("r1", "[id:a]", "[id:b]")
    quiet = replace(Outcome("equal"), silenced={"r1": 2})
    for _ in range(2):
        batch = [
            judged.equal(noise=(place,), twinned=True),
            structs.replace(judged.equal(twinned=True, observations=(pair,)), outcome=quiet),
            judged.different(fingerprint="generated_at"),
        ]
        write(ledger, batch, judged)
    with ledger.read() as connection:
        (found,) = noise(connection, 1)
        assert (found.location, found.count, found.twins, found.different) == ("body $.generated_at", 2, 4, 2)
        hits = connection.execute(select(tables.rule_hits)).mappings()
        assert [(hit["epoch"], hit["route"], hit["rule"], hit["count"]) for hit in hits] == [
            (1, "invoice", "r1", 4)
        ]
        assert observations(connection) == [pair]
        assert observations(connection, "other") == []


def test_observations_are_capped(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strangler.ledger.noise.OBSERVED", 3)
    judged = Judged()
    for start in (0, 2):
        pairs = tuple(Observation("r1", f"[id:{i}]", f"[id:{i}]") for i in range(start, start + 3))
        write(ledger, [judged.equal(observations=pairs)], judged)
    with ledger.read() as connection:
        assert [pair.legacy for pair in observations(connection)] == ["[id:0]", "[id:1]", "[id:2]"]


def test_an_empty_flush_is_a_heartbeat(ledger: Ledger) -> None:
    judged = Judged()
    with ledger.read() as connection:
        assert worker_heartbeat(connection, judged.at_ns) is None
    write(ledger, [], judged)
    with ledger.read() as connection:
        assert worker_heartbeat(connection, judged.at_ns) == judged.at_ns
        assert losses(connection) == {}


def test_evidence_has_divergences_as_they_are_written_whatever_is_in_them(ledger: Ledger) -> None:
    judged = Judged()
    place = 'body $["ä\\"].\U0001f9fe\x01\u2028[*]'
    odd = Finding("a", 1, place, "changed", "unexplained", "major")
    batch = [judged.different(findings=(odd,))] + [judged.different(fingerprint="b")] * 2
    write(ledger, batch, judged)
    seen = evidence(ledger, judged).seen
    assert [(each.count, each.kind, each.severity, each.parts) for each in seen] == [
        (2, "changed", "major", 1),
        (1, "changed", "major", 1),
    ]
    assert seen[1].location == place


def test_evidence_of_a_merged_divergence_counts_once_and_a_circle_never_hides(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, [judged.different(fingerprint="a"), judged.different(fingerprint="b")], judged)
    ids = {name: divergence_id("reads", "invoice", name) for name in "ab"}
    table = tables.divergences
    with ledger.begin() as connection:
        merged = update(table).where(table.c.id == ids["a"]).values(merged_into=ids["b"])
        connection.execute(merged)
    (seen,) = evidence(ledger, judged).seen
    assert (seen.location, seen.count, seen.parts) == ("body $.b", 2, 2)
    with ledger.begin() as connection:
        connection.execute(update(table).where(table.c.id == ids["b"]).values(merged_into=ids["a"]))
    write(ledger, [judged.different(fingerprint="b")], judged)
    assert [seen.count for seen in evidence(ledger, judged).seen] == [3]


def test_two_cutovers_do_not_mix(ledger: Ledger) -> None:
    loaded = configuration(
        **{"routes: [invoice, invoices]": "routes: [invoice]\n  lists:\n    routes: [invoices]"}
    )
    first, second = Judged(loaded), Judged(loaded, "lists")
    write(ledger, [first.equal(), second.different("invoices")], second)
    assert (evidence(ledger, first).n, evidence(ledger, first).k) == (1, 0)
    assert (evidence(ledger, second).n, evidence(ledger, second).k) == (1, 1)


def test_origins_are_booked_on_their_stream(ledger: Ledger) -> None:
    judged = Judged()
    other = structs.replace(judged.equal(), origin=Origin("plane-1", "b", 1))
    write(ledger, [*judged.equals(2), other], judged)
    with ledger.read() as connection:
        table = tables.streams
        rows = connection.execute(select(table.c.plane, table.c.recorded).order_by(table.c.plane))
        assert [tuple(row) for row in rows] == [("plane-0", 2), ("plane-1", 1)]


def test_where_both_answered_errors_of_either_are_counted(ledger: Ledger) -> None:
    judged = Judged()
    batch = [
        judged.equal(legacy_status=200, candidate_status=200),
        judged.equal(legacy_status=503, candidate_status=503),
        judged.failed("server-error", legacy_status=200, candidate_status=500),
        judged.failed("timeout", legacy_status=200),
    ]
    write(ledger, batch, judged)
    (cell,) = evidence(ledger, judged).cells
    assert (cell.answers, cell.legacy_errors, cell.candidate_errors) == (3, 1, 2)


def test_money_is_netted_over_all_divergences_of_the_epoch(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, [judged.different(drift={"EUR": "0.10", "JPY": "1"}) for _ in range(2)], judged)
    write(ledger, [judged.different(fingerprint="f2", drift={"EUR": "-0.05"})], judged)
    assert evidence(ledger, judged).drift == (("EUR", Decimal("0.15")), ("JPY", Decimal(2)))
    judged.version = "2"
    write(ledger, judged.equals(1), judged)
    assert evidence(ledger, judged).drift == ()


def test_the_pace_is_that_of_the_last_hour_or_else_of_the_day(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, judged.equals(100), judged)
    assert [(inflow.n, inflow.span_ns // MINUTE) for inflow in evidence(ledger, judged).inflows] == [(100, 1)]
    judged.at_ns += 300 * MINUTE
    assert [(inflow.n, inflow.span_ns // MINUTE) for inflow in evidence(ledger, judged).inflows] == [
        (100, 301)
    ]
    write(ledger, judged.equals(30), judged)
    assert [(inflow.n, inflow.span_ns // MINUTE) for inflow in evidence(ledger, judged).inflows] == [(30, 60)]
    judged.at_ns += 2_000 * MINUTE
    assert evidence(ledger, judged).inflows == ()
