"""Many pairs, one result: what differs, grouped as divergences, with counts. It grows with the divergences only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from strangler.comparison.context import Context
from strangler.comparison.fingerprint import Fingerprint, fingerprint
from strangler.comparison.learning.claims import Claim
from strangler.comparison.learning.learner import Learner
from strangler.comparison.learning.sight import Sight, learned
from strangler.comparison.learning.table import claims_of
from strangler.comparison.model import Answer, Difference, Outcome, Severity
from strangler.comparison.observations import Observations, settle
from strangler.comparison.rules import Rules
from strangler_cli.formats.outcome import place_of, side_text
from strangler_cli.pairing.pair import Lone, Unread
from strangler_cli.pairing.united import united

MOST: Final = 5_000
"""Divergences that are told apart; differences of any further one are only counted."""
EXAMPLES: Final = 3
ROUTES: Final = 64
"""Routes about which anything is learned; of further ones every pair is judged by itself."""
SHOWN: Final = 100
"""Names kept of what stands on one side only and of what cannot be read."""
RANK: Final[dict[Severity, int]] = {"money": 0, "major": 1, "minor": 2, "info": 3}
"""Worst first."""


@dataclass(frozen=True, slots=True)
class Example:
    """One difference in one pair, values as text."""

    pair: str
    place: str
    legacy: str
    candidate: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Both answers of a pair, and what they were compared by: what is learned from.

    `first`: the outcome before both sides were asked again, where they were.
    """

    legacy: Answer
    candidate: Answer
    rules: Rules
    context: Context
    first: Outcome | None = None


@dataclass(slots=True)
class Group:
    """One divergence of the run. `drift`: candidate minus legacy, summed per currency.

    `claims`: what many pairs have told of it. `merged`: fingerprints of what they have shown to be part of it.
    """

    mark: Fingerprint
    severity: Severity
    detail: str
    pairs: int = 0
    differences: int = 0
    drift: dict[str, Decimal] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    claims: tuple[Claim, ...] = ()
    merged: tuple[str, ...] = ()

    @property
    def cause(self) -> str:
        """The learned cause, else what a single pair tells."""
        return self.claims[0].code if self.claims else self.mark.cause

    def add(self, name: str, members: list[Difference]) -> None:
        """All differences of this divergence in one pair."""
        self.pairs += 1
        self.differences += len(members)
        for each in members:
            if each.drift is not None:
                currency = each.currency or ""
                self.drift[currency] = self.drift.get(currency, Decimal(0)) + each.drift
        if len(self.examples) < EXAMPLES:
            first = members[0]
            self.examples.append(
                Example(name, place_of(first), side_text(first, "extra"), side_text(first, "missing"))
            )


@dataclass(slots=True)
class Tally:
    """`unlisted`: differences that are in no group. `skipped`: what was not compared on purpose, by why.

    `known`: ids paired so far, for `identity` rules. `recorded`: comparisons that are in the ledger; None where none
    was to be.
    """

    pairs: int = 0
    equal: int = 0
    different: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    groups: dict[str, Group] = field(default_factory=dict)
    unlisted: int = 0
    silenced: Counter[str] = field(default_factory=Counter)
    lone: dict[str, list[str]] = field(default_factory=lambda: {"legacy": [], "candidate": []})
    lone_count: Counter[str] = field(default_factory=Counter)
    unread: list[Unread] = field(default_factory=list)
    unread_count: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    known: Observations = field(default_factory=Observations)
    recorded: int | None = None
    learners: dict[str, Learner] = field(default_factory=dict)

    def judged(self, name: str, route: str, compared: Outcome, pair: Judged | None = None) -> None:
        """One pair's outcome. Without the `pair` nothing is learned from it."""
        outcome = settle(compared, self.known)
        if pair is not None:
            self._learn(route, outcome, pair)
        self.known.learn(outcome.pairings)
        self.pairs += 1
        self.silenced.update(outcome.silenced)
        self.unlisted += outcome.unlisted
        if outcome.verdict == "equal":
            self.equal += 1
        elif outcome.verdict == "different":
            self.different += 1
        else:
            self.failed[str(outcome.failure)] += 1
        members: dict[str, tuple[Fingerprint, list[Difference]]] = {}
        for difference in outcome.differences:
            mark = fingerprint(route, difference)
            members.setdefault(mark.digest, (mark, []))[1].append(difference)
        for digest, (mark, found) in members.items():
            self._group(digest, mark, found, name)

    def _learn(self, route: str, outcome: Outcome, pair: Judged) -> None:
        if outcome.verdict == "failed" or (route not in self.learners and len(self.learners) >= ROUTES):
            return
        learner = self.learners.setdefault(route, Learner())
        counts = outcome.differences
        found = counts if pair.first is None else pair.first.differences
        whole = not outcome.unlisted
        sight = Sight(route, pair.legacy, pair.candidate, found, counts, pair.rules, pair.context, whole)
        learner.take(sight, learned(sight, learner.watched, learner.kept))

    def _group(self, digest: str, mark: Fingerprint, found: list[Difference], name: str) -> None:
        group = self.groups.get(digest)
        if group is None:
            if len(self.groups) >= MOST:
                self.unlisted += len(found)
                return
            group = self.groups[digest] = Group(mark, found[0].severity, found[0].cause.detail)
        group.add(name, found)

    def alone(self, entry: Lone) -> None:
        """What stands on one side only."""
        self.lone_count[entry.side] += 1
        if len(self.lone[entry.side]) < SHOWN:
            self.lone[entry.side].append(entry.name)

    def not_read(self, entry: Unread) -> None:
        """What is no pair."""
        self.unread_count += 1
        if len(self.unread) < SHOWN:
            self.unread.append(entry)

    def ranked(self) -> list[Group]:
        """Divergences, money first, then by how many pairs have them; what was learned to be one is one."""
        claims = [claim for learner in self.learners.values() for claim in claims_of(learner.known)]
        return sorted(
            united(self.groups, claims).values(),
            key=lambda group: (
                RANK[group.severity],
                -group.pairs,
                group.mark.route,
                group.mark.location,
                group.mark.digest,
            ),
        )

    @property
    def exit_code(self) -> int:
        """2 where something could not be read, or nothing was compared; 1 where something differs; else 0."""
        unreadable = sum(self.failed[reason] for reason in ("undecodable", "too-large"))
        if self.unread_count or unreadable or not self.pairs + self.lone_count.total():
            return 2
        return 1 if self.different or self.failed or self.lone_count.total() else 0
