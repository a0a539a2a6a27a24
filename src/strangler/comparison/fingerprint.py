"""Which differences are one divergence: route, location without what is data, kind and cause, and nothing else.

What is data in a location (list positions, keys of a dictionary) the difference's `pattern` has already left out;
where a parent lost more members than any version drops, it ends in a wildcard, so they are one divergence. Only
causes that a single pair tells enter; learned ones merge divergences later.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import msgspec

from strangler.comparison.model import Difference, Kind, Location

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`digest`: 16 hex digits, the same on every machine for the same `version`. `location` is the pattern as text."""

    digest: str
    version: int
    route: str
    location: str
    kind: Kind
    cause: str


def fingerprint(route: str, difference: Difference) -> Fingerprint:
    """The divergence a difference belongs to."""
    path = difference.pattern if difference.pattern is not None else difference.location.path
    location = str(Location(difference.location.part, path))
    cause = difference.cause.code
    named = msgspec.json.encode([VERSION, route, location, difference.kind, cause])
    return Fingerprint(
        digest=hashlib.sha256(named).hexdigest()[:16],
        version=VERSION,
        route=route,
        location=location,
        kind=difference.kind,
        cause=cause,
    )
