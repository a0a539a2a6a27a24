"""The same date or moment, written in another format."""

from __future__ import annotations

from strangler.comparison.causes.dates import both
from strangler.comparison.causes.site import Example, KnownCause, Site


def explain(site: Site) -> str | None:
    """Fits two texts that name the same moment; midnight and a bare date are the same day."""
    for left, right in both(site):
        if left.moment == right.moment and left.written.utcoffset() == right.written.utcoffset():
            return "the same date in another format"
        if left.timed != right.timed and left.written.replace(tzinfo=None) == right.written.replace(
            tzinfo=None
        ):
            return "the same date, with a time on one side"
    return None


CAUSE = KnownCause(
    code="date-format",
    about=frozenset({"date"}),
    explain=explain,
    good=(
        Example({"issued": "31.01.2026"}, {"issued": "2026-01-31"}),
        Example({"issued": "2026-01-31"}, {"issued": "2026-01-31T00:00:00Z"}),
        Example({"issued": "03/04/2026"}, {"issued": "2026-04-03"}),
    ),
    bad=(
        Example({"issued": "31.01.2026"}, {"issued": "2026-02-01"}),
        Example({"issued": "soon"}, {"issued": "later"}),
    ),
)
