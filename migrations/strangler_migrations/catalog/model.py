"""A schema's catalogue as a pure value: equal where two databases mean the same, whatever order things were made in.

Sizes and estimates are in it for the plan, and take no part in the comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

type Grants = frozenset[tuple[str, str, bool]]
"""Role (`public` for everybody), privilege, with grant option."""
type ConstraintKind = Literal["primary", "unique", "check", "foreign", "exclude"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `type` as SQL writes it; `identity`: always, by default, or none; `generated`: its expression."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    identity: Literal["", "ALWAYS", "BY DEFAULT"] = ""
    generated: str | None = None
    collation: str | None = None
    comment: str | None = None
    grants: Grants = frozenset()
    volatile: bool = False
    """Whether the default gives another value each time."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint; `definition` as `pg_get_constraintdef` prints it. NOT NULL is the column's."""

    name: str
    kind: ConstraintKind
    columns: tuple[str, ...]
    definition: str
    validated: bool = True
    references: str | None = None
    comment: str | None = None

    @property
    def there(self) -> tuple[str, ...]:
        """Of a foreign key: the columns it points at."""
        names = self.definition.partition(" REFERENCES ")[2].partition("(")[2].partition(")")[0]
        return tuple(part.strip().strip('"').replace('""', '"') for part in names.split(",") if part)


@dataclass(frozen=True, slots=True)
class Index:
    """An index; `definition` as `pg_get_indexdef` prints it; `columns` it reads, by name; `constraint`: it has one."""

    name: str
    definition: str
    columns: tuple[str, ...]
    unique: bool = False
    valid: bool = True
    constraint: bool = False


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger of the user's; `enabled` as pg_trigger.tgenabled has it."""

    name: str
    definition: str
    enabled: str = "O"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy of row security."""

    name: str
    command: str
    roles: tuple[str, ...]
    using: str | None
    check: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table, plain or partitioned. `rows` and `bytes` are estimates, -1 rows where nobody counted yet."""

    name: str
    columns: Mapping[str, Column]
    kind: Literal["plain", "partitioned", "partition", "inherited"] = "plain"
    """`inherited`: others inherit from it, or it from others; triggers and keys of the one do not hold in the other."""
    constraints: Mapping[str, Constraint] = field(default_factory=dict[str, Constraint])
    indexes: Mapping[str, Index] = field(default_factory=dict[str, Index])
    triggers: Mapping[str, Trigger] = field(default_factory=dict[str, Trigger])
    policies: Mapping[str, Policy] = field(default_factory=dict[str, Policy])
    owner: str = ""
    grants: Grants = frozenset()
    comment: str | None = None
    row_security: bool = False
    replica_identity: str = "default"
    """`default`, `nothing`, `full`, or `index NAME`."""
    partition_key: str | None = None
    rows: int = field(default=-1, compare=False)
    bytes: int = field(default=0, compare=False)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key; none without one."""
        return next((c.columns for c in self.constraints.values() if c.kind == "primary"), ())

    def having(self, *columns: Column) -> Table:
        """The same with further columns."""
        return replace(self, columns={**self.columns, **{column.name: column for column in columns}})


@dataclass(frozen=True, slots=True)
class View:
    """A view; `reads`: the tables and columns of this schema that it stands on."""

    name: str
    definition: str
    options: tuple[str, ...] = ()
    grants: Grants = frozenset()
    reads: frozenset[tuple[str, str]] = frozenset()
    materialized: bool = False


@dataclass(frozen=True, slots=True)
class Server:
    """Where it stands; no part of what is compared."""

    version: int
    """170002 for 17.2."""
    database: str = ""
    user: str = ""
    standby: bool = False
    superuser: bool = False
    search_path: tuple[str, ...] = ()
    """The schemas that names without one are looked up in."""
    memberships: frozenset[str] = frozenset()
    """The roles whose tables may be changed."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """A schema with all that is in it."""

    schema: str
    tables: Mapping[str, Table]
    views: Mapping[str, View] = field(default_factory=dict[str, View])
    sequences: Mapping[str, str] = field(default_factory=dict[str, str])
    """Name → type, steps and owner, as text."""
    types: Mapping[str, str] = field(default_factory=dict[str, str])
    """Enums, domains and composites → what they are, as text."""
    functions: Mapping[str, str] = field(default_factory=dict[str, str])
    """Signature → digest of the definition."""
    usage: Grants = frozenset()
    """Who may use the schema."""
    foreign_views: Mapping[str, frozenset[tuple[str, str]]] = field(
        default_factory=dict[str, frozenset[tuple[str, str]]], compare=False
    )
    """Views of other schemas → the tables and columns of this one that they stand on."""
    foreign_keys: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)
    """Foreign keys of other schemas' tables → the table of this one that they point at."""
    type_users: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]], compare=False
    )
    """Enums → what is made with them besides columns of this schema's tables, as PostgreSQL describes it."""
    server: Server = field(default_factory=lambda: Server(0), compare=False)

    def with_table(self, table: Table) -> Catalog:
        """The same with this table, new or changed."""
        return replace(self, tables={**self.tables, table.name: table})

    def referencing(self, table: str) -> list[tuple[str, Constraint]]:
        """The foreign keys that point at a table, with the tables they are of."""
        return [
            (each.name, constraint)
            for each in self.tables.values()
            for constraint in each.constraints.values()
            if constraint.references == table
        ]

    def relation_of_index(self, name: str) -> Table | None:
        """The table an index is of."""
        return next((table for table in self.tables.values() if name in table.indexes), None)
