"""Yen are shown as if they had two decimals too few: every amount a hundred times too large."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from strangler_demo.candidate.behaviour import Behaviour


def jpy(sound: Behaviour) -> Behaviour:
    """JPY amounts times 100."""

    def amount(minor: int, currency: str) -> Decimal:
        return sound.amount(minor * 100 if currency == "JPY" else minor, currency)

    return replace(sound, amount=amount)
