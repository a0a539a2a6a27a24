"""A credit note shows what is given back as if it were owed."""

from __future__ import annotations

from dataclasses import replace

from strangler_demo.candidate.behaviour import Behaviour


def credit_sign(sound: Behaviour) -> Behaviour:
    """Credit note's sign turned."""
    return replace(sound, credit_sign=-sound.credit_sign)
