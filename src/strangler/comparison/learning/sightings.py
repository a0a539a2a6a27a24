"""What was learned, as `comparison.proposals` wants it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from strangler.comparison.fitting import Written
from strangler.comparison.learning.claims import Claim, proposed_rule
from strangler.comparison.proposals import Sighting


def learned_rule(claim: Claim) -> Written:
    """The rule of a claim without a reason of its own."""
    return {name: value for name, value in proposed_rule(claim).items() if name != "reason"}


def with_learned(seen: Iterable[Sighting], claims: Iterable[Claim], asked: int) -> tuple[Sighting, ...]:
    """What was seen, with what many pairs tell of a place instead of what single ones do. `asked`: pairs compared."""
    told = tuple(claims)
    explained = {place for claim in told for place in (claim.place, claim.to)}
    learned = (
        Sighting(
            place=claim.place,
            kind="missing" if claim.to else "changed",
            cause=claim.code,
            differed=claim.pairs,
            asked=asked,
            detail=claim.detail,
            learned=learned_rule(claim),
        )
        for claim in told
    )
    return (*learned, *(each for each in seen if each.place not in explained))


def as_learned(sighting: Sighting, claims: Iterable[Claim]) -> tuple[Sighting, ...]:
    """One for each claim about a divergence, in place of what single pairs call it."""
    return tuple(replace(sighting, place=claim.place, learned=learned_rule(claim)) for claim in claims)
