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
    mojibake,
    null_or_absent,
    order,
    pagination,
    rounding,
    scale,
    sign,
    time_zone,
    truncation,
    type_changed,
    unicode_form,
    whitespace,
)
from strangler.comparison.causes.dates import readings
from strangler.comparison.causes.site import KnownCause, Site, Subject
from strangler.comparison.model import UNEXPLAINED, Cause

KNOWN: Final[tuple[KnownCause, ...]] = (
    order.CAUSE,
    pagination.CAUSE,
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
    unicode_form.CAUSE,
    mojibake.CAUSE,
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
    """What the difference is about; a number is one even where its type changed with it, an empty text is a value."""
    kind = site.kind
    if kind != "changed":
        if kind in {"missing", "extra"}:
            return "lone"
        if kind in {"order", "length"}:
            return "list"
    if site.numbers is not None:
        return "number"
    if kind == "type":
        return "type"
    left, right = site.left, site.right
    if isinstance(left, str) and isinstance(right, str) and left and right:
        return "date" if readings(left, right, site.zone) else "text"
    return "value"
