"""What the causes about dates share: every way to read a value as a date."""

from __future__ import annotations

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


# The causes about dates ask about the same pair one after the other.
@lru_cache(maxsize=256)
def readings(left: str, right: str, zone: str) -> tuple[tuple[Reading, Reading], ...]:
    """Both texts as dates, in every pair of formats that can read them; empty where one is no date."""
    ways = _ways(left, zone)
    return tuple(product(ways, _ways(right, zone))) if ways else ()


def both(site: Site) -> tuple[tuple[Reading, Reading], ...]:
    """The readings of a difference between two texts."""
    left, right = site.left, site.right
    return readings(left, right, site.zone) if isinstance(left, str) and isinstance(right, str) else ()


def _ways(value: str, zone: str) -> list[Reading]:
    found: list[Reading] = []
    for written in guessed(value):
        try:
            moment = (written if written.tzinfo else written.replace(tzinfo=zone_of(zone))).astimezone(UTC)
        except OverflowError:
            continue
        found.append(Reading(written, moment, timed=":" in value))
    return found
