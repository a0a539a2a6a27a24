"""Freeze windows: by the clocks of their zone, over changes of the clocks, deny before allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from strangler.config.freeze import FreezeWindow
from strangler.gate.freeze import Frozen, frozen

BERLIN = "Europe/Berlin"


def window(**keys: str) -> FreezeWindow:
    return FreezeWindow.model_validate(keys)


def at(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


MONTH_END = window(deny="0 0 28 * *", **{"for": "5d"}, zone=BERLIN, reason="month's end")
OFFICE = window(allow="0 9 * * MON-FRI", **{"for": "8h"}, zone=BERLIN)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-27T23:59:59", None),
        ("2026-11-28T00:00:00", "2026-12-03T00:00"),
        ("2026-12-02T23:59:59", "2026-12-03T00:00"),
        ("2026-12-03T00:00:00", None),
        ("2027-03-27T12:00:00", None),
        ("2027-03-28T12:00:00", "2027-04-02T01:00"),  # the clocks go forward; five days are 120 hours
    ],
)
def test_a_window_begins_by_the_clocks_of_its_zone_and_lasts(moment: str, expected: str | None) -> None:
    found = frozen([MONTH_END], at(moment))
    assert found == (None if expected is None else Frozen(0, at(expected)))


def test_where_there_is_an_allow_nothing_moves_outside_of_it() -> None:
    assert frozen([OFFICE], at("2026-11-20T09:00:00")) is None
    assert frozen([OFFICE], at("2026-11-20T16:59:00")) is None
    assert frozen([OFFICE], at("2026-11-20T17:00:00")) == Frozen(None, at("2026-11-23T09:00"))
    assert frozen([OFFICE], at("2026-11-21T12:00:00")) == Frozen(None, at("2026-11-23T09:00"))


def test_deny_beats_allow_and_the_end_is_when_something_may_really_move() -> None:
    assert frozen([OFFICE, MONTH_END], at("2026-11-30T10:00")) == Frozen(1, at("2026-12-03T09:00"))
    assert frozen([OFFICE, MONTH_END], at("2026-11-27T10:00")) is None


def test_windows_that_follow_on_one_another_are_one() -> None:
    days = window(deny="0 0 28-31 * *", **{"for": "1d"}, zone="UTC")
    assert frozen([days], at("2026-12-28T12:00", "UTC")) == Frozen(0, at("2027-01-01T00:00", "UTC"))
    always = window(deny="0 0 * * *", **{"for": "24h"})
    assert frozen([always], at("2026-12-28T12:00", "UTC")) == Frozen(0, None)
    never = [OFFICE, window(deny="* * * * *", **{"for": "1m"})]
    assert frozen(never, at("2026-11-20T10:00")) == Frozen(1, None)


def test_no_window_freezes_nothing() -> None:
    assert frozen([], at("2026-11-28T00:00")) is None


@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    day=st.sampled_from(["*", "1", "15", "28-31", "L"]),
    hours=st.integers(1, 100),
    zone=st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe"]),
    moment=st.integers(0, 2 * 365 * 24 * 60).map(
        lambda minutes: at("2026-01-01") + timedelta(minutes=minutes)
    ),
)
def test_looking_back_finds_what_looking_forward_finds(
    minute: int, hour: int, day: str, hours: int, zone: str, moment: datetime
) -> None:
    cron = f"{minute} {hour} {day} * *"
    long = timedelta(hours=hours)
    begins = CronSim(cron, (moment - long - timedelta(days=2)).astimezone(ZoneInfo(zone)))
    held = False
    for begin in begins:
        if begin > moment:
            break
        held = held or moment < begin.astimezone(UTC) + long
    found = frozen([window(deny=cron, **{"for": f"{hours}h"}, zone=zone)], moment)
    assert (found is not None) is held
    if found is not None and found.until is not None:
        assert found.until > moment


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"deny": "0 0 30 2 *", "for": "1d"}, "not a cron expression"),
        ({"deny": "soon", "for": "1d"}, "not a cron expression"),
        ({"deny": "0 0 1 * *"}, "required"),
        ({"deny": "0 0 1 * *", "allow": "0 0 1 * *", "for": "1d"}, "exactly one"),
        ({"for": "1d"}, "exactly one"),
        ({"deny": "0 0 1 * *", "for": "30s"}, "one minute"),
        ({"deny": "0 0 1 * *", "for": "500d"}, "366 days"),
        ({"deny": "0 0 1 * *", "for": "1d", "zone": "Mars/Olympus"}, "IANA"),
    ],
)
def test_what_is_no_window_is_refused(keys: dict[str, str], words: str) -> None:
    with pytest.raises((ValidationError, ValueError), match=words):
        window(**keys)
