"""Proposed rules, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from strangler_cli.formats.rule_yaml import flow
from strangler_cli.screen import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strangler.comparison.model import Node
    from strangler_cli.proposals import Proposed
    from strangler_cli.screen import Cell, Screen

_SHOWN: Final = 60
_ENCODER: Final = msgspec.json.Encoder(enc_hook=str, decimal_format="number")
_ABSENT: Final = "(absent)"
_SIGNED: Final = frozenset({"reason", "owner", "expires"})


def as_table(screen: Screen, found: Sequence[Proposed]) -> None:
    """One line each."""
    routes = any(each.route for each in found)
    columns = [Column("id"), *([Column("route")] if routes else []), Column("rule", wrap=True)]
    columns += [Column("seen", right=True), Column("why", wrap=True), Column("such as", wrap=True)]
    rows: list[list[Cell]] = [
        [
            each.id,
            *([each.route] if routes else []),
            flow(_meaning(each)),
            f"{each.proposal.differed:,} of {each.proposal.asked:,}",
            ", ".join(each.proposal.causes),
            such_as(each),
        ]
        for each in found
    ]
    screen.table(columns, rows)


def _meaning(each: Proposed) -> dict[str, object]:
    return {name: value for name, value in each.proposal.rule.items() if name not in _SIGNED}


def such_as(each: Proposed) -> str:
    """One example: what stood there on either side, or both times."""
    first, second = _example(each)
    return f"{first} / {second}" if first or second else "-"


def _example(each: Proposed) -> tuple[str, str]:
    if not each.proposal.examples:
        return "", ""
    first, second = map(_short, each.proposal.examples[0])
    kinds = each.proposal.kinds
    return _ABSENT if kinds == ("extra",) else first, _ABSENT if kinds == ("missing",) else second


def _short(value: Node) -> str:
    text = _ENCODER.encode(value).decode()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def as_object(each: Proposed) -> dict[str, Any]:
    """One proposal."""
    first, second = _example(each)
    return {
        "id": each.id,
        "cutover": each.cutover,
        "route": each.route,
        "source": "noise" if each.is_noise else "divergence",
        "causes": list(each.proposal.causes),
        "kinds": list(each.proposal.kinds),
        "kind": each.proposal.kind,
        "location": each.proposal.place,
        "rule": dict(each.proposal.rule),
        "differed": each.proposal.differed,
        "asked": each.proposal.asked,
        "first": first,
        "second": second,
        "divergences": list(each.proposal.marks),
    }
