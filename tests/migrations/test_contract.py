"""Whether a migration may contract: the window and the verdict as pure functions, the proof on a real server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler.gate import Verdict
from strangler_migrations.brownout import Brownout
from strangler_migrations.contract import Case, Need, Policy, Proof, judge, prove
from strangler_migrations.contract.model import LAX
from strangler_migrations.contract.window import begins, opens
from strangler_migrations.migration import parse
from strangler_migrations.readers import Acknowledgement, OldForm, Seen, Standing, Unknown
from strangler_migrations.running import lifecycle
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 2, tzinfo=UTC)
FORM = OldForm("07_amounts", "public", "public_07_amounts", "public_06_x", ("invoices",))
KNOWN = Standing(FORM, (), (), None, LONG_AGO, NOW, blind=False, now=NOW)
PROOF = Proof("equal", NOW - timedelta(hours=1), 10)
GOOD = Case(KNOWN, LONG_AGO, PROOF, (), Policy())


def seen(days: int, application: str = "dunning", address: str = "10.0.0.1") -> Seen:
    at = NOW - timedelta(days=days)
    return Seen("writes", "app", application, address, at, at)


def codes(verdict: Verdict) -> list[tuple[str, str]]:
    return [(reason.code, reason.status) for reason in verdict.reasons]


def standing(**changes: Any) -> Case:
    return replace(GOOD, standing=replace(KNOWN, **changes))


def test_nothing_in_the_way() -> None:
    assert judge(GOOD).status == "pass"


def test_who_was_seen_within_the_window_blocks_and_who_was_before_does_not() -> None:
    verdict = judge(standing(seen=(seen(3), seen(5, address="10.0.0.2"), seen(40, "old"))))
    assert codes(verdict) == [("old-reader", "blocked")]
    (reason,) = verdict.reasons
    assert reason.measured == (
        "app (dunning, 10.0.0.1) and 1 more addresses uses the old form: writes it, last 2026-03-17 12:00 UTC"
    )
    assert reason.required == "nobody since 2026-02-17 12:00 UTC (31 d, with a month's end)"
    assert reason.remedy == (
        "move it to public_07_amounts; if it is not seen again, from 2026-04-17 12:00 UTC on"
    )
    assert verdict.exit_code == 1


def test_a_window_that_was_not_looked_at_whole_is_waited_for() -> None:
    verdict = judge(standing(since=NOW - timedelta(days=4)))
    assert codes(verdict) == [("window", "frozen")]
    assert verdict.exit_code == 4
    assert "wait until 2026-04-16 12:00 UTC; `strangler serve`" in verdict.reasons[0].remedy
    assert codes(judge(standing(since=None))) == [("window", "insufficient")]
    # Of tables alone, writers are noted since the start, and readers are unknown anyway.
    assert codes(judge(standing(since=None, form=replace(FORM, previous=None)))) == []


def test_what_is_unknown_is_in_the_way_until_it_is_acknowledged() -> None:
    word = Acknowledgement("ann", "asked them", NOW)
    slot, table = Unknown("slot cdc", "sends it on"), Unknown("base-tables", "clients", "", word)
    verdict = judge(standing(unknown=(slot, table)))
    assert codes(verdict) == [("unknown-reader", "insufficient")]
    assert verdict.reasons[0].remedy == "`strangler migrate readers acknowledge 'slot cdc' --reason TEXT`"
    assert verdict.exit_code == 3
    assert "it is another since" in judge(standing(unknown=(replace(slot, stale=True),))).reasons[0].measured


@pytest.mark.parametrize(
    ("proof", "code"),
    [
        (None, ("parity", "insufficient")),
        (Proof("different", NOW, 10, 2, "invoices (7)"), ("parity", "blocked")),
        (Proof("unfinished", NOW), ("parity", "insufficient")),
        (Proof("equal", NOW - timedelta(hours=25), 10), ("parity", "insufficient")),
    ],
)
def test_forms_that_are_not_proven_to_agree(proof: Proof | None, code: tuple[str, str]) -> None:
    assert codes(judge(replace(GOOD, proof=proof))) == [code]


def test_a_proof_from_before_this_start_proves_nothing() -> None:
    begun = NOW - timedelta(minutes=5)
    found = codes(judge(replace(GOOD, begun=begun, policy=replace(GOOD.policy, window=timedelta(0)))))
    assert found == [("parity", "insufficient")]


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        ("legacy", [("kept", "frozen")]),
        ("canary", [("kept", "frozen")]),
        ("candidate", []),
        ("retired", []),
        (None, [("kept", "insufficient")]),
    ],
)
def test_a_cutover_that_keeps_the_old_form(phase: str | None, expected: list[tuple[str, str]]) -> None:
    verdict = judge(replace(GOOD, needs=(Need("reads", "candidate", phase),)))
    assert codes(verdict) == expected
    if phase == "canary":
        (reason,) = verdict.reasons
        assert reason.measured == "the cutover `reads` needs the old form, and is in canary"
        assert reason.required == "candidate, or a later phase"


def test_without_a_configuration_only_what_is_now_is_in_the_way_and_the_rest_is_told() -> None:
    lax = replace(
        standing(since=None, unknown=(Unknown("base-tables", "clients"),), seen=(seen(1),)), policy=LAX
    )
    assert (codes(judge(lax)), len(judge(lax).notes)) == ([], 2)
    at_it = replace(lax.standing, seen=(seen(0),))
    assert codes(judge(replace(lax, standing=at_it))) == [("old-reader", "blocked")]
    assert codes(judge(replace(lax, proof=None))) == [("parity", "insufficient")]


def test_a_brownout_at_work_is_waited_for_one_that_refused_blocks_and_a_quiet_one_is_told() -> None:
    began, until = NOW - timedelta(minutes=9), NOW - timedelta(minutes=4)
    quiet = Brownout(began, until, until, "ann", "CHG-1", 0)
    assert judge(replace(GOOD, brownout=quiet)).notes == (
        "a brownout of 300 s at 2026-03-20 11:51 UTC refused nobody",
    )
    assert judge(replace(GOOD, brownout=replace(quiet, ended=None))).status == "pass", (
        "over, and not put back"
    )
    at_work = replace(quiet, ended=None, until=NOW + timedelta(minutes=1))
    assert codes(judge(replace(GOOD, brownout=at_work))) == [("brownout", "frozen")]
    verdict = judge(replace(GOOD, brownout=replace(quiet, refused=3)))
    assert codes(verdict) == [("old-reader", "blocked")]
    assert "3 statements of the old form were refused" in verdict.reasons[0].measured
    old = Brownout(LONG_AGO, LONG_AGO, LONG_AGO, "ann", "CHG-1", 3)
    assert judge(replace(GOOD, brownout=old)).status == "pass"


def test_what_takes_nothing_from_anybody_asks_for_nothing() -> None:
    nothing = replace(KNOWN, form=OldForm("m", "public", "v", None, ()), since=None)
    assert judge(Case(nothing, NOW, None, (), Policy())).status == "pass"


MOMENTS = st.integers(0, 15 * 365 * 24 * 60).map(lambda minute: LONG_AGO + timedelta(minutes=minute))
POLICIES = st.builds(
    Policy,
    st.integers(1, 100 * 24).map(lambda hours: timedelta(hours=hours)),
    st.booleans(),
    st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/St_Johns"]),
)


@given(POLICIES, MOMENTS)
def test_it_opens_exactly_when_the_window_is_over(policy: Policy, since: datetime) -> None:
    opened = opens(policy, since)
    assert begins(policy, opened) >= since
    assert begins(policy, opened - timedelta(microseconds=1)) < since


@given(POLICIES, MOMENTS)
def test_a_window_is_long_enough_and_has_a_months_end(policy: Policy, now: datetime) -> None:
    start = begins(policy, now)
    assert now - start >= policy.window
    if policy.month_end:
        local = [at.astimezone(ZoneInfo(policy.zone)).date() for at in (start, now)]
        days = {(local[0] + timedelta(days=day)).day for day in range((local[1] - local[0]).days + 1)}
        assert {1, 2, 3} <= days
        assert days & {28, 29, 30, 31}


def test_a_window_of_a_week_waits_for_the_months_end() -> None:
    week = Policy(timedelta(days=7))
    assert begins(week, NOW) == datetime(2026, 2, 28, tzinfo=UTC)
    assert begins(week, datetime(2026, 3, 3, 23, tzinfo=UTC)) == datetime(2026, 1, 31, tzinfo=UTC)
    assert begins(Policy(timedelta(days=7), month_end=False), NOW) == NOW - timedelta(days=7)


AMOUNTS = """
operations:
  - alter_column:
      {table: 'the "bills', column: amount, type: bigint, up: amount * 100, down: amount / 100}
  - add_column: {table: 'the "bills', up: "'EUR'", column: {name: currency, type: text}}
