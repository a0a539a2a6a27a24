"""All that a migration will do, decided before anything is touched: operations folded over the catalogue."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Final, cast

from strangler.errors import UsageError
from strangler_migrations import grace, sync, versions
from strangler_migrations.agreement import Agreement, agreement, kept_agreement
from strangler_migrations.binding import expand
from strangler_migrations.catalog.model import Catalog
from strangler_migrations.checks import Check
from strangler_migrations.draft import Change, Draft, Pair, begun
from strangler_migrations.filling import Filling, filling
from strangler_migrations.migration import Loaded
from strangler_migrations.operations import (
    add_column,
    alter_column,
    change_enum,
    change_money,
    copy_table,
    create_constraint,
    create_index,
    create_table,
    drop_column,
    drop_constraint,
    drop_index,
    drop_multicolumn_constraint,
    drop_table,
    merge_columns,
    move_column,
    rename_column,
    rename_constraint,
    rename_table,
    set_replica_identity,
    split_column,
    sql,
    verify,
    widen_key,
)
from strangler_migrations.operations.entry import Operation
from strangler_migrations.sql.names import ident
from strangler_migrations.sql.tokens import mentioned
from strangler_migrations.statement import AFTER, BEFORE, Lock, Phase, Statement

type Planner = Callable[[Any, Draft], Change]

_PLANNERS: Final[dict[type, Any]] = {
    create_table.CreateTable: create_table.phases,
    drop_table.DropTable: drop_table.phases,
    rename_table.RenameTable: rename_table.phases,
    add_column.AddColumn: add_column.phases,
    drop_column.DropColumn: drop_column.phases,
    rename_column.RenameColumn: rename_column.phases,
    alter_column.AlterColumn: alter_column.phases,
    change_money.ChangeMoney: change_money.phases,
    create_index.CreateIndex: create_index.phases,
    drop_index.DropIndex: drop_index.phases,
    create_constraint.CreateConstraint: create_constraint.phases,
    rename_constraint.RenameConstraint: rename_constraint.phases,
    drop_constraint.DropConstraint: drop_constraint.phases,
    drop_multicolumn_constraint.DropMulticolumnConstraint: drop_multicolumn_constraint.phases,
    set_replica_identity.SetReplicaIdentity: set_replica_identity.phases,
    split_column.SplitColumn: split_column.phases,
    merge_columns.MergeColumns: merge_columns.phases,
    move_column.MoveColumn: move_column.phases,
    widen_key.WidenKey: widen_key.phases,
    change_enum.ChangeEnum: change_enum.phases,
    verify.Verify: verify.phases,
    copy_table.CopyTable: copy_table.phases,
    sql.Sql: sql.phases,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A migration's statements by phase, and what its backfill writes.

    `version` and `previous`: the schemas of the new and of the old version (None: clients use the tables themselves).
    """

    name: str
    version: str
    previous: str | None
    catalog: Catalog
    draft: Draft
    phases: Mapping[Phase, tuple[Statement, ...]]
    fillings: tuple[Filling, ...]
    pairs: tuple[Pair, ...]
    warnings: tuple[str, ...]
    checks: tuple[Check, ...]
    agreements: tuple[Agreement, ...]

    @property
    def way_back(self) -> Mapping[Phase, str | None]:
        """Per phase what makes a rollback impossible once it ran; None: nothing."""
        return {
            phase: next((statement.sql for statement in statements if statement.undo is None), None)
            for phase, statements in self.phases.items()
        }


def phases(operation: Operation, draft: Draft) -> Change:
    """What one operation does. Pure. Raises UsageError where it cannot be done, saying the safe way."""
    planner: Planner = _PLANNERS[type(operation)]
    return planner(operation, draft)


def plan(migration: Loaded, catalog: Catalog, previous: str | None = None) -> Plan:
    """The plan over a catalogue. Raises UsageError where it cannot be done without downtime, saying the safe way."""
    version = versions.schema_name(catalog.schema, migration.version)
    _alone(migration)
    first = replace(begun(catalog), versions=(version, previous))
    draft, _ = _folded(migration, first)
    # Once more, with what every table will be called in the end.
    draft, changes = _folded(migration, replace(first, finals=draft.finals))
    pairs = _resolved(change_pairs(changes), draft)
    steps = {phase: tuple(s for change in changes for s in change.phases.get(phase, ())) for phase in Phase}
    tables = defaultdict[str, list[Pair]](list)
    for pair in pairs:
        tables[pair.table].append(pair)
    steps[Phase.START] = (
        *_expanded(steps[Phase.START], catalog, tables, version, previous),
        *views(draft, version),
    )
    steps[Phase.COMPLETE] = _contracted(steps[Phase.COMPLETE], draft, catalog, tables, version, previous)
    ends = [s for table in tables for s in grace.ended(catalog, table, draft.final(table))]
    steps[Phase.DROP] = _together((*ends, *steps[Phase.DROP]))
    fillings = (
        *(filling(draft.catalog, table, found) for table, found in tables.items()),
        *(each for change in changes for each in change.fillings),
    )
    warnings = tuple(dict.fromkeys(w for change in changes for w in change.warnings))
    checks = tuple(check for change in changes for check in change.checks)
    agreements = (
        *(agreement(catalog, table, found) for table, found in tables.items()),
        *(a for t, found in tables.items() for a in kept_agreement(catalog, t, _final(draft, t), found)),
    )
    return Plan(
        migration.name,
        version,
        previous,
        catalog,
        draft,
        steps,
        fillings,
        pairs,
        warnings,
        checks,
        agreements,
    )


def change_pairs(changes: Iterable[Change]) -> list[Pair]:
    """The pairs of all operations, in order."""
    return [pair for change in changes for pair in change.pairs]


