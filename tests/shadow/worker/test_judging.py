"""What becomes of an exchange: equal, different, failed, and why."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from strangler.exchange import Failure, Side
from strangler.ledger.exemplars import exemplars
from strangler.ledger.facts import put_lag
from strangler.testing.origin import CLOSE, HANG, RESET, Script, Seen, Steps, answer, chunked
from strangler_shadow.testing import until
from strangler_shadow.testing.plane import exchange

from .conftest import QUICK, Rig, says

MakeRig = Callable[..., Rig]
JSON = ("Content-Type", "application/json")


def test_equal_answers_are_equal_evidence(rig: MakeRig) -> None:
    made = rig(candidate=says(b'{ "id" : 1 }', version="3"))
    for number in range(5):
        made.plane.send(exchange(f"/invoices/{number}", b'{"id": 1}'))
    made.settled(5)
    evidence = made.evidence()
    assert (evidence.n, evidence.k, evidence.version) == (5, 0, "3")
    assert made.divergences() == []
    assert made.legacy.seen == [], "nobody asks legacy again when nothing differs"
    assert made.candidate.targets() == [f"/invoices/{number}" for number in range(5)]


def test_a_difference_is_asked_again_on_both_sides_and_then_counts(rig: MakeRig) -> None:
    made = rig(legacy=says(b'{"id": 1}'), candidate=says(b'{"id": 2}'))
    made.plane.send(exchange("/invoices/1", b'{"id": 1}'))
    made.settled(1)
    assert made.legacy.targets() == ["/v1/invoices/1"]
    assert made.candidate.targets() == ["/invoices/1"] * 2
    (found,) = made.divergences()
    assert (found.location, found.kind, found.count) == ("body $.id", "changed", 1)
    assert made.evidence().k == 1


def test_a_shadow_that_catches_up_was_lagging(rig: MakeRig) -> None:
    bodies = iter((b'{"id": 0}', b'{"id": 1}'))
    made = rig(candidate=lambda _: iter((answer(next(bodies), JSON, ("X-Version", "1")),)))
    made.plane.send(exchange("/invoices/1", b'{"id": 1}'))
    made.settled(1)
    (cell,) = made.evidence().cells
    assert (cell.n, cell.unsettled, dict(cell.failed)) == (0, 1, {"lagged": 1})
    assert made.divergences() == []


@pytest.mark.parametrize("primary", ["legacy", "candidate"])
def test_a_difference_stands_though_legacy_does_not_answer_again(rig: MakeRig, primary: Side) -> None:
    """Neither does it vanish, nor is it the candidate's failure."""
    calls = itertools.count(primary == "legacy")

    def answers_once(_: Seen) -> Steps:
        yield HANG if next(calls) else answer(b'{"id": 1}', JSON)

    made = rig(legacy=answers_once, candidate=says(b'{"id": 2}'))
    body = b'{"id": 1}' if primary == "legacy" else b'{"id": 2}'
    fields = ((b"Content-Type", b"application/json"), (b"X-Version", b"1"))
    made.plane.send(exchange("/invoices/1", body, primary=primary, fields=fields))
    made.settled(1)
    (cell,) = made.evidence().cells
    assert (cell.n, cell.k, cell.candidate_failed, dict(cell.failed)) == (1, 1, 0, {})
    assert [(d.location, d.kind, d.count) for d in made.divergences()] == [("body $.id", "changed", 1)]


def test_a_record_that_moves_is_neither_equal_nor_different(rig: MakeRig) -> None:
    made = rig(legacy=says(b'{"id": 2}'), candidate=says(b'{"id": 2}'))
    made.plane.send(exchange("/invoices/1", b'{"id": 1}'))
    made.settled(1)
    assert dict(made.evidence().cells[0].failed) == {"moved": 1}


