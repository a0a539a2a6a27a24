"""What the causes about dates share: every way to read a value as a date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import product

from strangler.comparison.causes.site import Site
from strangler.comparison.instants import guessed, zone_of


@dataclass(frozen=True, slots=True)
class Reading:
    """A value read as a date. `timed`: it names a time of day; `moment` is in UTC."""

    written: datetime
    moment: datetime
    timed: bool


def are_dates(left: str, right: str, zone: str) -> bool:
    """Whether both texts can be read as dates."""
    return bool(_ways(left, zone) and _ways(right, zone))


def readings(site: Site) -> Iterator[tuple[Reading, Reading]]:
    """Both values as dates, in every pair of formats that can read them."""
    if isinstance(site.left, str) and isinstance(site.right, str):
        yield from product(_ways(site.left, site.zone), _ways(site.right, site.zone))


# Three causes ask about the same value one after the other.
@lru_cache(maxsize=256)
def _ways(value: str, zone: str) -> list[Reading]:
    found: list[Reading] = []
    for written in guessed(value):
        try:
            moment = (written if written.tzinfo else written.replace(tzinfo=zone_of(zone))).astimezone(UTC)
        except OverflowError:
            continue
        found.append(Reading(written, moment, timed=":" in value))
    return found
