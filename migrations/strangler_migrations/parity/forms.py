"""In which form a column is hashed, so that two values with the same form are the same under the rules.

Only that direction is promised. What has different forms is fetched and judged by the comparison itself, so a rule
that SQL cannot express costs time and never truth.

Tried on PostgreSQL 18, and the reason for the forms below. The server's own hashes are made for `=` and for hash joins:
equal ones come for 5 and -5 and for NaN and Infinity (numeric), for -1 and 4294967295 (bigint), for '{"a": 5}' and
'{"a": -5}' (jsonb), for {1,2} and {{1,2}} (arrays), and other ones for one label of an enum in two databases. And
`hash_record_extended` is a linear combination of its columns' hashes: two rows that swap the values of a column leave
the sum over both as it was. So the hash of each column is the seed of the next one's, which also costs half of what a
record does; signs and NULLs are a last column; bigint is mixed in whole; the other types are hashed as text.
"""

from __future__ import annotations

from dataclasses import dataclass

from strangler_migrations.parity.kinds import FLOATS, INTEGERS, JSON, NUMBERS, TEXTS, nature
from strangler_migrations.parity.model import Column
from strangler_migrations.parity.pushed import NOTHING, Pushed


@dataclass(frozen=True, slots=True)
class Form:
    """SQL templates with `{x}` for the column on either side, and the type that both give. `bounded`: a numeric
    that cannot be infinite.
    """

    left: str
    right: str
    type: str
    bounded: bool = False


def form(left: Column, right: Column, pushed: Pushed = NOTHING) -> Form:
    """The form of a pair of columns under what rules allow."""
    if (by_rule := pushed.form(left, right)) is not None:
        return Form(*by_rule)
    if left.type == right.type:
        return Form("{x}", "{x}", left.type, bounded=_bounded(left) and _bounded(right))
    if left.type in INTEGERS and right.type in INTEGERS:
        wide = "int8" if "int8" in {left.type, right.type} else "int4"
        return Form(f"{{x}}::{wide}", f"{{x}}::{wide}", wide)
    if left.type in NUMBERS and right.type in NUMBERS:
        both = _bounded(left) and _bounded(right)
        return Form(as_numeric(left), as_numeric(right), "numeric", bounded=both)
    if left.type in TEXTS and right.type in TEXTS:
        return Form("{x}::text", "{x}::text", "text")
    if left.type in JSON and right.type in JSON:
        return Form("{x}::jsonb", "{x}::jsonb", "jsonb")
    if nature(left.type) == nature(right.type):
        return Form("{x}::text", "{x}::text", "text")
    # A text is not a number, whatever it says, unless a rule says so.
    return Form(
        f"('{nature(left.type)} ' || {{x}}::text)", f"('{nature(right.type)} ' || {{x}}::text)", "text"
    )


def as_numeric(column: Column) -> str:
    """A number as numeric; a float as the shortest decimal that reads back as it, as the comparison takes it."""
    return "{x}::text::numeric" if column.type in FLOATS else "{x}::numeric"


def _bounded(column: Column) -> bool:
    return column.type in INTEGERS or (column.type == "numeric" and column.typmod != -1)


def as_text(template: str, chosen: Form) -> str:
    """The canonical text, the same on every server and version."""
    if chosen.type == "numeric":
        return f"trim_scale({template})::text"
    if chosen.type == "bytea":
        return f"encode({template}, 'hex')"
    if chosen.type in FLOATS:
        return f"CASE WHEN {template} = 0 THEN '0' ELSE ({template})::text END"
    return f"({template})::text"