def test_no_answer_while_a_deployment_goes_on_is_no_version_s_failure(rig: MakeRig) -> None:
    """The one that hung was asked while 1 was known, and gave up when 2 answered already."""

    def deployed(seen: Seen) -> Steps:
        if seen.target.endswith("/slow"):
            yield HANG
        version = "2" if seen.target.endswith("/late") else "1"
        yield answer(b'{"id": 1}', JSON, ("X-Version", version))

    made = rig(candidate=deployed)
    made.plane.send(exchange("/invoices/early", b'{"id": 1}'))
    made.settled(1)
    made.plane.send(exchange("/invoices/slow", b'{"id": 1}'))
    until(lambda: len(made.candidate.seen) == 2 or None)
    made.plane.send(exchange("/invoices/late", b'{"id": 1}'))
    made.settled(3)
    evidence = made.evidence()
    (cell,) = evidence.cells
    assert (evidence.version, cell.n, cell.unsettled, dict(cell.failed)) == ("2", 1, 1, {"moved": 1})
    assert made.divergences() == []


def test_a_failure_just_after_a_deployment_may_still_be_the_one_before_s(rig: MakeRig) -> None:
    """A kept connection may lead to the version that is being ended, though the next one has answered others."""

    def deployed(seen: Seen) -> Steps:
        if seen.target.endswith("/slow"):
            yield HANG
        yield answer(b'{"id": 1}', JSON, ("X-Version", "1" if seen.target.endswith("/early") else "2"))

    made = rig(candidate=deployed)
    for number, name in enumerate(("early", "late", "slow"), 1):
        made.plane.send(exchange(f"/invoices/{name}", b'{"id": 1}'))
        made.settled(number)
    (cell,) = made.evidence().cells
    assert (cell.n, cell.k, dict(cell.failed)) == (1, 0, {"moved": 1})
    time.sleep(0.5)
    made.plane.send(exchange("/invoices/slow", b'{"id": 1}'))
    made.settled(4)
    (cell,) = made.evidence().cells
    assert (cell.candidate_failed, dict(cell.failed)) == (1, {"moved": 1, "timeout": 1})


def test_what_the_primary_changes_on_every_asking_is_noise(rig: MakeRig) -> None:
    ticks = itertools.count(100)

    def clock(_: Seen) -> Steps:
        yield answer(b'{"id": 1, "at": "t%d"}' % next(ticks), JSON, ("X-Version", "1"))

    made = rig(legacy=clock, candidate=clock)
    made.plane.send(exchange("/invoices/1", b'{"id": 1, "at": "t1"}'))
    made.settled(1)
    evidence = made.evidence()
    assert (evidence.n, evidence.k) == (1, 0)
    assert evidence.cells[0].twins == 1


def test_twins_find_noise_without_a_difference(rig: MakeRig) -> None:
    made = rig(
        QUICK.replace("twins: 0", "twins: 10000"),
        legacy=says(b'{"id": 1, "at": 2}'),
        candidate=says(b'{"id": 1, "at": 1}'),
    )
    made.plane.send(exchange("/invoices/1", b'{"id": 1, "at": 1}'))
    made.settled(1)
    assert made.legacy.targets() == ["/v1/invoices/1"]
    assert made.evidence().cells[0].twins == 1
    from strangler.ledger.noise import noise

    with made.ledger.read() as connection:
        (found,) = noise(connection)
    assert (found.location, found.count, found.first, found.second) == ("body $.at", 1, "1", "2")


FED = '{synced: {lag: {url: "http://127.0.0.1:1/lag"}, within: 30s}}'


def test_a_stale_answer_within_the_declared_lag_is_lagged_once_the_probe_says_it_arrived(
    rig: MakeRig,
) -> None:
    """The candidate serves what was right a moment ago, and goes on to say it until the change has come to it."""
    arrived = threading.Event()

    def follower(_: Seen) -> Steps:
        yield answer(
            b'{"total": "2.00"}' if arrived.is_set() else b'{"total": "1.00"}', JSON, ("X-Version", "1")
        )

    made = rig(legacy=says(b'{"total": "2.00"}'), candidate=follower, state=FED)
    fields = ((b"Content-Type", b"application/json"), (b"X-Version", b"1"))
    lag(made, "1.5")
    made.plane.send(exchange("/invoices/1", b'{"total": "1.00"}', primary="candidate", fields=fields))
    until(lambda: made.legacy.seen or None)
    lag(made, "0.75")
    time.sleep(0.6)
    assert made.candidate.seen == [], "what the last probe says does not prove that the change has come"
    arrived.set()
    lag(made, "0.05")
    made.settled(1)
    (cell,) = made.evidence().cells
    assert (cell.n, cell.unsettled, dict(cell.failed)) == (0, 1, {"lagged": 1})
    assert made.evidence().wrong_amounts == 0


