"""Cycles, and recordings of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from strangler.errors import UsageError
from strangler_shadow.recordings.cycle import cycle, moment, whole
from strangler_shadow.recordings.jsonl import read_jsonl
from strangler_shadow.recordings.recorded import Recorded, Unread

AFTER = 1_800_000_000_000_000_000


def recorded(at: str) -> Recorded | Unread:
    said = f', "at": "{at}"' if at else ""
    (found,) = read_jsonl([f'{{"request": {{"url": "/x"}}{said}}}'.encode()], "r.jsonl")
    return found


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2026-02", "2026-02-01T00:00Z", "2026-03-01T00:00Z"),
        ("2026-12", "2026-12-01T00:00Z", "2027-01-01T00:00Z"),
        ("2026-10-15/2026-11-14", "2026-10-15T00:00Z", "2026-11-15T00:00Z"),
    ],
)
def test_a_cycle_is_a_month_or_its_days(text: str, first: str, end: str) -> None:
    found = cycle(text)
    assert (found.first_ns, found.end_ns) == (moment(first), moment(end))


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-10-15", "2026-10-15/", "2026-11-14/2026-10-15"]
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no cycle"):
        cycle(text)


def test_a_recording_is_of_the_cycle_whole_and_alone() -> None:
    asked = cycle("2026-10")
    whole([recorded("2026-10-01T00:00:00Z"), recorded("2026-11-01T01:59:59+02:00")], asked, AFTER)
    for at, words in (
        ("2026-11-01T00:00:00Z", "is not of the cycle 2026-10"),
        ("2026-09-30T23:59:59Z", "is not of the cycle"),
        ("", "does not say when"),
        ("2026-10-05T00:00:00", "has no zone"),
        ("yesterday", "is no exchange"),
    ):
        with pytest.raises(UsageError, match=words):
            whole([recorded("2026-10-01T00:00:00Z"), recorded(at)], asked, AFTER)
    with pytest.raises(UsageError, match="is not over"):
        whole([], asked, asked.end_ns - 1)


def test_what_is_written_down_twice_fills_no_gap() -> None:
    asked = cycle("2026-10")
    once, later = recorded("2026-10-01T00:00:00Z"), recorded("2026-10-01T00:00:00.001Z")
    whole([once, later], asked, AFTER)
    assert isinstance(once, Recorded)
    again = replace(once, where="r.jsonl:9")
    with pytest.raises(UsageError, match=r"is the same as r\.jsonl:1, to the very time"):
        whole([once, later, again], asked, AFTER)
