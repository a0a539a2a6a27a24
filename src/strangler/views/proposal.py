"""A proposed rule, as it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from strangler.comparison.model import Node
    from strangler.views.proposals import Proposed

_SHOWN: Final = 60
_ENCODER: Final = msgspec.json.Encoder(enc_hook=str, decimal_format="number")
_ABSENT: Final = "(absent)"


class ProposalView(msgspec.Struct, frozen=True):
    """One proposal. `source`: `noise` or `divergence`; `first`, `second`: one example."""

    id: str
    cutover: str
    route: str
    source: str
    causes: tuple[str, ...]
    kinds: tuple[str, ...]
    kind: str
    location: str
    rule: dict[str, Any]
    differed: int
    asked: int
    first: str
    second: str
    divergences: tuple[str, ...]


def proposal_view(each: Proposed) -> ProposalView:
    """One proposal."""
    first, second = example(each)
    return ProposalView(
        id=each.id,
        cutover=each.cutover,
        route=each.route,
        source="noise" if each.is_noise else "divergence",
        causes=tuple(each.proposal.causes),
        kinds=tuple(each.proposal.kinds),
        kind=each.proposal.kind,
        location=each.proposal.place,
        rule=dict(each.proposal.rule),
        differed=each.proposal.differed,
        asked=each.proposal.asked,
        first=first,
        second=second,
        divergences=tuple(each.proposal.marks),
    )


def example(each: Proposed) -> tuple[str, str]:
    """What stood there on either side, or both times; empty texts where no example was kept."""
    if not each.proposal.examples:
        return "", ""
    first, second = map(_short, each.proposal.examples[0])
    kinds = each.proposal.kinds
    return _ABSENT if kinds == ("extra",) else first, _ABSENT if kinds == ("missing",) else second


def _short(value: Node) -> str:
    text = _ENCODER.encode(value).decode()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
