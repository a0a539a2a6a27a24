"""What follows from the evidence: a learned cause, what it says, and the rule that would let it pass."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

_TOLD: Final = 6


class Claim(msgspec.Struct, frozen=True):
    """A learned cause of one route. `place`: in legacy's answer, as a rule names it.

    `values`: of a renamed enumeration, legacy's name, the candidate's, and in how many pairs; what has kept its name
    is not among them. `to`: of a renamed field, its place on the candidate. `pairs`: those that show the difference.
    `fingerprints`: the divergences that it explains; all of them are the first.
    """

    code: Literal["enum-renamed", "field-renamed"]
    place: str
    pairs: int
    fingerprints: tuple[str, ...]
    values: tuple[tuple[str, str, int], ...] = ()
    to: str = ""

    @property
    def detail(self) -> str:
        """What is renamed, in words."""
        if self.to:
            return f"on the candidate it is {self.to}"
        told = ", ".join(f"{legacy} is {candidate}" for legacy, candidate, _ in self.values[:_TOLD])
        more = len(self.values) - _TOLD
        return f"{told} and {more} more" if more > 0 else told


def proposed_rule(claim: Claim) -> dict[str, Any]:
    """The rule that lets just this pass, as `strangler.yaml` writes it, with its numbers as the reason."""
    if claim.to:
        reason = f"{claim.code}: with the same value in all {claim.pairs:,} pairs in which either is alone"
        return {"rename": claim.place, "to": claim.to, "reason": reason}
    reason = f"{claim.code}: one to one in all {claim.pairs:,} pairs that differ there"
    values = {legacy: candidate for legacy, candidate, _ in claim.values}
    return {"map": claim.place, "values": values, "reason": reason}