def views(draft: Draft, version: str) -> tuple[Statement, ...]:
    """The statements that publish the new version, over the draft's catalogue."""
    return tuple(versions.published(draft.catalog, dict(draft.shown), version))


def _folded(migration: Loaded, draft: Draft) -> tuple[Draft, list[Change]]:
    def step(state: tuple[Draft, list[Change]], item: tuple[int, Operation]) -> tuple[Draft, list[Change]]:
        so_far, done = state
        index, operation = item
        change = phases(operation, replace(so_far, where=migration.where(index)))
        return change.draft, [*done, change]

    return reduce(step, enumerate(migration.operations), (draft, cast("list[Change]", [])))


def _alone(migration: Loaded) -> None:
    """Keys and types are taken as the catalogue has them. Raises UsageError where another operation adds to them."""
    for index, operation in enumerate(migration.operations):
        if isinstance(operation, widen_key.WidenKey) and len(migration.operations) > 1:
            raise UsageError(
                "widen_key goes with no other operation: all that points at the key must be there already",
                where=migration.where(index),
                remedy="put it into a file of its own",
            )
        others = [each for each in migration.operations if each is not operation]
        if isinstance(operation, change_enum.ChangeEnum) and _named(others, operation.type):
            raise UsageError(
                f"another operation of this file says `{operation.type}`, which would be the old type",
                where=migration.where(index),
                remedy="put it into a file of its own",
            )
        if isinstance(operation, move_column.MoveColumn):
            if any(
                isinstance(e, type(operation)) and (e.table, e.to) == (operation.table, operation.to)
                for e in others
            ):
                raise UsageError(
                    f"two operations of this file move columns of `{operation.table}` to `{operation.to}`",
                    where=migration.where(index),
                    remedy="name all of them in `columns` of one",
                )
            beside = (create_table.CreateTable, move_column.MoveColumn)
            others = [each for each in others if not isinstance(each, beside)]
            if any(_named(others, name) for name in (operation.table, operation.to)):
                raise UsageError(
                    f"another operation of this file says `{operation.table}` or `{operation.to}`",
                    where=migration.where(index),
                    remedy="put it into a file of its own; only create_table and move_column may stand beside it",
                )


def _named(operations: Iterable[Operation], name: str) -> bool:
    """Whether one of them says a name anywhere."""
    return any(re.search(rf"\b{re.escape(name)}\b", each.model_dump_json()) for each in operations)


def _resolved(pairs: Sequence[Pair], draft: Draft) -> tuple[Pair, ...]:
    """The pairs, each reading the new forms that later operations gave its columns.

    Raises UsageError for one whose `up` needs what another operation of the same file computes.
    """
    news = {(pair.table, pair.old): pair.new for pair in pairs if pair.old and pair.new}
    made = {(pair.table, pair.new) for pair in pairs if pair.new}
    for pair in pairs:
        for name in mentioned(pair.up or "", pair.up_row):
            if (pair.table, pair.up_row[name]) in made:
                raise replace(draft, where=pair.where).wrong(
                    f"`up` of `{pair.name}` reads `{name}`, which this file changes, too",
                    "put the second change into a file of its own",
                )
    return tuple(
        replace(pair, down_row={n: news.get((pair.table, c)) or c for n, c in pair.down_row.items()})
        for pair in pairs
    )


def _expanded(
    statements: Sequence[Statement],
    catalog: Catalog,
    tables: Mapping[str, list[Pair]],
    version: str,
    previous: str | None,
) -> tuple[Statement, ...]:
    """A table's columns, constraints and triggers in one transaction: a constraint must not come before its trigger."""
    units = {expand(table) for table in tables}
    first = [statement for statement in statements if statement.unit not in units]
    rest = [
        each
        for table, pairs in tables.items()
        for each in (
            *(statement for statement in statements if statement.unit == expand(table)),
            *sync.installed(catalog, table, pairs, version, previous),
        )
    ]
    return (*first, *rest)


def _contracted(
    statements: Sequence[Statement],
    draft: Draft,
    catalog: Catalog,
    tables: Mapping[str, list[Pair]],
    version: str,
    previous: str | None,
) -> tuple[Statement, ...]:
    """The old version goes first; then all names change places in one transaction, and the old columns are fed."""
    gone: list[Statement] = []
    if previous is not None:
        back = versions.published(catalog, dict(begun(catalog).shown), previous)
        undo = tuple(statement.sql for statement in back)
        sql_ = f"DROP SCHEMA IF EXISTS {ident(previous)} CASCADE"
        gone.append(
            Statement(
                sql_,
                Lock.ACCESS_EXCLUSIVE,
                (),
                undo,
                "old version",
                why="waits for transactions that read it",
            )
        )
    ends = [
        statement
        for table, pairs in tables.items()
        for statement in grace.begun(catalog, table, _final(draft, table), pairs, (version, previous))
    ]
    early = [each for each in statements if each.unit.startswith(BEFORE)]
    late = [each for each in statements if each.unit.startswith(AFTER)]
    names = [each for each in statements if not each.only_back]
    return (*gone, *early, *names, *ends, *late)


def _final(draft: Draft, table: str) -> grace.Final:
    columns = {
        c: n for shown in draft.shown.values() if shown.table == table for n, c in shown.columns.items()
    }
    return grace.Final(draft.final(table), columns)


def _together(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Statements of one unit side by side, in the order of the units' first ones."""
    units = dict.fromkeys(each.unit or str(index) for index, each in enumerate(statements))
    return tuple(
        each for unit in units for index, each in enumerate(statements) if (each.unit or str(index)) == unit
    )
