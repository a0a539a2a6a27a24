"""In which formats two sides write the same moments, told from examples: for proposals, never for rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from itertools import product
from typing import Final

from strangler.comparison.instants import instant
from strangler.comparison.model import Node

_DAYS: Final = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d")
_TIMES: Final = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")
_FORMS: Final = ("iso", "http", "epoch", "epoch-ms", *(day + time for day, time in product(_DAYS, _TIMES)))


def formats(examples: Sequence[tuple[Node, Node]]) -> tuple[str, str] | None:
    """Legacy's format and the candidate's, under which all examples are the same moments.

    None where no formats do that, or several: 03/04/2026 beside 2026-04-03 tells day from month, 04/04/2026 does not.
    """
    if not examples:
        return None
    lefts = _readable([left for left, _ in examples])
    rights = _readable([right for _, right in examples])
    fitting = [
        (form, other)
        for form, other in product(lefts, rights)
        if all(instant(left, form, UTC) == instant(right, other, UTC) for left, right in examples)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _readable(values: Sequence[Node]) -> list[str]:
    return [form for form in _FORMS if all(instant(value, form, UTC) is not None for value in values)]
