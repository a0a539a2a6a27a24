"""Many pairs, one result: what differs, grouped as divergences, with counts. It grows with the divergences only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from strangler.comparison.fingerprint import Fingerprint, fingerprint
from strangler.comparison.model import Difference, Outcome, Severity
from strangler.comparison.observations import Observations, settle
from strangler_cli.formats.outcome import place_of, side_text
from strangler_cli.pairing.pair import Lone, Unread

MOST: Final = 5_000
"""Divergences that are told apart; differences of any further one are only counted."""
EXAMPLES: Final = 3
SHOWN: Final = 100
"""Names kept of what stands on one side only and of what cannot be read."""
_RANK: Final[dict[Severity, int]] = {"money": 0, "major": 1, "minor": 2, "info": 3}


@dataclass(frozen=True, slots=True)
class Example:
    """One difference in one pair, values as text."""

    pair: str
    place: str
    legacy: str
    candidate: str


@dataclass(slots=True)
class Group:
    """One divergence of the run. `drift`: candidate minus legacy, summed per currency."""

    mark: Fingerprint
    severity: Severity
    detail: str
    pairs: int = 0
    differences: int = 0
    drift: dict[str, Decimal] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)

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

    def judged(self, name: str, route: str, compared: Outcome) -> None:
        """One pair's outcome."""
        outcome = settle(compared, self.known)
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
        """Divergences, money first, then by how many pairs have them."""
        return sorted(
            self.groups.values(),
            key=lambda group: (
                _RANK[group.severity],
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
