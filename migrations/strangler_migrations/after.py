"""The catalogue that a migration leaves when it is dropped: what the next file of a sequence is planned over. Pure.

It is read off the plan's own statements, whose shapes are few; so an operation says once what it does. What SQL of the
user's makes is not foreseen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Final

from strangler_migrations.catalog.model import Catalog, Constraint, ConstraintKind, Index, Table
from strangler_migrations.migration import Loaded
from strangler_migrations.operations.create_table import CreateTable, clause
from strangler_migrations.operations.sql import Sql
from strangler_migrations.plan import Plan
from strangler_migrations.sql.names import SYNCED, ident, idents, qualified
from strangler_migrations.sql.tokens import mentioned, renamed
from strangler_migrations.statement import Phase

_I: Final = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_ON: Final = rf"ALTER TABLE {_I}\.(?P<t>{_I}) "
_KINDS: Final[Mapping[str, ConstraintKind]] = {
    "check": "check",
    "foreign_key": "foreign",
    "unique": "unique",
    "primary_key": "primary",
    "exclude": "exclude",
}

type Step = Callable[[Catalog, Table, Mapping[str, str]], Catalog]


def foreseen(migration: Loaded) -> bool:
    """Whether all that it leaves is foreseen: it runs no SQL of the user's."""
    return not any(isinstance(operation, Sql) for operation in migration.operations)


def after(plan: Plan, migration: Loaded) -> Catalog:
    """The catalogue once the migration is dropped."""
    own = {each.up for each in migration.operations if isinstance(each, Sql)}
    begun = reduce(_made, (o for o in migration.operations if isinstance(o, CreateTable)), plan.draft.catalog)
    sequence = (each.sql for phase in Phase for each in plan.phases[phase])
    ended = reduce(_stepped, (sql for sql in sequence if sql not in own), begun)
    tables = {
        table.name: replace(table, columns={n: c for n, c in table.columns.items() if n != SYNCED})
        for table in ended.tables.values()
    }
    return replace(ended, tables=tables)


def _made(catalog: Catalog, operation: CreateTable) -> Catalog:
    """With the constraints that a new table was given; its foreign keys are statements of their own."""
    table, name = catalog.tables[operation.name], operation.name
    own = [
        Constraint(
            each.name,
            _KINDS[each.type],
            each.columns or tuple(sorted(mentioned(each.check or "", table.columns))),
            clause(each),
        )
        for each in operation.constraints
        if each.type not in {"foreign_key", "primary_key"}
    ]
    for column in operation.columns:
        if column.check is not None:
            check = f"CHECK ({column.check.constraint})"
            own.append(Constraint(column.check.name, "check", (column.name,), check))
        if column.unique:
            key = f"{name}_{column.name}_key"
            own.append(Constraint(key, "unique", (column.name,), f"UNIQUE ({column.name})"))
    indexes = {
        each.name: Index(
            each.name,
            _indexdef(each.name, f"USING btree ({idents(each.columns)})", unique=True),
            each.columns,
            unique=True,
            constraint=True,
        )
        for each in own
        if each.kind == "unique"
    }
    return catalog.with_table(
        replace(
            table,
            constraints={**table.constraints, **{each.name: each for each in own}},
            indexes={**table.indexes, **indexes},
        )
    )


def _stepped(catalog: Catalog, sql: str) -> Catalog:
    for pattern, step in _STEPS:
        if (found := pattern.match(sql)) is not None:
            names = {key: _name(value) for key, value in found.groupdict().items() if value is not None}
            table = catalog.tables.get(names.get("t", ""))
            return catalog if table is None else step(catalog, table, names)
    for pattern, change in _TYPES:
        if (found := pattern.match(sql)) is not None:
            return change(catalog, {key: _name(value) for key, value in found.groupdict().items()})
    if (found := _TYPE_MADE.match(sql)) is not None:
        return replace(catalog, types={**catalog.types, _name(found["a"]): f"enum {found['b']}"})
    if (found := _TYPE_GONE.match(sql)) is not None:
        return _type_changed(catalog, _name(found["a"]), found["b"] and _name(found["b"]))
    for pattern in _INDEXES:
        if (found := pattern.match(sql)) is not None:
            return _index_changed(catalog, {key: _name(value) for key, value in found.groupdict().items()})
    return catalog


