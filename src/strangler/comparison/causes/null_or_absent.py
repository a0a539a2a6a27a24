"""A value on one side; null, empty or nothing at all on the other."""

from __future__ import annotations

from typing import Final

from strangler.comparison.causes.site import Example, KnownCause, Site
from strangler.comparison.model import Node

_EMPTIABLE: Final = (str, list, dict)


def explain(site: Site) -> str | None:
    """Fits a member that only one side has, and null or an empty value against another value."""
    if site.kind in {"missing", "extra"} and site.path and isinstance(site.path[-1], str):
        value = site.left if site.kind == "missing" else site.right
        return f"absent against {_shown(value)}"
    if site.kind in {"changed", "type"} and (_empty(site.left) or _empty(site.right)):
        empty, value = (site.left, site.right) if _empty(site.left) else (site.right, site.left)
        return f"{_shown(empty)} against {_shown(value)}"
    return None


def _empty(value: Node) -> bool:
    return value is None or (type(value) in _EMPTIABLE and not value)


def _shown(value: Node) -> str:
    if value is None:
        return "null"
    return "an empty value" if _empty(value) else "a value"


CAUSE = KnownCause(
    code="null-or-absent",
    about=frozenset({"lone", "type", "value"}),
    explain=explain,
    good=(
        Example({"id": 1, "reverse_charge_reason": "Art. 196"}, {"id": 1}),
        Example({"id": 1, "note": None}, {"id": 1}),
        Example({"id": 1, "note": None}, {"id": 1, "note": ""}),
        Example({"id": 1, "reverse_charge_reason": "Art. 196"}, {"id": 1, "reverse_charge_reason": None}),
    ),
    bad=(Example({"open": False}, {"open": 0}), Example({"note": "a"}, {"note": "b"})),
)
