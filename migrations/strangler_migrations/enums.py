"""An enum's values before and after a change, and what the values of one version are in the other. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from strangler_migrations.sql.names import ident, literal

_LABEL: Final = re.compile(r"'((?:[^']|'')*)'")


def labels(text: str) -> tuple[str, ...]:
    """The values of an enum, from its text in the catalogue."""
    return tuple(found.replace("''", "'") for found in _LABEL.findall(text.removeprefix("enum")))


@dataclass(frozen=True, slots=True)
class Change:
    """`old` and `new` values in their order; `up`: those that are others there, `down`: the other way."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    up: Mapping[str, str]
    down: Mapping[str, str]
    gone: frozenset[str]


def mapped(column: str, to: Mapping[str, str]) -> str:
    """The value of a column as the other version names it, as SQL for a text."""
    text = f"CAST({ident(column)} AS text)"
    cases = " ".join(f"WHEN {literal(value)} THEN {literal(other)}" for value, other in to.items())
    return f"CASE {text} {cases} ELSE {text} END" if to else text


def said(change: Change, type_: str, new: str, refuse: Callable[[str], Exception]) -> Callable[[str], str]:
    """What becomes of the values in a check or an index. Raises what `refuse` makes of a reason it cannot be said."""
    typed = re.compile(rf"'((?:[^']|'')*)'::{re.escape(type_)}(?!\w)(\[\])?")

    def one(found: re.Match[str]) -> str:
        value = found[1].replace("''", "'")
        if found[2]:
            raise refuse("it has an array of values")
        if value in change.gone:
            raise refuse(f"it speaks of {literal(value)}, which goes")
        return f"{literal(change.up.get(value, value))}::{new}"

    def whole(definition: str) -> str:
        for value in _LABEL.findall(typed.sub("", definition)):
            if value.replace("''", "'") in change.up:
                raise refuse(f"it compares the text '{value}'")
        return typed.sub(one, definition)

    return whole
