"""Two answers to one question, from wherever they come; or why there are no two."""

from __future__ import annotations

from dataclasses import dataclass

from strangler.comparison.model import Answer
from strangler.exchange import Side
from strangler_shadow.recordings.recorded import Unread


@dataclass(frozen=True, slots=True)
class Pair:
    """`name` is for people; `route` is what divergences are counted under, empty where the source has none."""

    name: str
    route: str
    legacy: Answer
    candidate: Answer


@dataclass(frozen=True, slots=True)
class Lone:
    """What stands on one side only."""

    name: str
    side: Side


type Entry = Pair | Lone | Unread

__all__ = ["Entry", "Lone", "Pair", "Unread"]
