"""One answer in 200 is late or a 503, in turns."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from strangler_demo.candidate.behaviour import Behaviour, Disturbance

EVERY: Final = 200


def unreliable(sound: Behaviour) -> Behaviour:
    """One answer in 200 slow or 5xx."""
    return replace(sound, disturb=_each_two_hundredth)


def _each_two_hundredth(count: int) -> Disturbance | None:
    if count % EVERY:
        return None
    return Disturbance(delay=True) if count // EVERY % 2 else Disturbance(status=503)
