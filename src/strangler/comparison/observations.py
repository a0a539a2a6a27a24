"""What only many pairs can tell: whether ids map one to one across the whole run.

`compare` takes any two ids at a place under an `identity` rule for the same thing and says so in
`Outcome.pairings`. `settle` holds them against what was seen before; the ledger's writer persists what is new.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from strangler.comparison.model import Cause, Difference, Outcome, Pairing
from strangler.comparison.paths import ANY

CAPACITY: Final = 100_000
"""Pairs remembered per rule. Beyond it no new ones are learned, and `Observations.full` names the rule."""


class Observations:
    """Learned pairs, one to one per identity rule: all its locations share one mapping. One writer owns it."""

    __slots__ = ("_backward", "_capacity", "_forward", "full")

    def __init__(self, pairs: Iterable[tuple[str, str, str]] = (), *, capacity: int = CAPACITY) -> None:
        self._forward: dict[str, dict[str, str]] = {}
        self._backward: dict[str, dict[str, str]] = {}
        self._capacity = capacity
        self.full: set[str] = set()
        self.take_over(pairs)

    def counterpart(self, rule: str, left: str) -> str | None:
        """The candidate's id for one of legacy's."""
        return self._forward.get(rule, {}).get(left)

    def original(self, rule: str, right: str) -> str | None:
        """Legacy's id for one of the candidate's."""
        return self._backward.get(rule, {}).get(right)

    def take_over(self, pairs: Iterable[tuple[str, str, str]]) -> None:
        """Remember pairs that others found, by rule; what is known here goes before."""
        for rule, left, right in pairs:
            self._learn(rule, left, right)

    def learn(self, pairings: Iterable[Pairing]) -> None:
        """Remember pairs that `settle` found to be new."""
        for pairing in pairings:
            self._learn(pairing.rule, pairing.left, pairing.right)

    def _learn(self, rule: str, left: str, right: str) -> None:
        forward = self._forward.setdefault(rule, {})
        if left not in forward and len(forward) >= self._capacity:
            self.full.add(rule)
            return
        forward.setdefault(left, right)
        self._backward.setdefault(rule, {}).setdefault(right, left)


def settle(outcome: Outcome, known: Observations) -> Outcome:
    """The outcome in the light of all pairs before it. Pure: `known` is only read.

    An id that was paired with another one before is a difference with the cause `id`. `pairings` of what is
    returned are the new ones: persist them, and let `known.learn` them.
    """
    if not outcome.pairings or outcome.verdict == "failed":
        return outcome
    fresh: dict[tuple[str, str], Pairing] = {}
    fresh_back: dict[tuple[str, str], Pairing] = {}
    broken: list[Difference] = []
    for pairing in outcome.pairings:
        forward, backward = (pairing.rule, pairing.left), (pairing.rule, pairing.right)
        expected = known.counterpart(*forward) or (fresh[forward].right if forward in fresh else None)
        origin = known.original(*backward) or (fresh_back[backward].left if backward in fresh_back else None)
        if expected is None and origin is None:
            fresh[forward] = fresh_back[backward] = pairing
        elif expected != pairing.right or origin != pairing.left:
            broken.append(_broken(pairing, expected))
    differences = (*outcome.differences, *broken)
    return replace(
        outcome,
        verdict="different" if differences else "equal",
        differences=differences,
        pairings=tuple(fresh.values()),
    )


def _broken(pairing: Pairing, expected: str | None) -> Difference:
    if expected is not None and expected != pairing.right:
        detail = "legacy's id was seen before with another of the candidate's"
    else:
        detail = "the candidate's id was seen before with another of legacy's"
    path = pairing.location.path
    return Difference(
        pairing.location,
        "changed",
        pairing.left,
        pairing.right,
        cause=Cause("id", detail),
        pattern=tuple(ANY if isinstance(step, int) else step for step in path)
        if pairing.location.part == "body"
        else path,
    )
