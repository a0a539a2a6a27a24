"""A page size of 50 cuts too early: from 50 lines on, the last one is lost. The totals still count it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from strangler_demo.candidate.behaviour import Behaviour
from strangler_demo.candidate.pricing import PricedLine


def last_line(sound: Behaviour) -> Behaviour:
    """Last line lost at 50 or more items."""
    return replace(sound, arrange=(*sound.arrange, _cut))


def _cut(lines: Sequence[PricedLine]) -> Sequence[PricedLine]:
    return lines[:-1] if len(lines) >= 50 else lines
