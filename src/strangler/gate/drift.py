"""How far the candidate's amounts are from legacy's, all in all."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from strangler.gate.case import Case
from strangler.gate.verdict import Reason


def drift(case: Case) -> Iterator[Reason]:
    """Currencies in which the net of all divergences, candidate minus legacy, is more than is tolerated."""
    for currency, net in case.evidence.drift:
        allowed = case.policy.drift.get(currency, Decimal(0))
        if abs(net) > allowed:
            unit = f" {currency}" if currency else " of no known currency"
            yield Reason(
                "drift",
                "blocked",
                f"the candidate's amounts are {net:+,f}{unit} from legacy's, over all divergences of this epoch",
                f"at most {allowed:,f}{unit}, up or down",
                "mend the candidate: `strangler divergences list` says where amounts differ",
                case.line("drift"),
            )
