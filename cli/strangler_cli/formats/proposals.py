"""Proposed rules, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from strangler.config.rule_yaml import flow
from strangler.views.proposal import example
from strangler_cli.screen import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strangler.views.proposals import Proposed
    from strangler_cli.screen import Cell, Screen

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
    first, second = example(each)
    return f"{first} / {second}" if first or second else "-"
