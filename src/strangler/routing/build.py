"""Configuration and the states of the cutovers, put together as one routing table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from strangler.routing.table import Table

if TYPE_CHECKING:
    from strangler.config.model import Config
    from strangler.cutover import CutoverState


def build_table(
    config: Config,
    states: Mapping[str, CutoverState],
    generation: int,
    issued_ns: int,
    *,
    halted: bool = False,
) -> Table:
    """The table, routes most specific first. A cutover without a state is in phase `legacy`. Pure."""
    raise NotImplementedError
