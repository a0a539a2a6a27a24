"""A date one day off: taken in one time zone on one side and in another on the other, around midnight."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from strangler.comparison.causes.dates import both
from strangler.comparison.causes.site import Example, KnownCause, Site

_DAY: Final = timedelta(days=1)


def explain(site: Site) -> str | None:
    """Fits two dates, or two moments at the same time of day, that are one day apart."""
    for left, right in both(site):
        if abs(left.written.date() - right.written.date()) != _DAY:
            continue
        if not (left.timed and right.timed) or abs(left.moment - right.moment) == _DAY:
            return "the date is one day off"
    return None


CAUSE = KnownCause(
    code="day-boundary",
    about=frozenset({"date"}),
    explain=explain,
    good=(
        Example({"issued": "2026-01-31"}, {"issued": "2026-02-01"}),
        Example({"issued": "31.01.2026"}, {"issued": "2026-02-01"}),
        Example({"issued": "2026-01-31T10:00:00Z"}, {"issued": "2026-02-01T10:00:00Z"}),
    ),
    bad=(
        Example({"issued": "2026-01-31"}, {"issued": "2026-02-02"}),
        Example({"issued": "2026-01-31T23:30:00"}, {"issued": "2026-02-01T00:30:00"}),
    ),
)
