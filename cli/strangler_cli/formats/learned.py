"""What was learned over many pairs, as rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.comparison.learning.claims import proposed_rule
from strangler.config.rule_yaml import block

if TYPE_CHECKING:
    from strangler.comparison.learning.claims import Claim


def rule_lines(claim: Claim) -> list[str]:
    """The rule that would let it pass, as a file of rules has it."""
    return block(proposed_rule(claim), 0)
