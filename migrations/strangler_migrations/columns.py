"""A column of the file as SQL, and as the catalogue will have it."""

from __future__ import annotations

import re
from typing import Final

from strangler_migrations.catalog.model import Column
from strangler_migrations.operations.base import ColumnSpec, ForeignKeyOptions
from strangler_migrations.sql.names import ident

_SERIAL: Final = re.compile(r"(small|big)?serial[248]?", re.IGNORECASE)
# What is the same for every row of a statement; PostgreSQL then adds a column without rewriting the table.
_STEADY: Final = re.compile(
    r"\b(now|transaction_timestamp|statement_timestamp|current_setting)\s*\(\s*('[^']*'\s*(,\s*true\s*)?)?\)",
    re.IGNORECASE,
)
_TEXTS: Final = re.compile(r"'(?:[^']|'')*'")


def is_serial(type_: str) -> bool:
    """Whether the type stands for a number drawn from a sequence."""
    return _SERIAL.fullmatch(type_.strip()) is not None


def may_vary(default: str | None) -> bool:
    """Whether a default may give another value for each row; PostgreSQL would rewrite the table for it."""
    return default is not None and "(" in _TEXTS.sub("", _STEADY.sub("", default))


def definition(spec: ColumnSpec) -> str:
    """`name type NOT NULL DEFAULT …`, without constraints that have names."""
    parts = [ident(spec.name), spec.type]
    if spec.generated and spec.generated.identity:
        options = spec.generated.identity.sequence_options
        parts.append(f"GENERATED {spec.generated.identity.user_specified_values} AS IDENTITY")
        parts += [f"({options})"] if options else []
    elif spec.generated and spec.generated.expression:
        parts.append(f"GENERATED ALWAYS AS ({spec.generated.expression}) STORED")
    if not spec.nullable and not spec.pk:
        parts.append("NOT NULL")
    if spec.default is not None:
        parts.append(f"DEFAULT {spec.default}")
    return " ".join(parts)


def expected(spec: ColumnSpec) -> Column:
    """The column as the catalogue will have it, as far as a later operation asks."""
    generated = spec.generated
    numbered = is_serial(spec.type)
    return Column(
        spec.name,
        spec.type,
        spec.nullable and not spec.pk,
        "nextval('')" if numbered else spec.default,
        generated.identity.user_specified_values if generated and generated.identity else "",
        generated.expression if generated else None,
        comment=spec.comment,
        volatile=numbered or may_vary(spec.default),
    )


def foreign_key(
    columns: str, table: str, there: str, options: ForeignKeyOptions, only: tuple[str, ...] = ()
) -> str:
    """`FOREIGN KEY (…) REFERENCES …` with its options; `only`: what ON DELETE SET sets."""
    parts = [f"FOREIGN KEY ({columns}) REFERENCES {table} ({there})"]
    if options.match_type != "SIMPLE":
        parts.append(f"MATCH {options.match_type}")
    if options.on_delete != "NO ACTION":
        parts.append(f"ON DELETE {options.on_delete}")
        parts += [f"({', '.join(map(ident, only))})"] if only else []
    if options.on_update != "NO ACTION":
        parts.append(f"ON UPDATE {options.on_update}")
    return " ".join(parts) + deferral(deferrable=options.deferrable, deferred=options.initially_deferred)


def deferral(*, deferrable: bool, deferred: bool) -> str:
    """` DEFERRABLE INITIALLY DEFERRED`, as far as it is so."""
    if not (deferrable or deferred):
        return ""
    return " DEFERRABLE INITIALLY DEFERRED" if deferred else " DEFERRABLE"
