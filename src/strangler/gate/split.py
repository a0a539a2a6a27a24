"""Whether the canary's customers are split as its weight says."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from strangler.evidence import Evidence, Split
from strangler.gate.case import Case, percent
from strangler.gate.verdict import Reason
from strangler.sample_ratio import p_value

NAMELESS: Final = Decimal("0.1")
"""From this share of a route's requests on, those without an identity are worth a word."""
_WHOLE: Final = 10_000


def sample_ratio(case: Case) -> Iterator[Reason]:
    """Buckets on the wrong side, and counts of both sides that the weight does not explain."""
    split = case.evidence.split
    if split is None:
        return
    if split.wrong:
        yield _reason(case, *_misplaced(split))
    alpha = case.policy.sample_ratio
    p = p_value(split.log_e)
    if alpha and case.evidence.phase == "canary" and p <= alpha:
        yield _reason(case, *_skewed(split, p, alpha))


def _reason(case: Case, measured: str, required: str) -> Reason:
    name = case.evidence.cutover
    return Reason(
        "sample-ratio",
        "blocked",
        measured,
        required,
        "look at `strangler status` for a plane with another table, and at what is captured of either side; then"
        f" `strangler cutover rollback {name}`: the next canary step counts anew",
        case.line("sample_ratio"),
    )


def _misplaced(split: Split) -> tuple[str, str]:
    total = split.legacy + split.candidate
    such_as = ", ".join(map(str, split.such_as)) + (", …" if split.wrong > len(split.such_as) else "")
    if split.weight < 0:
        table = "by a routing table that the ledger never made"
        return (
            f"{split.wrong:,} of {total:,} buckets of customers were served {table} ({such_as})",
            "its own tables",
        )
    return (
        f"{split.wrong:,} of {total:,} buckets of customers were on the side that is not theirs ({such_as})",
        f"buckets below {split.weight} on the candidate, all others on legacy",
    )


def _skewed(split: Split, p: float, alpha: Decimal) -> tuple[str, str]:
    total, share = split.legacy + split.candidate, Decimal(split.weight) / _WHOLE
    expected = (total * share).quantize(Decimal(1))
    shown = "under 0.0001" if p < 0.0001 else f"{p:.4f}"
    counts = (
        f"{split.legacy:,} buckets of customers were seen on legacy, {split.candidate:,} on the candidate"
    )
    return (
        f"{counts}: p {shown}",
        f"{percent(share)} on the candidate, of {total:,} about {expected:,} (p over {alpha.normalize():f})",
    )


def nameless(evidence: Evidence) -> Iterator[str]:
    """Routes of which many requests say no customer: those stay with legacy, whatever the weight."""
    for asked in evidence.split.asked if evidence.split is not None else ():
        total = asked.named + asked.nameless
        if asked.nameless and asked.nameless >= NAMELESS * total:
            yield (
                f"{asked.nameless} of {total} captured requests of `{asked.route}` in this canary step had no identity"
                " and stayed with legacy: the weight is a share of the others (`identity` of the route)"
            )
