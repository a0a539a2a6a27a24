"""A billing cycle, and whether a recording is of it: every exchange with its time, none outside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b

import msgspec

from strangler.errors import UsageError
from strangler_shadow.recordings.recorded import Recorded, Unread


@dataclass(frozen=True, slots=True)
class Cycle:
    """From `first_ns` up to and without `end_ns`, Unix nanoseconds. `name`: as it was asked for."""

    name: str
    first_ns: int
    end_ns: int


def cycle(text: str) -> Cycle:
    """A month (`2026-10`), or its first and last day (`2026-10-15/2026-11-14`), in UTC. Raises UsageError."""
    first, slash, last = text.partition("/")
    try:
        begins = date.fromisoformat(first if slash else f"{text}-01")
        ends = date.fromisoformat(last) if slash else (begins + timedelta(31)).replace(day=1) - timedelta(1)
    except ValueError:
        begins, ends = date.max, date.min
    if ends < begins:
        remedy = "a month such as 2026-10, or its first and last day such as 2026-10-15/2026-11-14"
        raise UsageError(f"{text!r} is no cycle", where="--census", remedy=remedy)
    return Cycle(text, _ns(begins), _ns(ends + timedelta(1)))


def _ns(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000_000


def whole(recorded: Iterable[Recorded | Unread], asked: Cycle, now_ns: int) -> None:
    """Raises UsageError unless the cycle is over and every exchange can be read, has its time, lies in it, and is there
    once: one written down twice would fill the place of one that is missing.
    """
    if asked.end_ns > now_ns:
        raise UsageError(f"the cycle {asked.name} is not over", where="--census", remedy="wait for its end")
    found: dict[bytes, str] = {}
    for each in recorded:
        if isinstance(each, Unread):
            raise _refused(
                each.where, each.why, "a census is of everything that was asked: mend the recording"
            )
        if not each.at_ns:
            remedy = "write each exchange's time (`at`, with its zone; in a HAR `startedDateTime`)"
            raise _refused(each.where, "does not say when it was asked", remedy)
        if not asked.first_ns <= each.at_ns < asked.end_ns:
            raise _refused(each.where, f"is not of the cycle {asked.name}", "record the cycle, and it alone")
        if (before := found.setdefault(_mark(each), each.where)) != each.where:
            remedy = "write each exchange once, and its time (`at`) to the fraction of a second"
            raise _refused(each.where, f"is the same as {before}, to the very time", remedy)


def _mark(recorded: Recorded) -> bytes:
    said = msgspec.msgpack.encode((recorded.at_ns, recorded.request, recorded.response))
    return blake2b(said, digest_size=16).digest()


def _refused(where: str, why: str, remedy: str) -> UsageError:
    return UsageError(why, where=where, remedy=remedy)


def moment(text: object) -> int:
    """An ISO 8601 time with its zone, as Unix nanoseconds; 0 for none. Raises ValueError."""
    if text is None:
        return 0
    at = datetime.fromisoformat(str(text))
    if at.tzinfo is None:
        raise ValueError(f"the time {text} has no zone")
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000
