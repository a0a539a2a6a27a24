"""What a worker's pairs show over time: a learner per route and epoch, and evidence without what must not be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from strangler.comparison.learning.evidence import Learned
from strangler.comparison.learning.learner import Learner
from strangler.comparison.learning.places import pattern_of
from strangler.comparison.learning.sight import Sight, Watched, learned
from strangler.comparison.model import Outcome, Path
from strangler.exchange import Response
from strangler.redaction import Redactor
from strangler_shadow.worker.case import Case
from strangler_shadow.worker.verdict import answer_of

_KEPT: Final = 16
_KEPT_BYTES: Final = 1 << 16
_LEARNERS: Final = 256
"""Learners at once; the one that was asked for first goes, and what it watched is learned anew from the ledger."""

type Key = tuple[str, str]
"""The digest of an epoch, and a route."""


class Learners:
    """The ledger has the sum; this is what one process needs to know where to look. Of the loop alone."""

    def __init__(self) -> None:
        self._known: dict[Key, Learner] = {}
        self._hints: Mapping[Key, frozenset[str]] = {}

    def of(self, digest: str, route: str) -> Learner:
        """The learner of a route in an epoch."""
        key = (digest, route)
        learner = self._known.get(key)
        if learner is None:
            if len(self._known) >= _LEARNERS:
                del self._known[next(iter(self._known))]
            learner = self._known[key] = Learner(_KEPT, _KEPT_BYTES)
            learner.hint(self._hints.get(key, ()))
        return learner

    @property
    def digests(self) -> frozenset[str]:
        """The epochs that anything is learned about."""
        return frozenset(digest for digest, _ in self._known)

    def hint(self, places: Mapping[Key, frozenset[str]]) -> None:
        """Where workers, this one too, have seen a name change."""
        self._hints = places
        for key, learner in self._known.items():
            learner.hint(places.get(key, ()))


def sight_of(case: Case, outcome: Outcome) -> Sight | None:
    """A judged case as something to learn from; None where there are no two answers that count."""
    legacy, candidate = case.answer("legacy"), case.answer("candidate")
    if outcome.verdict == "failed" or not isinstance(legacy, Response) or not isinstance(candidate, Response):
        return None
    found = outcome if case.first is None else case.first
    return Sight(
        case.exchange.route,
        answer_of(legacy),
        answer_of(candidate),
        found.differences,
        outcome.differences,
        case.yardstick.rules,
        case.yardstick.context,
        whole=not found.unlisted,
    )


def evidence(sight: Sight, watched: Watched, before: Sequence[Sight], redactor: Redactor) -> Learned:
    """What one pair shows, redacted. Pure."""
    return redacted(
        learned(sight, watched, before, lambda text: redactor.token(text, "learned")),
        redactor,
    )


def redacted(shown: Learned, redactor: Redactor) -> Learned:
    """Without names that hold what must not be kept: what redaction would change is no enumeration's value."""
    for place, values in list(shown.places.items()):
        names = {*values.same, *values.changed, *(name for each in values.changed.values() for name in each)}
        path = _path(place)
        if not _plain(place, redactor) or any(redactor.node(name, path) != name for name in names):
            shown.rule_out(place, "redacted")
    for place in [place for place in shown.unfit if not _plain(place, redactor)]:
        del shown.unfit[place]
    for lone in (shown.missing, shown.extra):
        for field in [field for field in lone if not _plain(field, redactor)]:
            del lone[field]
    return shown


def _plain(place: str, redactor: Redactor) -> bool:
    """Whether a place may be kept as it is: nothing secret, and no half of a character, which no text holds."""
    return redactor.text(place) == place and not any("\ud800" <= letter <= "\udfff" for letter in place)


def _path(place: str) -> Path:
    return tuple(segment.choices[0] for segment in pattern_of(place) or ())
