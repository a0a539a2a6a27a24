"""A rule about foreign keys, which looks at everything that was said in all files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from strangler_migrations.lint.model import Finding, Known, Rule, Said, Statement
from strangler_migrations.lint.reading import commands, constraint_of, names, table_of


def _never(_statement: Statement, _known: Known) -> Iterator[Said]:
    return iter(())


RULE: Final = Rule(
    "foreign-key-index",
    "warning",
    "A foreign key without an index",
    "Each DELETE of a row that is referred to reads the whole referring table; a partial index does not help.",
    "CREATE INDEX CONCURRENTLY over the columns of the key",
    _never,
    ("CREATE TABLE lines (id int PRIMARY KEY, invoice int REFERENCES invoices (id));",),
    (
        "CREATE TABLE lines (invoice int REFERENCES invoices (id)); CREATE INDEX of_invoice ON lines (invoice);",
    ),
)


def unindexed(statements: Sequence[Statement], known: Known) -> Iterator[Finding]:
    """Foreign keys that no index of these files serves."""
    for statement in statements:
        for table, columns in _foreign(statement):
            served = any(
                on == table and set(found[: len(columns)]) == set(columns)
                for on, found in known.indexes.values()
            )
            if not served and RULE.code not in statement.ignored:
                what = (
                    f"`{table}` ({', '.join(columns)}) refers to another table, and no index begins with it"
                )
                yield Finding(statement.file, statement.line, RULE.code, RULE.level, what, RULE.remedy)


def _foreign(statement: Statement) -> Iterator[tuple[str, tuple[str, ...]]]:
    table = (
        table_of(statement.node.get("relation")) if statement.kind in {"CreateStmt", "AlterTableStmt"} else ""
    )
    constraints = [constraint_of(command) for _, command in commands(statement)]
    for element in statement.node.get("tableElts", ()) if statement.kind == "CreateStmt" else ():
        constraints.append(element.get("Constraint", {}))
        for each in element.get("ColumnDef", {}).get("constraints", ()):
            if each["Constraint"]["contype"] == "CONSTR_FOREIGN":
                yield table, (element["ColumnDef"]["colname"],)
    for constraint in constraints:
        if constraint.get("contype") == "CONSTR_FOREIGN" and constraint.get("fk_attrs"):
            yield table, names(constraint["fk_attrs"])