def test_a_wrong_amount_is_no_lag_once_the_probe_says_that_everything_came(rig: MakeRig) -> None:
    made = rig(
        legacy=says(b'{"total": "2.00"}'), candidate=says(b'{"total": "1.00"}', version="1"), state=FED
    )
    fields = ((b"Content-Type", b"application/json"), (b"X-Version", b"1"))
    made.plane.send(exchange("/invoices/1", b'{"total": "1.00"}', primary="candidate", fields=fields))
    until(lambda: made.legacy.seen or None)
    time.sleep(0.3)
    lag(made, "0")
    made.settled(1)
    assert made.evidence().wrong_amounts == 1


def lag(made: Rig, seconds: str) -> None:
    """What control would write after it probed."""
    with made.ledger.begin() as connection:
        put_lag(connection, "reads", Decimal(seconds), time.time_ns())


def test_the_candidate_as_primary_is_still_the_right_hand_side(rig: MakeRig) -> None:
    made = rig(legacy=says(b'{"total": "10.00"}'), candidate=says(b'{"total": "10.01"}', version="5"))
    fields = ((b"Content-Type", b"application/json"), (b"X-Version", b"5"))
    made.plane.send(exchange("/invoices/1", b'{"total": "10.01"}', primary="candidate", fields=fields))
    made.settled(1)
    (found,) = made.divergences()
    assert (found.legacy, found.candidate) == ('"10.00"', '"10.01"')
    assert (found.severity, found.wrong_amounts) == ("money", 1)
    assert found.versions == ("5",)


def test_a_fallback_counts_against_the_candidate_and_nobody_is_asked(rig: MakeRig) -> None:
    made = rig()
    made.plane.send(exchange(primary="candidate", fallback=Failure("timeout", "after 5 s", 5_000_000_000)))
    made.settled(1)
    (cell,) = made.evidence().cells
    assert (cell.n, cell.k, cell.candidate_failed, cell.fallbacks) == (1, 1, 1, 1)
    assert made.legacy.seen == made.candidate.seen == []
    assert [(d.kind, d.cause, d.wrong_amounts) for d in made.divergences()] == [("failed", "timeout", 0)]


def test_a_primary_that_failed_is_a_failure_of_its_own(rig: MakeRig) -> None:
    made = rig()
    made.plane.send(exchange(failure=Failure("refused")))
    made.settled(1)
    (cell,) = made.evidence().cells
    assert (cell.n, dict(cell.failed), cell.candidate_failed) == (0, {"refused": 1}, 0)
    assert made.candidate.seen == []


def hangs(_: Seen) -> Steps:
    yield HANG


def resets(_: Seen) -> Steps:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    yield RESET


def ends_early(_: Seen) -> Steps:
    yield answer(b"half", JSON, length=100)
    yield CLOSE


def garbage(_: Seen) -> Steps:
    yield b"\x00\xff\x17 not HTTP at all\r\n\r\n"
    yield CLOSE


def bad_chunks(_: Seen) -> Steps:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n"
    yield CLOSE


def large(_: Seen) -> Steps:
    yield answer(b'"' + b"x" * (10 << 20) + b'"', JSON)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (hangs, "timeout"),
        (resets, "reset"),
        (ends_early, "reset"),
        (garbage, "malformed"),
        (bad_chunks, "malformed"),
        (large, "too-large"),
        (says(b"no", status="503 Service Unavailable"), "server-error"),
        (says(b'{"id": '), "undecodable"),
    ],
    ids=["hangs", "resets", "ends early", "garbage", "bad chunks", "10 MB", "5xx", "half a JSON"],
)
def test_a_candidate_without_a_comparable_answer_fails(rig: MakeRig, script: Script, reason: str) -> None:
    made = rig(candidate=script)
    made.plane.send(exchange())
    made.settled(1)
    (cell,) = made.evidence().cells
    assert (cell.n, cell.k, dict(cell.failed), cell.candidate_failed) == (1, 1, {reason: 1}, 1)
    assert [(d.kind, d.cause) for d in made.divergences()] == [("failed", reason)]


