"""What follows from the evidence: a learned cause, what it says, and the rule that would let it pass."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

_TOLD: Final = 6


class Claim(msgspec.Struct, frozen=True):
    """A learned cause of one route. `place`: in legacy's answer, as a rule names it.

    `values`: of a renamed enumeration, legacy's name, the candidate's, and in how many pairs; what has kept its name
    is not among them. `pairs`: those that show the difference. `fingerprints`: the divergences that it explains; all
    of them are the first.
    """

    code: Literal["enum-renamed"]
    place: str
    pairs: int
    fingerprints: tuple[str, ...]
    values: tuple[tuple[str, str, int], ...] = ()

    @property
    def detail(self) -> str:
        """What is renamed, in words."""
        told = ", ".join(f"{legacy} is {candidate}" for legacy, candidate, _ in self.values[:_TOLD])
        more = len(self.values) - _TOLD
        return f"{told} and {more} more" if more > 0 else told


def proposed_rule(claim: Claim) -> dict[str, Any]:
    """The rule that lets just this pass, as `strangler.yaml` writes it, with its numbers as the reason."""
    reason = f"{claim.code}: one to one in all {claim.pairs:,} pairs that differ there"
    return {
        "map": claim.place,
        "values": {legacy: candidate for legacy, candidate, _ in claim.values},
        "reason": reason,
    }
