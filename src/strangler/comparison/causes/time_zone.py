"""The same moment told in another zone, or the same clock taken for another zone's."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from strangler.comparison.causes.dates import both
from strangler.comparison.causes.site import Example, KnownCause, Site

_QUARTER: Final = timedelta(minutes=15)
_WIDEST: Final = timedelta(hours=14)
_NONE: Final = timedelta(0)


def explain(site: Site) -> str | None:
    """Fits two times that are the same moment under other offsets, or whole quarters of an hour apart, at most 14 h."""
    for left, right in both(site):
        if not (left.timed and right.timed):
            continue
        apart = abs(left.moment - right.moment)
        if apart == _NONE:
            return "the same moment under another offset"
        if apart <= _WIDEST and apart % _QUARTER == _NONE:
            return f"{apart} apart, as time zones are"
    return None


CAUSE = KnownCause(
    code="time-zone",
    about=frozenset({"date"}),
    explain=explain,
    good=(
        Example({"at": "2026-01-31T23:30:00Z"}, {"at": "2026-02-01T00:30:00+01:00"}),
        Example({"at": "2026-01-31T23:30:00"}, {"at": "2026-02-01T00:30:00"}),
    ),
    bad=(Example({"at": "2026-01-31T23:30:00Z"}, {"at": "2026-01-31T23:30:07Z"}),),
)
