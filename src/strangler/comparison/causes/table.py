"""The causes in the order in which they are asked: the first that fits is the cause."""

from __future__ import annotations

from typing import Final

from strangler.comparison.causes import (
    case,
    currency,
    date_format,
    day_boundary,
    identifier,
    minor_units,
    null_or_absent,
    order,
    rounding,
    scale,
    sign,
    time_zone,
    truncation,
    type_changed,
    whitespace,
)
from strangler.comparison.causes.dates import are_dates
from strangler.comparison.causes.site import KnownCause, Site, Subject
from strangler.comparison.model import UNEXPLAINED, Cause

KNOWN: Final[tuple[KnownCause, ...]] = (
    order.CAUSE,
    truncation.CAUSE,
    null_or_absent.CAUSE,
    scale.CAUSE,
    type_changed.CAUSE,
    sign.CAUSE,
    minor_units.CAUSE,
    date_format.CAUSE,
    day_boundary.CAUSE,
    time_zone.CAUSE,
    rounding.CAUSE,
    currency.CAUSE,
    whitespace.CAUSE,
    case.CAUSE,
    identifier.CAUSE,
)


_ASKED: Final[dict[Subject, tuple[KnownCause, ...]]] = {
    subject: tuple(known for known in KNOWN if subject in known.about)
    for subject in ("lone", "list", "type", "number", "date", "text", "value")
}


def cause_of(site: Site) -> Cause:
    """The cause of one difference, or `unexplained`."""
    for known in _ASKED[subject_of(site)]:
        detail = known.explain(site)
        if detail is not None:
            return Cause(known.code, detail)
    return UNEXPLAINED


def subject_of(site: Site) -> Subject:
    """What the difference is about; a number is one even where its type changed with it."""
    if site.kind in {"missing", "extra"}:
        return "lone"
    if site.kind in {"order", "length"}:
        return "list"
    if site.numbers is not None:
        return "number"
    if site.kind == "type":
        return "type"
    if isinstance(site.left, str) and isinstance(site.right, str):
        return "date" if are_dates(site.left, site.right, site.zone) else "text"
    return "value"
