"""What the causes about dates share: every way to read a value as a date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

from strangler.comparison.causes.site import Site
from strangler.comparison.instants import GUESSES, read, zone_of


@dataclass(frozen=True, slots=True)
class Reading:
    """A value read as a date. `timed`: it names a time of day; `moment` is in UTC."""

    written: datetime
    moment: datetime
    timed: bool


def readings(site: Site) -> Iterator[tuple[Reading, Reading]]:
    """Both values as dates, in every pair of formats that can read them (03/04 is a day in March or in April)."""
    if not isinstance(site.left, str) or not isinstance(site.right, str):
        return
    yield from product(_ways(site.left, site.zone), _ways(site.right, site.zone))


def _ways(value: str, zone: str) -> list[Reading]:
    found: list[Reading] = []
    for form in GUESSES:
        written = read(value, form)
        if written is None:
            continue
        try:
            moment = (written if written.tzinfo else written.replace(tzinfo=zone_of(zone))).astimezone(UTC)
        except OverflowError:
            continue
        found.append(Reading(written, moment, timed=":" in value))
    return found
