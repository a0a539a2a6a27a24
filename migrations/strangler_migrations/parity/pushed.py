"""What of the rules SQL can say of a column: the rest is left to the comparison.

A column is the place `$.NAME`. Every form here is sound: equal forms are equal by the rule. None is complete: `case:
fold` folds only ASCII, `unicode`, tolerances and rounding half to even are not said in SQL at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from strangler.errors import UsageError
from strangler_migrations.parity.kinds import FLOATS, INTEGERS, MOMENTS, NUMBERS, TEXTS
from strangler_migrations.parity.model import Column
from strangler_migrations.parity.quoting import quoted

if TYPE_CHECKING:
    from strangler.config.rules import DecimalRule, Instant, MapRule, Rule, TextRule

type Sides = tuple[str, str, str]
_NUMBER: Final = r"^[ \t\n\r]*[+-]?([0-9]{1,64}([.][0-9]{0,64})?|[.][0-9]{1,64})[ \t\n\r]*$"
_SPACES: Final = r"E' \t\n\r\f\x0B'"


@dataclass(frozen=True, slots=True)
class Pushed:
    """The rules about one column, in the order they are tried."""

    rules: tuple[Rule, ...] = ()

    def form(self, left: Column, right: Column) -> Sides | None:
        """Templates for both sides and their common type; None where SQL cannot say it."""
        from strangler.config.rules import DecimalRule, Instant, MapRule, TextRule

        for rule in self.rules:
            match rule:
                case DecimalRule():
                    found = _decimal(rule, left, right)
                case Instant():
                    found = _instant(rule, left, right)
                case TextRule():
                    found = _text(rule, left, right)
                case MapRule():
                    found = _map(rule, left, right)
                case _:
                    found = None
            if found is not None:
                return found
        return None


NOTHING: Final = Pushed()


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules by column. `renamed`: the right side's names for the left's; `only`: None for every column."""

    by_column: dict[str, Pushed]
    ignored: frozenset[str]
    only: frozenset[str] | None
    renamed: dict[str, str]
    kept: tuple[Rule, ...]
    """Those that the comparison still has to be asked by."""


def plan(rules: Sequence[Rule]) -> Plan:
    """Sort them by column. Raises UsageError for `identity`, which no single pair of rows can judge."""
    from strangler.config.rules import Identity, Ignore, Only, Rename, places_of

    by_column: dict[str, list[Rule]] = {}
    ignored: set[str] = set()
    only: set[str] | None = None
    renamed: dict[str, str] = {}
    kept: list[Rule] = []
    for rule in rules:
        if isinstance(rule, Identity):
            raise UsageError(
                "`identity` cannot hold in a comparison of rows",
                remedy="compare by the ids that both sides share, or `ignore` the column",
            )
        if isinstance(rule, Rename):
            name, to = column_of(rule.rename), column_of(rule.to)
            if name is not None and to is not None:
                renamed[name] = to
                continue
        kept.append(rule)
        named = [name for name in map(column_of, places_of(rule)) if name is not None]
        if isinstance(rule, Ignore):
            ignored.update(named)
        elif isinstance(rule, Only):
            only = (only or set()) | {name for name in map(_first_name, rule.only) if name is not None}
        else:
            for name in named:
                by_column.setdefault(name, []).append(rule)
    columns = {name: Pushed(tuple(found)) for name, found in by_column.items()}
    return Plan(columns, frozenset(ignored), None if only is None else frozenset(only), renamed, tuple(kept))


def column_of(place: str) -> str | None:
    """The column that a location names as a whole; None where it names anything else."""
    from strangler.plain_path import plain_path

    steps = plain_path(place) if place.startswith("$") else None
    if steps is None or len(steps) != 1:
        return None
    name, descends = steps[0]
    return name if isinstance(name, str) and not descends else None


def _first_name(place: str) -> str | None:
    from strangler.plain_path import plain_path

    steps = plain_path(place) if place.startswith("$") else None
    if not steps or steps[0][1] or not isinstance(steps[0][0], str):
        return None
    return steps[0][0]


def _decimal(rule: DecimalRule, left: Column, right: Column) -> Sides | None:
    if rule.tolerance or (rule.scale is not None and rule.rounding == "half-even"):
        return None
    if {left.type, right.type} <= NUMBERS:
        return _scaled(rule, _numeric(left)), _scaled(rule, _numeric(right)), "numeric"
    sides = [_decimal_text(rule, column) for column in (left, right)]
    return (sides[0], sides[1], "text") if sides[0] is not None and sides[1] is not None else None


def _decimal_text(rule: DecimalRule, column: Column) -> str | None:
    if column.type in NUMBERS:
        return f"trim_scale({_scaled(rule, _numeric(column))})::text"
    if column.type not in TEXTS:
        return None
    number = _scaled(rule, f"btrim({{x}}, {_SPACES})::numeric")
    return f"CASE WHEN {{x}}::text COLLATE \"C\" ~ '{_NUMBER}' THEN trim_scale({number})::text ELSE {{x}}::text END"


def _numeric(column: Column) -> str:
    return "{x}::text::numeric" if column.type in FLOATS else "{x}::numeric"


def _scaled(rule: DecimalRule, number: str) -> str:
    if rule.scale is None:
        return number
    return f"{'trunc' if rule.rounding == 'down' else 'round'}({number}, {rule.scale})"


def _instant(rule: Instant, left: Column, right: Column) -> Sides | None:
    if rule.tolerance:
        return None
    sides = [
        _moment(form, rule.zone, column)
        for form, column in ((rule.format.legacy, left), (rule.format.candidate, right))
    ]
    return (sides[0], sides[1], "timestamptz") if sides[0] is not None and sides[1] is not None else None


def _moment(form: str, zone: str, column: Column) -> str | None:
    if form == "iso" and column.type in MOMENTS | {"date"}:
        if column.type == "timestamptz":
            return "{x}"
        # One moment a year is there twice, and Python and PostgreSQL may choose another one of them.
        return "({x}::timestamp AT TIME ZONE 'UTC')" if zone == "UTC" else None
    if column.type in INTEGERS and form in {"epoch", "epoch-ms"}:
        unit = "second" if form == "epoch" else "millisecond"
        return f"(timestamptz 'epoch' + {{x}} * interval '1 {unit}')"
    return None


def _text(rule: TextRule, left: Column, right: Column) -> Sides | None:
    if not {left.type, right.type} <= TEXTS:
        return None
    text = "{x}::text"
    if rule.whitespace == "collapse":
        text = rf"regexp_replace({text}, '[ \t\n\r\f\v]+', ' ', 'g')"
    if rule.whitespace != "keep":
        text = f"btrim({text}, {_SPACES})"
    if rule.case == "fold":
        text = f'lower({text} COLLATE "C")'
    return text, text, "text"


def _map(rule: MapRule, left: Column, right: Column) -> Sides | None:
    if not {left.type, right.type} <= TEXTS or any(
        "{x}" in name for pair in rule.values.items() for name in pair
    ):
        return None
    cases = " ".join(f"WHEN {quoted(old)} THEN {quoted(new)}" for old, new in sorted(rule.values.items()))
    return f"CASE {{x}}::text {cases} ELSE {{x}}::text END", "{x}::text", "text"