"""


@pytest.mark.postgres
def test_both_forms_of_every_row_are_compared_and_what_bypassed_the_triggers_is_found(
    session: Session,
) -> None:
    session.connection.execute(
        'CREATE TABLE "the ""bills" (a int, b text, amount int NOT NULL, PRIMARY KEY (a, b));'
        " INSERT INTO \"the \"\"bills\" SELECT i, 'it''s', i FROM generate_series(1, 50) i"
    )
    record = lifecycle.start(session, parse(AMOUNTS, Path("01_x.yaml")), Throttle(), lambda *_: None)
    assert (prove(session, record).verdict, prove(session, record).rows) == ("equal", 50)
    with session.connection.transaction():
        session.connection.execute("SET LOCAL search_path = public_01_x, public")
        session.connection.execute('UPDATE "the ""bills" SET amount = 150, currency = \'USD\' WHERE a = 2')
    assert prove(session, record).verdict == "equal", "what `down` rounds is no disagreement"
    session.connection.execute('ALTER TABLE public."the ""bills" DISABLE TRIGGER USER')
    session.connection.execute('UPDATE public."the ""bills" SET amount = 9 WHERE a = 7')
    found = prove(session, record)
    assert (found.verdict, found.apart, found.example) == ("different", 1, "the \"bills (7,it's)")
    session.connection.execute('UPDATE public."the ""bills" SET _strangler_synced = NULL WHERE a = 8')
    assert prove(session, record).apart == 2