def test_a_candidate_that_is_down_refuses(rig: MakeRig) -> None:
    made = rig()
    made.candidate.close()
    made.plane.send(exchange())
    made.settled(1)
    assert dict(made.evidence().cells[0].failed) == {"refused": 1}


def test_trailers_of_one_side_are_no_difference(rig: MakeRig) -> None:
    made = rig(
        candidate=lambda _: iter((chunked(b'{"id": 1}', trailers=((b"X-Sum", b"1"),), fields=(JSON,)),))
    )
    made.plane.send(exchange(body=b'{"id": 1}'))
    made.settled(1)
    assert made.evidence().k == 0


def test_a_redirect_is_an_answer_and_not_followed(rig: MakeRig) -> None:
    made = rig(candidate=says(b"", ("Location", "/invoices/9"), status="302 Found"))
    fields = ((b"Content-Type", b"application/json"), (b"Location", b"/invoices/9"))
    made.plane.send(exchange(body=b"", status=302, fields=fields))
    made.settled(1)
    assert made.evidence().k == 0
    assert made.candidate.targets() == ["/invoices/1"]


def test_ids_that_map_one_to_one_are_equal_and_one_that_breaks_the_mapping_is_not(rig: MakeRig) -> None:
    def answers(seen: Seen) -> Steps:
        name = seen.target.rpartition("/")[2]
        yield answer(b'{"id": "%s"}' % {"1": b"a", "2": b"b", "3": b"a"}[name], JSON, ("X-Version", "1"))

    def legacy(seen: Seen) -> Steps:
        yield answer(b'{"id": "%s"}' % seen.target.rpartition("/")[2].encode(), JSON)

    made = rig(more="rules: [{identity: $.id}]", candidate=answers, legacy=legacy)
    for number in (1, 2, 1):
        made.plane.send(exchange(f"/invoices/{number}", b'{"id": "%d"}' % number))
    made.settled(3)
    assert made.evidence().k == 0
    made.plane.send(exchange("/invoices/3", b'{"id": "3"}'))
    made.settled(4)
    assert [(d.cause, d.location) for d in made.divergences()] == [("id", "body $.id")]


def test_labels_come_from_the_request_and_from_the_answer(rig: MakeRig) -> None:
    more = "strata: {country: {header: X-Country}, currency: {answer: $.currency}}"
    made = rig(more=more, candidate=says(b'{"currency": "EUR"}'))
    made.plane.send(exchange(body=b'{"currency": "EUR"}', strata={"country": "DE"}))
    made.settled(1)
    assert [cell.stratum for cell in made.evidence().cells] == ["country=DE,currency=EUR"]


def test_another_version_at_the_second_asking_says_nothing(rig: MakeRig) -> None:
    versions = iter(("1", "2"))
    made = rig(candidate=lambda _: iter((answer(b'{"id": 2}', JSON, ("X-Version", next(versions))),)))
    made.plane.send(exchange(body=b'{"id": 1}'))
    made.settled(1)
    assert made.divergences() == []


def test_a_route_s_answers_are_read_as_it_says(rig: MakeRig) -> None:
    """Compared by its columns, redacted by them, and labelled by them."""
    table = b"4711;EUR;10.00\n4712;EUR;20.00\n"
    more = (
        "  export: {match: GET /export, decode: {csv: {delimiter: ';', header: false, columns: [account, currency,"
        " amount], key: account}}}\n"
        "strata: {currency: {answer: '$[0].currency'}}\n"
        "redaction: {fields: ['$[*].account']}"
    )
    other = says(table.replace(b"20.00", b"20.01"))
    made = rig(more=more, routes="invoice, export", legacy=says(table), candidate=other)
    made.plane.send(exchange("/export", table, route="export", fields=((b"Content-Type", b"text/plain"),)))
    made.settled(1)
    (found,) = [each for each in made.divergences() if each.location.startswith("body")]
    assert (found.location, found.kind) == ("body $[*].amount", "changed")
    assert [cell.stratum for cell in made.evidence().cells] == ["currency=EUR"]
    with made.ledger.read() as connection:
        stored = exemplars(connection, found.id)
    text = repr(stored)
    assert "20.00" in text
    assert "4711" not in text
