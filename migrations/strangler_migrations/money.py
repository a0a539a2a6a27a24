"""Amounts of money in SQL: a number or a text to whole minor units and back, and what does not survive it.

An amount times ten to the power of its currency's digits (ISO 4217) is exact in `numeric`. A float is read by its
shortest text, the one that a client sees: 0.1 is a tenth. What has no minor units, or none that are the same amount, is
no value of the new form: the expression fails, and its message says which amount it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from strangler.comparison.amounts import MINOR_DIGITS, minor_digits
from strangler_migrations.sql.names import ident, literal

type Rounding = Literal["exact", "half_up", "half_even"]

_USUAL: Final = 2
_LONGEST_TEXT: Final = 60
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_NUMERIC: Final = re.compile(r"numeric(?:\((\d+),(-?\d+)\))?")
_NUMBER: Final = re.compile(r"\(?'?(-?\d+(?:\.\d+)?)'?\)?(?:::[\w ]+(?:\([\d,]+\))?)?")


@dataclass(frozen=True, slots=True)
class Written:
    """How a text writes amounts: its decimal sign, and what may stand between groups of three digits."""

    decimal: str = "."
    group: str = ""

    @property
    def pattern(self) -> str:
        """A POSIX regular expression of all amounts so written."""
        whole = "[0-9]+"
        if self.group:
            whole = f"([0-9]{{1,3}}([{self.group}][0-9]{{3}})+|[0-9]+)"
        return rf"^\s*[-+]?{whole}([{self.decimal}][0-9]+)?\s*$"


@dataclass(frozen=True, slots=True)
class Scale:
    """Powers of ten of a currency: of one for all rows, or of the one that a column names."""

    currency: str | None
    column: str | None
    digits: Mapping[str, int]

    @property
    def steady(self) -> int | None:
        """The digits, where they are the same in all rows."""
        if self.currency is None:
            return None
        return self.digits.get(self.currency, minor_digits(self.currency))

    def factor(self, sign: int = 1) -> str:
        """What an amount is multiplied with; `sign` -1: minor units. NULL where the row names no currency."""
        if self.steady is not None:
            return _power(sign * self.steady)
        code = f"CAST({ident(self.column or '')} AS text)"
        known = {**MINOR_DIGITS, **self.digits}
        cases = [
            f"WHEN {code} IN ({', '.join(literal(c) for c in sorted(known) if known[c] == n)}) THEN {_power(sign * n)}"
            for n in sorted({*known.values()})
        ]
        return f"CASE {' '.join(cases)} WHEN {code} ~ '^[A-Z]{{3}}$' THEN {_power(sign * _USUAL)} END"


def _power(digits: int) -> str:
    return f"{Decimal(1).scaleb(digits):f}"


@dataclass(frozen=True, slots=True)
class Amount:
    """A column of amounts. `place`: as a message names it; `written` None: a text's form is not declared."""

    place: str
    column: str
    type: str
    scale: Scale
    rounding: Rounding
    written: Written | None

    @property
    def is_text(self) -> bool:
        """Whether it is a text."""
        return self.type == "text" or self.type.startswith("character")

    @property
    def exact(self) -> bool:
        """Whether nothing is rounded. An undeclared text is never: its 1.234 may be a thousand."""
        return self.rounding == "exact" or (self.is_text and self.written is None)

    @property
    def _form(self) -> Written:
        return self.written or Written()

    @property
    def readable(self) -> str:
        """Whether it is an amount at all, as SQL."""
        name = ident(self.column)
        if not self.is_text:
            return "true"
        return f"(length({name}) <= {_LONGEST_TEXT} AND {name} ~ {literal(self._form.pattern)})"

    @property
    def number(self) -> str:
        """Its value as `numeric`; NULL where it is not readable."""
        name = ident(self.column)
        if not self.is_text:
            return f"CAST(CAST({name} AS text) AS numeric)" if self._is_float else f"CAST({name} AS numeric)"
        plain = f"btrim({name})"
        if self._form.group:
            plain = f"replace({plain}, {literal(self._form.group)}, '')"
        if self._form.decimal != ".":
            plain = f"replace({plain}, {literal(self._form.decimal)}, '.')"
        return f"CASE WHEN {self.readable} THEN CAST({plain} AS numeric) END"

    def rounded(self, minor: str) -> str:
        """Whole minor units from `minor`, by the declared rounding; ties of half_up go away from zero."""
        if self.rounding != "half_even":
            return f"round({minor})"
        return f"CASE WHEN abs({minor} - trunc({minor})) = 0.5 THEN round({minor} * 0.5) * 2 ELSE round({minor}) END"

    @property
    def up(self) -> str:
        """Minor units as bigint, over a row of the old version; fails for what has none."""
        name, m = ident(self.column), "_strangler_minor"
        none = f"CAST({self._fails(f'left(CAST({name} AS text), 40)', self._why_none)} AS bigint)"
        lost = f"CAST({self._fails(f'CAST({name} AS text)', self._why_rounded)} AS bigint)"
        whole = f"WHEN {m} <> round({m}) THEN {lost} " if self.exact else ""
        return (
            f"(SELECT CASE WHEN {name} IS NULL THEN NULL WHEN {m} IS NULL THEN {none} {whole}"
            f"ELSE CAST({self.rounded(m)} AS bigint) END"
            f" FROM (SELECT {self.number} * {self.scale.factor()} AS {m}) AS _strangler_amount)"
        )

    @property
    def down(self) -> str:
        """The old form over a row of the new version; fails where the old type cannot hold the amount."""
        name = ident(self.column)
        amount = f"{name} * {self.scale.factor(-1)}"
        if self.scale.steady is None:
            amount = f"{name} * ({self.scale.factor(-1)})"
        text = f"CAST({amount} AS text)"
        if self.is_text and self._form.decimal != ".":
            text = f"replace({text}, '.', {literal(self._form.decimal)})"
        held = self._held(amount)
        if held is None:
            return text if self.is_text else amount
        failing = self._fails(f"CAST({name} AS text)", "minor units cannot be held by the old version")
        return (
            f"CASE WHEN {name} IS NULL THEN NULL WHEN {held} THEN {text if self.is_text else amount}"
            f" ELSE CAST({failing} AS {'text' if self.is_text else 'numeric'}) END"
        )

    @property
    def meaning(self) -> str:
        """The old value over the new column, `{new}`, for checks and indexes."""
        amount = f"{{new}} * ({self.scale.factor(-1)})"
        text = f"CAST({amount} AS text)"
        if self.is_text and self._form.decimal != ".":
            text = f"replace({text}, '.', {literal(self._form.decimal)})"
        return f"CAST({text if self.is_text else amount} AS {self.type})"

    def finding(self, new: str | None) -> str:
        """What a row's amount comes to, as SQL; `new`: the new column, where it is there already."""
        name, number = ident(self.column), self.number
        minor = f"({number} * {self.scale.factor()})"
        if self.scale.steady is None:
            minor = f"({number} * ({self.scale.factor()}))"
        cases = [
            (f"{name} IS NULL", "null"),
            (f"NOT {self.readable}", "unreadable"),
            (f"{number} = 'NaN'", "nan"),
            (f"{number} IN ('Infinity', '-Infinity')", "infinite"),
            (f"{minor} IS NULL", "currency"),
            (f"{self.rounded(minor)} NOT BETWEEN {_SMALLEST} AND {_LARGEST}", "overflow"),
            *([(f"{new} IS DISTINCT FROM {self.rounded(minor)}", "differs")] if new else []),
            (f"{minor} <> round({minor})", "rounded"),
        ]
        if self.is_text:
            back = f"CAST(round({minor}) * ({self.scale.factor(-1)}) AS text)"
            if self._form.decimal != ".":
                back = f"replace({back}, '.', {literal(self._form.decimal)})"
            cases.append((f"{name} <> {back}", "rewritten"))
        whens = " ".join(f"WHEN {condition} THEN '{what}'" for condition, what in cases)
        return f"CASE {whens} ELSE 'kept' END"

    @property
    def narrow(self) -> bool:
        """Whether the old type cannot hold every amount in minor units."""
        return self._held("x") is not None and not self._is_float and self.scale.steady is not None

    def default(self, old: str | None) -> str | None:
        """The old default in minor units, if it is a number that has them. Raises ValueError where it is not."""
        if old is None:
            return None
        found = _NUMBER.fullmatch(old)
        if found is None:
            raise ValueError(old)
        value = Decimal(found[1])
        if not value:
            return "0"
        if self.scale.steady is None or value.scaleb(self.scale.steady) % 1:
            raise ValueError(old)
        return f"{value.scaleb(self.scale.steady):.0f}"

    @property
    def _is_float(self) -> bool:
        return self.type in {"double precision", "real"}

    def _held(self, amount: str) -> str | None:
        """Whether the old type holds the amount, as SQL; None: it always does."""
        found = _NUMERIC.fullmatch(self.type)
        steady = self.scale.steady
        if self._is_float:
            return f"CAST(CAST(CAST({amount} AS {self.type}) AS text) AS numeric) = {amount}"
        if found and found[2] is not None and (steady is None or int(found[2]) < steady):
            return f"round({amount}, {found[2]}) = {amount}"
        if self.type in {"smallint", "integer", "bigint"} and steady != 0:
            return f"round({amount}) = {amount}"
        return f"{amount} IS NOT NULL" if steady is None else None

    @property
    def _why_none(self) -> str:
        if self.scale.steady is None:
            return f"is no amount, or `{self.scale.column}` names no currency"
        return "is no amount"

    @property
    def _why_rounded(self) -> str:
        return "has more digits than its currency, and no rounding is declared"

    def _fails(self, value: str, why: str) -> str:
        """A text that no number is: casting it fails, and says this."""
        return f"concat({literal(f'strangler: {self.place} ')}, {value}, {literal(f' {why}')})"
