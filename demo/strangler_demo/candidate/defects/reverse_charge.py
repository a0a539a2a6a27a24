"""The reason of a reverse charge is left out; the law wants it on the invoice."""

from __future__ import annotations

from dataclasses import replace

from strangler_demo.candidate.behaviour import Behaviour


def reverse_charge(sound: Behaviour) -> Behaviour:
    """Missing reverse-charge reason."""
    return replace(sound, reason=lambda: None)
