"""The learner of one route: what it has been shown, what it watches, and the latest pairs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from strangler.comparison.learning.enums import open_questions
from strangler.comparison.learning.evidence import Learned
from strangler.comparison.learning.sight import NOTHING, Sight, Watched

KEPT: Final = 64
"""Latest pairs that are kept, to be read again where a name changes for the first time."""
KEPT_BYTES: Final = 1 << 18
"""Bytes of their bodies; a pair that would take a quarter of them is not kept."""


class Learner:
    """Bounded. `known`: what its own pairs have shown. `watched`: places where nothing speaks against a renamed
    enumeration yet.
    """

    __slots__ = ("_bytes", "_hinted", "_kept", "_most", "known", "watched")

    def __init__(self, kept: int = KEPT, kept_bytes: int = KEPT_BYTES) -> None:
        self._most = kept, kept_bytes
        self.known = Learned()
        self.watched = NOTHING
        self._hinted: frozenset[str] = frozenset()
        self._kept: deque[Sight] = deque()
        self._bytes = 0

    @property
    def kept(self) -> tuple[Sight, ...]:
        """The latest pairs."""
        return tuple(self._kept)

    def take(self, sight: Sight, evidence: Learned | None) -> None:
        """A pair, and what `learned` has made of it."""
        if evidence:
            self.known.add(evidence)
            self._watch()
        most, most_bytes = self._most
        if sight.size <= most_bytes // 4:
            self._kept.append(sight)
            self._bytes += sight.size
        while len(self._kept) > most or self._bytes > most_bytes:
            self._bytes -= self._kept.popleft().size

    def hint(self, elsewhere: Iterable[str]) -> None:
        """Watch these places too: others have seen a name change there."""
        self._hinted = frozenset(elsewhere)
        self._watch()

    def _watch(self) -> None:
        known = self.known
        decided = known.unfit.keys() | known.places.keys()
        questions = open_questions(known)
        hinted = self._hinted - decided
        self.watched = Watched(questions | hinted, frozenset(decided - questions), known.full)
