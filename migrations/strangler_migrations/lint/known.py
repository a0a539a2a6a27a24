"""What each statement leaves behind for those after it: tables made, columns proven, locks held."""

from __future__ import annotations

from typing import Final

from strangler_migrations.lint.locks import exclusive
from strangler_migrations.lint.model import Known, Node, Statement
from strangler_migrations.lint.reading import commands, constraint_of, names, table_of

_KEYS: Final = frozenset({"CONSTR_PRIMARY", "CONSTR_UNIQUE"})


def begin_file(known: Known) -> None:
    """A file is a migration of its own: its tables are new only within it, its settings end with it."""
    known.new.clear()
    known.timeout = False
    known.locked.clear()


def learn(statement: Statement, known: Known) -> None:
    """Take up what it did."""
    node = statement.node
    if statement.kind == "VariableSetStmt" and node.get("name") == "lock_timeout":
        known.timeout = node.get("kind") == "VAR_SET_VALUE" and not _zero(node)
    elif statement.kind in {"CreateStmt", "CreateTableAsStmt"}:
        table = table_of(node.get("relation") or node.get("into", {}).get("rel"))
        known.new.add(table)
        known.tables.add(table)
        _learn_table(table, node, known)
    elif statement.kind == "IndexStmt" and "whereClause" not in node:
        columns = tuple(each["IndexElem"].get("name", "") for each in node.get("indexParams", ()))
        known.indexes[node.get("idxname", f"{statement.line}")] = (table_of(node["relation"]), columns)
    for kind, command in commands(statement):
        _learn_command(table_of(node["relation"]), kind, command, known)
    for table in exclusive(statement):
        if table not in known.new:
            known.locked.setdefault(table, statement.kind)


def _zero(node: Node) -> bool:
    value = str(next(iter(node.get("args", [{}])[0].get("A_Const", {}).values()), ""))
    return value in {"0", "{'ival': {}}", "{'sval': '0'}", "{}"} or value.startswith("{'sval': '0")


def _learn_table(table: str, node: Node, known: Known) -> None:
    for element in node.get("tableElts", ()):
        if "ColumnDef" in element:
            column = element["ColumnDef"]
            for each in column.get("constraints", ()):
                kind = each["Constraint"]["contype"]
                if kind in {"CONSTR_NOTNULL", "CONSTR_PRIMARY"}:
                    known.not_null.add((table, column["colname"]))
                if kind in _KEYS:
                    known.indexes[f"{table}/{column['colname']}"] = (table, (column["colname"],))
        elif element.get("Constraint", {}).get("contype") in _KEYS:
            keys = names(element["Constraint"].get("keys", []))
            known.indexes[f"{table}/{keys}"] = (table, keys)


def _learn_command(table: str, kind: str, command: Node, known: Known) -> None:
    if kind == "AT_SetNotNull":
        known.not_null.add((table, command["name"]))
    elif kind == "AT_ValidateConstraint" and (table, command["name"]) in known.checks:
        known.proven.add((table, known.checks[table, command["name"]]))
    elif kind == "AT_AddConstraint":
        constraint = constraint_of(command)
        column = says_not_null(constraint)
        if column and constraint.get("skip_validation"):
            known.checks[table, constraint.get("conname", "")] = column
        elif column:
            known.proven.add((table, column))


def says_not_null(constraint: Node) -> str:
    """The column that a check says is not NULL, and nothing else."""
    test = constraint.get("raw_expr", {}).get("NullTest", {})
    fields = test.get("arg", {}).get("ColumnRef", {}).get("fields", [])
    if test.get("nulltesttype") != "IS_NOT_NULL" or not fields:
        return ""
    return str(fields[-1].get("String", {}).get("sval", ""))
