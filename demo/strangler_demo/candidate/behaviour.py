"""The places where the candidate's answers are decided, and how they are decided when nothing is wrong.

A defect is a function that takes a sound `Behaviour` and gives back one with a place replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from strangler_demo.candidate.pricing import PricedLine, tax_per_line, unscaled
from strangler_demo.world import DECIMALS, REVERSE_CHARGE_REASON, ZONE

type Arrange = Callable[[Sequence[PricedLine]], Sequence[PricedLine]]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What happens to one answer instead of, or before, being given."""

    delay: bool = False
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`document_tax`: minor units from priced lines. `issue_day`: from a moment in UTC. `reason`: of the
    reverse charge. `arrange`: the lines as shown, one step after the other. `amount`: minor units as shown.
    `credit_sign`: of a credit note's amounts. `disturb`: from the count of read answers.
    """

    document_tax: Callable[[Sequence[PricedLine]], int]
    issue_day: Callable[[datetime], date]
    reason: Callable[[], str | None]
    arrange: tuple[Arrange, ...]
    amount: Callable[[int, str], Decimal]
    credit_sign: int
    disturb: Callable[[int], Disturbance | None]

    def shown(self, lines: Sequence[PricedLine]) -> Sequence[PricedLine]:
        """The lines as the answer shows them."""
        for step in self.arrange:
            lines = step(lines)
        return lines


def local_day(moment: datetime) -> date:
    """The seller's day of a moment."""
    return moment.astimezone(ZONE).date()


def in_major_units(minor: int, currency: str) -> Decimal:
    """An amount with exactly its currency's decimals."""
    return unscaled(minor, DECIMALS[currency])


SOUND = Behaviour(
    document_tax=tax_per_line,
    issue_day=local_day,
    reason=lambda: REVERSE_CHARGE_REASON,
    arrange=(),
    amount=in_major_units,
    credit_sign=-1,
    disturb=lambda _count: None,
)
