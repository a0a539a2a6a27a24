"""`change_money`: amounts as whole minor units, with their currency beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from strangler.config.base import Part
from strangler_migrations import binding, second_form, surveys
from strangler_migrations.binding import merged
from strangler_migrations.catalog.model import Column
from strangler_migrations.draft import Change, Draft
from strangler_migrations.money import Amount, Rounding, Scale, Written
from strangler_migrations.operations import add_column
from strangler_migrations.operations.base import ColumnSpec, Expression, Name
from strangler_migrations.second_form import Form
from strangler_migrations.sql.names import OURS, ident, literal, prefixed, qualified
from strangler_migrations.statement import Phase, changes

Code = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
"""A currency's three letters (ISO 4217)."""

_TYPES = ("numeric", "double precision", "real", "smallint", "integer", "bigint", "text", "character")


class TextAmounts(Part):
    """How a text column writes its amounts."""

    decimal: Literal[".", ","] = "."
    """Before the minor units."""
    group: Literal["", ".", ",", "'", "\u2019", " ", "\u00a0", "\u202f"] = ""
    """May stand between groups of three digits."""

    @model_validator(mode="after")
    def _apart(self) -> TextAmounts:
        if self.decimal == self.group:
            raise ValueError("the decimal sign and the one between groups are the same")
        return self


class ChangeMoney(Part):
    """Keep amounts in whole minor units, with their currency."""

    KIND: ClassVar = "change_money"

    table: Name
    """The table."""
    columns: tuple[Name, ...] = Field(min_length=1)
    """The amounts: numbers, floats or texts. All that a check binds together belong here together."""
    currency: Code | None = None
    """The currency of all rows; a column says so in the new version."""
    currency_to: Name = "currency"
    """That column."""
    currency_from: Name | None = None
    """Instead: the column that names each row's currency."""
    rounding: Rounding = "exact"
    """What has more digits than its currency: refused (`exact`), or rounded, a half away from zero (`half_up`) or to
    the even neighbour (`half_even`)."""
    text: TextAmounts | None = None
    """How a text writes amounts; undeclared: plain, as 1234.56, and never rounded."""
    digits: dict[Code, Annotated[int, Field(ge=0, le=8)]] = Field(default_factory=dict[str, int])
    """Digits of minor units that are not those of ISO 4217."""
    default: Expression | None = None
    """The default in the new version; needed where the present one is no plain number."""

    @model_validator(mode="after")
    def _one_currency(self) -> ChangeMoney:
        if (self.currency is None) == (self.currency_from is None):
            raise ValueError(
                "amounts have one currency: say `currency`, or `currency_from`, the column that names it"
            )
        if len(set(self.columns)) != len(self.columns) or self.currency_from in self.columns:
            raise ValueError("a column is named twice")
        return self


def phases(operation: ChangeMoney, draft: Draft) -> Change:
    """A second form in bigint; checks and partial indexes keep what they say about amounts."""
    _refuse(operation, draft)
    amounts = {name: _amount(operation, draft, name) for name in operation.columns}
    forms = tuple(_form(operation, draft, amount) for amount in amounts.values())
    change = second_form.given(draft, operation.table, forms, mends=True)
    checks = tuple(surveys.of_amounts(draft, operation.table, amount) for amount in amounts.values())
    narrow = tuple(
        f"until `drop` the new version cannot write all amounts: `{amount.place}` ({amount.type}) has fewer digits"
        for amount in amounts.values()
        if amount.narrow
    )
    change = replace(change, checks=checks, warnings=(*change.warnings, *narrow))
    return _with_currency(operation, change) if operation.currency else change


def _refuse(operation: ChangeMoney, draft: Draft) -> None:
    for name in operation.columns:
        column = draft.column(operation.table, name)
        if not column.type.startswith(_TYPES):
            raise draft.wrong(
                f"`{operation.table}.{name}` is {column.type}, which is neither a number nor a text",
                "make it numeric first, with alter_column",
            )
        if operation.text is not None and not column.type.startswith(("text", "character")):
            raise draft.wrong(
                f"`{operation.table}.{name}` is {column.type}, and `text` says how texts are written"
            )
    if operation.currency_from is not None:
        draft.column(operation.table, operation.currency_from)
    elif operation.currency_to in draft.visible(operation.table).columns:
        raise draft.wrong(
            f"`{operation.table}.{operation.currency_to}` is there already",
            f"`currency_from: {operation.currency_to}` if it names the currency, else another name by `currency_to`",
        )


def _amount(operation: ChangeMoney, draft: Draft, name: str) -> Amount:
    column = draft.column(operation.table, name)
    text = operation.text
    return Amount(
        f"{operation.table}.{name}",
        name,
        column.type,
        Scale(operation.currency, operation.currency_from, operation.digits),
        operation.rounding,
        Written(text.decimal, text.group) if text else None,
    )


def _form(operation: ChangeMoney, draft: Draft, amount: Amount) -> Form:
    column = draft.column(operation.table, amount.column)
    default = operation.default or _default(draft, amount, column)
    return Form(
        amount.column,
        "bigint",
        column.nullable,
        default,
        column.comment,
        amount.up,
        amount.down,
        _physical(operation, draft, amount).meaning,
    )


def _physical(operation: ChangeMoney, draft: Draft, amount: Amount) -> Amount:
    """The same, naming columns as the table does: in constraints."""
    if operation.currency_from is None:
        return amount
    source = draft.column(operation.table, operation.currency_from).name
    return replace(amount, scale=replace(amount.scale, column=source))


def _default(draft: Draft, amount: Amount, column: Column) -> str | None:
    try:
        return amount.default(column.default)
    except ValueError:
        raise draft.wrong(
            f"`{amount.place}` has the default {column.default}, which is no whole number of minor units",
            "say what it is there: `default: …`",
        ) from None


def _with_currency(operation: ChangeMoney, change: Change) -> Change:
    """The currency's column, which the old version does not know: until `drop` it has but the one value."""
    code, column = literal(operation.currency), operation.currency_to
    spec = ColumnSpec(name=column, type="char(3)", default=code)
    added = add_column.phases(add_column.AddColumn(table=operation.table, column=spec), change.draft)
    table = change.draft.visible(operation.table).table
    name = prefixed(f"{OURS}only_", column)
    only = binding.checked(change.draft, table, name, f"CHECK ({ident(column)} = {code})")
    final = change.draft.final(table)
    freed = changes(
        final,
        f"ALTER TABLE {qualified(change.draft.catalog.schema, final)} DROP CONSTRAINT IF EXISTS {ident(name)}",
        None,
        unit=f"drop {final}",
        why="other currencies had no old form",
    )
    parts = merged(change.phases, added.phases, only, {Phase.DROP: (freed,)})
    return replace(change, phases=parts, draft=added.draft)
