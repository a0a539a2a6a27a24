"""Families of PostgreSQL's types: what a value of one is to the comparison, and what can be ordered alike."""

from __future__ import annotations

from typing import Final, Literal

type Nature = Literal["number", "boolean", "text", "json"]

INTEGERS: Final = frozenset({"int2", "int4", "int8"})
FLOATS: Final = frozenset({"float4", "float8"})
NUMBERS: Final = INTEGERS | FLOATS | {"numeric"}
TEXTS: Final = frozenset({"text", "varchar", "bpchar", "name"})
MOMENTS: Final = frozenset({"timestamptz", "timestamp"})
JSON: Final = frozenset({"json", "jsonb"})
_ORDERED: Final = frozenset({"uuid", "date", "timestamp", "timestamptz", "bytea", "numeric"})


def nature(type_name: str) -> Nature:
    """What the comparison takes a value for."""
    if type_name in NUMBERS:
        return "number"
    if type_name == "bool":
        return "boolean"
    return "json" if type_name in JSON else "text"


def ordered_alike(left: str, right: str) -> bool:
    """Whether both servers put values of these types in the same order, texts aside."""
    return (left in INTEGERS and right in INTEGERS) or (left == right and left in _ORDERED)
