"""Rules about locks, transactions, and what clients lose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from strangler_migrations.lint.locks import dropped, exclusive, full
from strangler_migrations.lint.model import Known, Rule, Said, Statement
from strangler_migrations.lint.reading import commands, names, table_of

_T: Final = "SET lock_timeout = '2s';\n"
_WORKS: Final = frozenset(
    {"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CopyStmt", "IndexStmt"}
)


def _old(statement: Statement, known: Known) -> list[str]:
    return [table for table in exclusive(statement) if table not in known.new]


def _index(statement: Statement, known: Known) -> Iterator[Said]:
    if statement.kind == "IndexStmt" and not statement.node.get("concurrent"):
        table = table_of(statement.node["relation"])
        if table not in known.new:
            yield Said(table, f"an index on `{table}` is built while nobody may write it", "build")


def _drop_index(statement: Statement, known: Known) -> Iterator[Said]:
    node = statement.node
    if (
        statement.kind == "DropStmt"
        and node.get("removeType") == "OBJECT_INDEX"
        and not node.get("concurrent")
    ):
        yield from (
            Said(index, f"the index `{index}` is dropped under ACCESS EXCLUSIVE on its table")
            for index in dropped(node)
        )
    if statement.kind == "ReindexStmt" and not any(
        each["DefElem"]["defname"] == "concurrently" for each in node.get("params", ())
    ):
        table = table_of(node.get("relation"))
        if table not in known.new:
            yield Said(table, f"`{table or node.get('name', '')}` is indexed anew under a lock", "build")


def _timeout(statement: Statement, known: Known) -> Iterator[Said]:
    if not known.timeout and (tables := _old(statement, known)):
        yield Said(tables[0], f"ACCESS EXCLUSIVE on `{tables[0]}` is waited for without a lock_timeout")


def _several(statement: Statement, known: Known) -> Iterator[Said]:
    for table in _old(statement, known):
        held = [other for other in known.locked if other != table]
        if held:
            yield Said(
                table, f"ACCESS EXCLUSIVE on `{table}` is waited for while `{held[0]}` is locked already"
            )


def _twice(statement: Statement, known: Known) -> Iterator[Said]:
    table = table_of(statement.node.get("relation"))
    if (
        statement.kind == "AlterTableStmt"
        and known.locked.get(table) == "AlterTableStmt"
        and _old(statement, known)
    ):
        scans = {"AT_SetNotNull", "AT_AlterColumnType", "AT_AddConstraint"}
        if any(kind in scans for kind, _ in commands(statement)):
            yield Said(
                table,
                f"`{table}` is altered a second time in one transaction: its rows are read twice",
                "scan",
            )


def _work(statement: Statement, known: Known) -> Iterator[Said]:
    if statement.kind in _WORKS and known.locked:
        table = next(iter(known.locked))
        if table not in known.new:
            yield Said(table, f"more is done in the transaction that holds ACCESS EXCLUSIVE on `{table}`")


def _concurrently(statement: Statement, _: Known) -> Iterator[Said]:
    params = statement.node.get("params", ())
    concurrent = statement.node.get("concurrent") or any(
        e["DefElem"]["defname"] == "concurrently" for e in params
    )
    if concurrent and statement.explicit and statement.kind in {"IndexStmt", "DropStmt", "ReindexStmt"}:
        yield Said(table_of(statement.node.get("relation")), "CONCURRENTLY cannot run inside a transaction")


def _lost(statement: Statement, known: Known) -> Iterator[Said]:
    node = statement.node
    table = table_of(node.get("relation"))
    if statement.kind == "RenameStmt" and node.get("renameType") in {"OBJECT_TABLE", "OBJECT_COLUMN"}:
        if table not in known.new:
            name = f"{table}.{node['subname']}" if node.get("subname") else table
            yield Said(table, f"`{name}` gets another name: who asks for it by this one fails")
    elif statement.kind == "DropStmt" and node.get("removeType") == "OBJECT_TABLE":
        yield from (Said(each, f"`{each}` is dropped") for each in dropped(node) if each not in known.new)
    for kind, command in commands(statement):
        if kind == "AT_DropColumn" and table not in known.new:
            yield Said(table, f"`{table}.{command['name']}` is dropped")


def _whole(statement: Statement, known: Known) -> Iterator[Said]:
    words = {
        "TruncateStmt": "is emptied",
        "ClusterStmt": "is written anew",
        "RefreshMatViewStmt": "is made anew",
    }
    if statement.kind == "VacuumStmt" and full(statement.node):
        words = {"VacuumStmt": "is written anew"}
    if statement.kind in words and not statement.node.get("concurrent"):
        for table in _old(statement, known):
            yield Said(table, f"`{table}` {words[statement.kind]} while nobody may read it", "rewrite")


def _partition(statement: Statement, known: Known) -> Iterator[Said]:
    table = table_of(statement.node.get("relation"))
    for kind, command in commands(statement):
        part = command.get("def", {}).get("PartitionCmd", {})
        if kind == "AT_DetachPartition" and not part.get("concurrent"):
            yield Said(table, f"a partition of `{table}` is detached under ACCESS EXCLUSIVE on both")
        name = table_of(part.get("name"))
        if (
            kind == "AT_AttachPartition"
            and name not in known.new
            and not any(t == name for t, _ in known.checks)
        ):
            yield Said(name, f"`{name}` becomes a partition and all its rows are read for it", "scan")


def _json(statement: Statement, _: Known) -> Iterator[Said]:
    columns = [e["ColumnDef"] for e in statement.node.get("tableElts", ()) if "ColumnDef" in e]
    columns += [c["def"]["ColumnDef"] for kind, c in commands(statement) if kind == "AT_AddColumn"]
    for column in columns:
        if names(column.get("typeName", {}).get("names", []))[-1:] == ("json",):
            table = table_of(statement.node.get("relation"))
            yield Said(
                table,
                f"`{table}.{column['colname']}` is json, which has no `=`: DISTINCT and UNION fail on it",
            )


def _enum(statement: Statement, _: Known) -> Iterator[Said]:
    if statement.kind == "CreateEnumStmt":
        name = ".".join(names(statement.node["typeName"]))
        yield Said("", f"`{name}` is an enum: a value of it can never be taken away")


def _rule(
    code: str, level: str, title: str, why: str, remedy: str, look: object, bad: object, good: object
) -> Rule:
    as_files = [(each,) if isinstance(each, str) else each for each in (bad, good)]
    return Rule(code, level, title, why, remedy, look, *as_files)  # type: ignore[arg-type]  # as written below


_A, _B = "ALTER TABLE invoices ADD note text;", "ALTER TABLE lines ADD note text;"
RULES: Final = (
    _rule(
        "create-index",
        "error",
        "An index is built while nobody may write",
        "CREATE INDEX holds SHARE on the table.",
        "CREATE INDEX CONCURRENTLY, outside a transaction",
        _index,
        "CREATE INDEX by_day ON invoices (issued);",
        "CREATE INDEX CONCURRENTLY by_day ON invoices (issued);",
    ),
    _rule(
        "drop-index",
        "warning",
        "An index goes or is made anew under a lock",
        "DROP INDEX holds ACCESS EXCLUSIVE on the table, REINDEX on the index.",
        "CONCURRENTLY",
        _drop_index,
        _T + "DROP INDEX by_day;",
        "DROP INDEX CONCURRENTLY by_day;",
    ),
    _rule(
        "lock-timeout",
        "error",
        "A lock is waited for without an end",
        "Whoever comes after waits behind the one who "
        "waits: one long query before it, and the table stands still.",
        "SET lock_timeout = '2s', and try again when it fails",
        _timeout,
        _A,
        _T + _A,
    ),
    _rule(
        "several-locks",
        "warning",
        "Several tables are locked in one transaction",
        "Each is locked for as long as the next is waited for; two that go the other way round deadlock.",
        "a transaction of its own for each table",
        _several,
        _T + _A + _B,
        (_T + _A, _T + _B),
    ),
    _rule(
        "altered-twice",
        "warning",
        "A table is altered twice in one transaction",
        "Its rows are read or written once for each.",
        "one ALTER TABLE with both",
        _twice,
        _T + "ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE t ALTER b SET NOT NULL;",
        _T + "ALTER TABLE t ALTER a SET NOT NULL, ALTER b SET NOT NULL;",
    ),
    _rule(
        "work-under-lock",
        "error",
        "Rows are read or written under ACCESS EXCLUSIVE",
        "The lock is held until the transaction ends, however short the statement that took it was.",
        "another transaction",
        _work,
        _T + _A + "UPDATE invoices SET note = '';",
        (_T + _A, "UPDATE invoices SET note = '' WHERE id < 1000;"),
    ),
    _rule(
        "concurrently-in-transaction",
        "error",
        "CONCURRENTLY inside a transaction",
        "The server refuses it.",
        "a file of its own, without BEGIN",
        _concurrently,
        "BEGIN; CREATE INDEX CONCURRENTLY by_day ON invoices (issued); COMMIT;",
        "CREATE INDEX CONCURRENTLY by_day ON invoices (issued);",
    ),
    _rule(
        "clients-lose",
        "error",
        "What clients ask for goes away",
        "Whoever still asks for a table or a column by its name fails from this moment on.",
        "views under the name before (`strangler migrate`), and the drop when nobody asks any more",
        _lost,
        _T + "ALTER TABLE invoices DROP COLUMN amount;",
        _T + "ALTER TABLE invoices ALTER amount DROP DEFAULT;",
    ),
    _rule(
        "whole-table",
        "error",
        "A whole table is emptied or written anew",
        "TRUNCATE, CLUSTER, VACUUM FULL and REFRESH MATERIALIZED VIEW hold ACCESS EXCLUSIVE until they end.",
        "DELETE in batches; REFRESH … CONCURRENTLY",
        _whole,
        _T + "TRUNCATE invoices;",
        "DELETE FROM invoices WHERE id < 1000;",
    ),
    _rule(
        "partition",
        "warning",
        "A partition comes or goes under a lock",
        "ATTACH reads the table under ACCESS EXCLUSIVE unless a check says it fits; DETACH locks both.",
        "a matching CHECK first; DETACH … CONCURRENTLY",
        _partition,
        _T + "ALTER TABLE invoices DETACH PARTITION of_2025;",
        "ALTER TABLE invoices DETACH PARTITION of_2025 CONCURRENTLY;",
    ),
    _rule(
        "json-column",
        "warning",
        "A column of type json",
        "It has no equality, so that DISTINCT, UNION and GROUP BY over its table fail.",
        "jsonb",
        _json,
        "CREATE TABLE events (body json);",
        "CREATE TABLE events (body jsonb);",
    ),
    _rule(
        "enum",
        "warning",
        "An enum",
        "Values can be added and never be taken away, and each change is one of the schema.",
        "a table of values with a foreign key, or text with a check",
        _enum,
        "CREATE TYPE kind AS ENUM ('invoice', 'credit');",
        "CREATE TABLE kinds (name text PRIMARY KEY);",
    ),
)
