"""Divergences that were learned to be one, as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strangler.comparison.learning.claims import Claim
    from strangler_cli.pairing.tally import Group


def united(groups: Mapping[str, Group], claims: Iterable[Claim]) -> dict[str, Group]:
    """By fingerprint. What is merged keeps every difference, the sum of its money and the worst severity."""
    out = dict(groups)
    for claim in claims:
        members = [out.pop(digest) for digest in claim.fingerprints if digest in out]
        if members:
            out[members[0].mark.digest] = _one(members, claim)
    return out


def _one(members: list[Group], claim: Claim) -> Group:
    from strangler_cli.pairing.tally import EXAMPLES, RANK

    drift: dict[str, Decimal] = {}
    for each in members:
        for currency, amount in each.drift.items():
            drift[currency] = drift.get(currency, Decimal(0)) + amount
    first = members[0]
    worst = min(members, key=lambda each: RANK[each.severity]).severity
    return replace(
        first,
        severity=worst,
        detail=claim.detail,
        pairs=claim.pairs,
        differences=sum(each.differences for each in members),
        drift=drift,
        examples=[example for each in members for example in each.examples][:EXAMPLES],
        claims=(*first.claims, claim),
        merged=(*first.merged, *(each.mark.digest for each in members[1:])),
    )
