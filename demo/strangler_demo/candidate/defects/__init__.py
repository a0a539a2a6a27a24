"""The eight defects of the kind that teams really ship, by name. Each can be switched on by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from strangler_demo.candidate.behaviour import SOUND, Behaviour
from strangler_demo.candidate.defects.credit_sign import credit_sign
from strangler_demo.candidate.defects.issue_date import issue_date
from strangler_demo.candidate.defects.jpy import jpy
from strangler_demo.candidate.defects.last_line import last_line
from strangler_demo.candidate.defects.line_order import line_order
from strangler_demo.candidate.defects.reverse_charge import reverse_charge
from strangler_demo.candidate.defects.rounding import rounding
from strangler_demo.candidate.defects.unreliable import unreliable

type Defect = Callable[[Behaviour], Behaviour]

DEFECTS: Final[Mapping[str, Defect]] = MappingProxyType(
    {
        "rounding": rounding,
        "issue-date": issue_date,
        "reverse-charge": reverse_charge,
        "last-line": last_line,
        "jpy": jpy,
        "credit-sign": credit_sign,
        "line-order": line_order,
        "unreliable": unreliable,
    }
)


def title(name: str) -> str:
    """One phrase that says what the defect does."""
    return (DEFECTS[name].__doc__ or name).rstrip(".")


def behave(names: Iterable[str]) -> Behaviour:
    """The candidate's behaviour with these defects. Raises KeyError for a name that is none."""
    wanted = set(names)
    unknown = wanted - DEFECTS.keys()
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    behaviour = SOUND
    for name, defect in DEFECTS.items():
        if name in wanted:
            behaviour = defect(behaviour)
    return behaviour
