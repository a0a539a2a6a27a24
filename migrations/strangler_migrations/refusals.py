"""What cannot be changed while both versions work; each refusal says the safe way."""

from __future__ import annotations

from collections.abc import Iterator

from strangler_migrations.catalog.model import Table
from strangler_migrations.draft import Draft
from strangler_migrations.sql.names import NEW
from strangler_migrations.sql.tokens import mentioned


def second_form_refused(draft: Draft, table: Table, column: str, *, key: bool = False) -> None:
    """Raise UsageError when the column can have no second form. `key`: as part of a key, with all that points at it."""
    for what, remedy in _reasons(draft, table, column, key=key):
        raise draft.wrong(f"`{table.name}.{column}` cannot have a second form: {what}", remedy)


def rows_refused(draft: Draft, table: Table) -> None:
    """Raise UsageError when the rows of a table cannot be filled range by range."""
    for what, remedy in _keyless(table):
        raise draft.wrong(f"the rows of `{table.name}` cannot be filled: {what}", remedy)


def shared_refused(draft: Draft, table: Table, columns: tuple[str, ...]) -> None:
    """Raise UsageError when something binds these columns together with one that the file changes elsewhere."""
    changed = {column for name, column in draft.paired if name == table.name}
    bound = {each.name: each.columns for each in table.constraints.values()}
    bound |= {each.name: each.columns for each in table.indexes.values()}
    for name, both in bound.items():
        if not changed.isdisjoint(both) and not set(columns).isdisjoint(both):
            others = ", ".join(sorted(changed & set(both)))
            raise draft.wrong(
                f"`{name}` of `{table.name}` binds this and {others}, which this file changes, too",
                "say both in one operation, or put the second into a file of its own",
            )


def _keyless(table: Table) -> Iterator[tuple[str, str]]:
    if not table.key:
        yield "the table has no primary key", "give it one first: create_constraint with type primary_key"
    if table.kind == "inherited":
        yield (
            "it inherits, or others inherit from it: no trigger of one sees the rows of the other",
            "undo it with NO INHERIT first, or migrate it with SQL",
        )
    elif table.kind != "plain":
        yield "the table is partitioned", "migrate its partitions with SQL, one by one"


def _reasons(draft: Draft, table: Table, name: str, *, key: bool) -> Iterator[tuple[str, str]]:
    column = table.columns[name]
    if column.name.startswith(NEW) or (table.name, name) in draft.paired:
        yield "this file changes it already", "say all that changes in one operation, or use a second file"
    yield from _keyless(table)
    if not key:
        yield from _of_keys(draft, table, name)
    if column.generated:
        yield "PostgreSQL computes it", "add another generated column with SQL, then drop this one"
    yield from _leaned_on(draft, table, name)


def _of_keys(draft: Draft, table: Table, name: str) -> Iterator[tuple[str, str]]:
    column = table.columns[name]
    if name in table.key:
        yield (
            "it is part of the primary key",
            "widen_key makes an integer key bigint; else add a column, move the readers over, change the key",
        )
    if column.identity or (column.default or "").startswith("nextval("):
        yield (
            "it is numbered by a sequence",
            "add a column with `up`, move the readers over, then drop this one",
        )
    for other, constraint in draft.catalog.referencing(table.name):
        if name in constraint.there:
            yield f"the foreign key {constraint.name} of {other} points at it", "drop that constraint first"


def _leaned_on(draft: Draft, table: Table, name: str) -> Iterator[tuple[str, str]]:
    for view in readers(draft, table.name, name):
        yield f"the view {view} reads it", "drop the view, and make it anew afterwards"
    for other_column in table.columns.values():
        if other_column.generated and mentioned(other_column.generated, [name]):
            yield f"{other_column.name} is computed from it", "drop the generated column first"
    for policy in table.policies.values():
        if mentioned(f"{policy.using or ''} {policy.check or ''}", [name]):
            yield (
                f"the policy {policy.name} reads it",
                "row security would be passed by: change the policy first",
            )
    for constraint in table.constraints.values():
        if constraint.kind == "exclude" and name in constraint.columns:
            yield (
                f"the exclusion {constraint.name} binds it",
                "there is no way to build one without a long lock",
            )


def readers(draft: Draft, table: str, column: str | None = None) -> list[str]:
    """The views that stand on a table or on one of its columns; those of versions are not among them."""
    views = {
        **{view.name: view.reads for view in draft.catalog.views.values()},
        **draft.catalog.foreign_views,
    }
    return sorted(
        name for name, reads in views.items() if any(t == table and column in (None, c) for t, c in reads)
    )


def warnings_for(table: Table, columns: tuple[str, ...]) -> Iterator[str]:
    """What is allowed and may surprise."""
    for trigger in table.triggers.values():
        definition = trigger.definition
        if " BEFORE " in definition and "FOR EACH ROW" in definition:
            yield f"the trigger {trigger.name} of {table.name} runs before rows are kept in step, and at the backfill"
        elif "FOR EACH ROW" in definition and " UPDATE" in definition:
            yield f"the trigger {trigger.name} of {table.name} runs at the backfill, too"
        if " UPDATE OF " in definition and mentioned(definition.partition(" UPDATE OF ")[2], columns):
            yield f"the trigger {trigger.name} of {table.name} does not see what the new version writes"


def going(table: Table, columns: tuple[str, ...]) -> Iterator[str]:
    """What binds old columns that nothing here is the new form of."""
    bound = {each.name: each.columns for each in table.constraints.values()}
    bound |= {each.name: each.columns for each in table.indexes.values()}
    for name, both in sorted(bound.items()):
        if not set(columns).isdisjoint(both):
            yield f"{name} of {table.name} goes with the old columns; what should bind the new ones is yours to make"