def _name(text: str) -> str:
    return text[1:-1].replace('""', '"') if text.startswith('"') and text.endswith('"') else text


def _column_renamed(catalog: Catalog, table: Table, names: Mapping[str, str]) -> Catalog:
    way = {names["a"]: names["b"]}

    def of(columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(way.get(column, column) for column in columns)

    return catalog.with_table(
        replace(
            table,
            columns={
                way.get(n, n): replace(c, name=way.get(n, n)) if n in way else c
                for n, c in table.columns.items()
            },
            constraints={
                n: replace(c, columns=of(c.columns), definition=renamed(c.definition, way, table.name))
                for n, c in table.constraints.items()
            },
            indexes={
                n: replace(i, columns=of(i.columns), definition=renamed(i.definition, way))
                for n, i in table.indexes.items()
            },
        )
    )


def _column_dropped(catalog: Catalog, table: Table, names: Mapping[str, str]) -> Catalog:
    gone = names["a"]
    return catalog.with_table(
        replace(
            table,
            columns={n: c for n, c in table.columns.items() if n != gone},
            constraints={n: c for n, c in table.constraints.items() if gone not in c.columns},
            indexes={n: i for n, i in table.indexes.items() if gone not in i.columns},
        )
    )


def _default(catalog: Catalog, table: Table, names: Mapping[str, str]) -> Catalog:
    if (column := table.columns.get(names["a"])) is None:
        return catalog
    default = names.get("b")
    return catalog.with_table(table.having(replace(column, default=default, volatile=False)))


def _not_null(catalog: Catalog, table: Table, names: Mapping[str, str]) -> Catalog:
    column = table.columns.get(names["a"])
    return catalog if column is None else catalog.with_table(table.having(replace(column, nullable=False)))


def _nullable(catalog: Catalog, table: Table, names: Mapping[str, str]) -> Catalog:
    column = table.columns.get(names["a"])
    return catalog if column is None else catalog.with_table(table.having(replace(column, nullable=True)))


def _identity_moved(catalog: Catalog, table: Table, names: Mapping[str, str]) -> Catalog:
    giver, taker = table.columns.get(names["a"]), table.columns.get(names["b"])
    if giver is None or taker is None:
        return catalog
    moved = replace(taker, identity=giver.identity), replace(giver, identity="")
    return catalog.with_table(table.having(*moved))


def _type_made(catalog: Catalog, names: Mapping[str, str]) -> Catalog:
    return replace(catalog, types={**catalog.types, names["a"]: f"enum {names['b']}"})


def _type_renamed(catalog: Catalog, names: Mapping[str, str]) -> Catalog:
    """With the columns of the type, and what is said of its values."""
    old, new = ident(names["a"]), ident(names["b"])
    types = {names["b"] if n == names["a"] else n: text for n, text in catalog.types.items()}
    tables = {
        table.name: replace(
            table,
            columns={n: replace(c, type=new) if c.type == old else c for n, c in table.columns.items()},
            constraints={
                n: replace(c, definition=c.definition.replace(f"::{old}", f"::{new}"))
                for n, c in table.constraints.items()
            },
            indexes={
                n: replace(i, definition=i.definition.replace(f"::{old}", f"::{new}"))
                for n, i in table.indexes.items()
            },
        )
        for table in catalog.tables.values()
    }
    return replace(catalog, types=types, tables=tables)


def _type_dropped(catalog: Catalog, names: Mapping[str, str]) -> Catalog:
    return replace(catalog, types={n: text for n, text in catalog.types.items() if n != names["a"]})


def _table_renamed(catalog: Catalog, table: Table, names: Mapping[str, str]) -> Catalog:
    to = names["b"]
    tables = {n: _pointing(t, table.name, to) for n, t in catalog.tables.items() if n != table.name}
    return replace(catalog, tables={**tables, to: replace(_pointing(table, table.name, to), name=to)})


def _pointing(table: Table, was: str, to: str) -> Table:
    moved = {n: replace(c, references=to) if c.references == was else c for n, c in table.constraints.items()}
    return replace(table, constraints=moved)


def _table_dropped(catalog: Catalog, table: Table, _names: Mapping[str, str]) -> Catalog:
    return replace(catalog, tables={n: t for n, t in catalog.tables.items() if n != table.name})


def _constraint_added(catalog: Catalog, table: Table, names: Mapping[str, str]) -> Catalog:
    definition = names["b"].removesuffix(" NOT VALID")
    kind: ConstraintKind = "check" if definition.startswith("CHECK") else "foreign"
    own = definition.partition(" REFERENCES ")[0] if kind == "foreign" else definition
    columns = tuple(sorted(mentioned(own, table.columns)))
    references = _name(names["there"]) if "there" in names else None
    return _with(catalog, table, Constraint(names["a"], kind, columns, definition, references=references))


def _constraint_adopted(catalog: Catalog, table: Table, names: Mapping[str, str]) -> Catalog:
    """UNIQUE or PRIMARY KEY over an index, which gets the constraint's name."""
    if (index := table.indexes.get(names["c"])) is None:
        return catalog
    primary = names["b"] == "PRIMARY KEY"
    index = replace(index, name=names["a"], constraint=True)
    others = {n: i for n, i in table.indexes.items() if n != names["c"]}
    table = replace(table, indexes={**others, index.name: index})
    keyed = _in_order(index.definition.partition(" USING ")[2].partition(" INCLUDE ")[0], table)
    definition = f"{names['b']} ({', '.join(keyed)})"
    added = Constraint(index.name, "primary" if primary else "unique", keyed, definition)
    return _with(catalog, table, added)


def _with(catalog: Catalog, table: Table, constraint: Constraint) -> Catalog:
    return catalog.with_table(replace(table, constraints={**table.constraints, constraint.name: constraint}))


def _constraint_dropped(catalog: Catalog, table: Table, names: Mapping[str, str]) -> Catalog:
    kept = {n: c for n, c in table.constraints.items() if n != names["a"]}
    indexes = {n: i for n, i in table.indexes.items() if n != names["a"]}
    return catalog.with_table(replace(table, constraints=kept, indexes=indexes))


def _constraint_renamed(catalog: Catalog, table: Table, names: Mapping[str, str]) -> Catalog:
    way = {names["a"]: names["b"]}
    constraints = {way.get(n, n): replace(c, name=way.get(n, n)) for n, c in table.constraints.items()}
    indexes = {way.get(n, n): replace(i, name=way.get(n, n)) for n, i in table.indexes.items()}
    return catalog.with_table(replace(table, constraints=constraints, indexes=indexes))


def _index_made(catalog: Catalog, table: Table, names: Mapping[str, str]) -> Catalog:
    rest = names["b"]
    definition = _indexdef(names["a"], rest, unique="u" in names)
    index = Index(names["a"], definition, _in_order(rest, table), unique="u" in names)
    return catalog.with_table(replace(table, indexes={**table.indexes, index.name: index}))


def _indexdef(name: str, rest: str, *, unique: bool) -> str:
    """As `pg_get_indexdef` begins."""
    return f"CREATE {'UNIQUE ' if unique else ''}INDEX {ident(name)} ON _ {rest}"


def _in_order(text: str, table: Table) -> tuple[str, ...]:
    """The columns that a text mentions, in its order."""
    known = mentioned(text, table.columns)
    return tuple(sorted(known, key=text.find))


def _index_changed(catalog: Catalog, names: Mapping[str, str]) -> Catalog:
    """Renamed, or (without a new name) dropped."""
    if (table := catalog.relation_of_index(names["a"])) is None:
        return catalog
    to = names.get("b")
    indexes = {n: i for n, i in table.indexes.items() if n != names["a"]}
    constraints = dict(table.constraints)
    if to is not None:
        indexes[to] = replace(table.indexes[names["a"]], name=to)
        if names["a"] in constraints:
            constraints[to] = replace(constraints.pop(names["a"]), name=to)
    return catalog.with_table(replace(table, indexes=indexes, constraints=constraints))


def _type_changed(catalog: Catalog, name: str, to: str | None) -> Catalog:
    """Renamed, or (without a new name) dropped."""
    types = {n: text for n, text in catalog.types.items() if n != name}
    if to is None:
        return replace(catalog, types=types)
    types[to] = catalog.types.get(name, "")
    ways = {ident(name): ident(to), qualified(catalog.schema, name): ident(to)}
    tables = {
        t.name: replace(
            t, columns={n: replace(c, type=ways.get(c.type, c.type)) for n, c in t.columns.items()}
        )
        for t in catalog.tables.values()
    }
    return replace(catalog, types=types, tables=tables)


def _steps() -> list[tuple[re.Pattern[str], Step]]:
    found: dict[str, Step] = {
        rf"{_ON}RENAME COLUMN (?P<a>{_I}) TO (?P<b>{_I})$": _column_renamed,
        rf"{_ON}DROP COLUMN (?:IF EXISTS )?(?P<a>{_I})$": _column_dropped,
        rf"{_ON}ALTER COLUMN (?P<a>{_I}) SET DEFAULT (?P<b>.+)$": _default,
        rf"{_ON}ALTER COLUMN (?P<a>{_I}) DROP DEFAULT$": _default,
        rf"{_ON}ALTER COLUMN (?P<a>{_I}) SET NOT NULL$": _not_null,
        rf"{_ON}ALTER COLUMN (?P<a>{_I}) DROP NOT NULL$": _nullable,
        rf"DO \$.*?{_ON}ALTER COLUMN (?P<a>{_I}) DROP IDENTITY;.*? ALTER COLUMN (?P<b>{_I}) ADD GENERATED": (
            _identity_moved
        ),
        rf"{_ON}RENAME TO (?P<b>{_I})$": _table_renamed,
        rf"{_ON}RENAME CONSTRAINT (?P<a>{_I}) TO (?P<b>{_I})$": _constraint_renamed,
        rf"{_ON}DROP CONSTRAINT (?:IF EXISTS )?(?P<a>{_I})$": _constraint_dropped,
        rf"{_ON}ADD CONSTRAINT (?P<a>{_I}) (?P<b>UNIQUE|PRIMARY KEY) USING INDEX (?P<c>{_I})": _constraint_adopted,
        rf"{_ON}ADD CONSTRAINT (?P<a>{_I}) (?P<b>FOREIGN KEY .* REFERENCES {_I}\.(?P<there>{_I}).*)$": (
            _constraint_added
        ),
        rf"{_ON}ADD CONSTRAINT (?P<a>{_I}) (?P<b>CHECK .*)$": _constraint_added,
        rf"CREATE (?P<u>UNIQUE )?INDEX CONCURRENTLY (?P<a>{_I}) ON {_I}\.(?P<t>{_I}) (?P<b>.*)$": _index_made,
        rf"DROP TABLE (?:IF EXISTS )?{_I}\.(?P<t>{_I})$": _table_dropped,
    }
    return [(re.compile(pattern, re.DOTALL), step) for pattern, step in found.items()]


_STEPS: Final = _steps()
_TYPES: Final[tuple[tuple[re.Pattern[str], Callable[[Catalog, Mapping[str, str]], Catalog]], ...]] = (
    (re.compile(rf"CREATE TYPE {_I}\.(?P<a>{_I}) AS ENUM \((?P<b>.*)\)$", re.DOTALL), _type_made),
    (re.compile(rf"ALTER TYPE {_I}\.(?P<a>{_I}) RENAME TO (?P<b>{_I})$"), _type_renamed),
    (re.compile(rf"DROP TYPE (?:IF EXISTS )?{_I}\.(?P<a>{_I})$"), _type_dropped),
)
_TYPE_MADE: Final = re.compile(rf"CREATE TYPE {_I}\.(?P<a>{_I}) AS ENUM \((?P<b>.*)\)$", re.DOTALL)
_TYPE_GONE: Final = re.compile(
    rf"(?:ALTER TYPE|DROP TYPE IF EXISTS) {_I}\.(?P<a>{_I})(?: RENAME TO (?P<b>{_I}))?$"
)
_INDEXES: Final = (
    re.compile(rf"ALTER INDEX {_I}\.(?P<a>{_I}) RENAME TO (?P<b>{_I})$"),
    re.compile(rf"DROP INDEX (?:CONCURRENTLY )?(?:IF EXISTS )?{_I}\.(?P<a>{_I})$"),
)
