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
    out, root = dict(groups), {digest: digest for digest in groups}
    for claim in claims:
        roots = dict.fromkeys(root[digest] for digest in claim.fingerprints if digest in root)
        members = [out.pop(digest) for digest in roots]
        if members:
            first = members[0].mark.digest
            out[first] = _one(members, claim)
            root = {digest: first if of in roots else of for digest, of in root.items()}
    return out


def _one(members: list[Group], claim: Claim) -> Group:
    from strangler_cli.pairing.tally import EXAMPLES, RANK

    drift: dict[str, Decimal] = {}
    for each in members:
        for currency, amount in each.drift.items():
            drift[currency] = drift.get(currency, Decimal(0)) + amount
    first = members[0]
    worst = min(members, key=lambda each: RANK[each.severity]).severity
    claims = (*(old for each in members for old in each.claims), claim)
    return replace(
        first,
        severity=worst,
        detail="; ".join(each.detail for each in claims),
        pairs=max(claim.pairs, *(each.pairs for each in members)),
        differences=sum(each.differences for each in members),
        drift=drift,
        examples=[example for each in members for example in each.examples][:EXAMPLES],
        claims=claims,
        merged=(
            *first.merged,
            *(digest for each in members[1:] for digest in (each.mark.digest, *each.merged)),
        ),
    )
