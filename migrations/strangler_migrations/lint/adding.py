"""Rules about what ALTER TABLE adds and changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from strangler_migrations.lint.known import says_not_null
from strangler_migrations.lint.model import Known, Node, Rule, Said, Statement
from strangler_migrations.lint.reading import commands, constraint_of, names, table_of

_T: Final = "SET lock_timeout = '2s';\n"
_SERIAL: Final = frozenset({"serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"})
_FIXED: Final = frozenset(
    {
        "now",
        "current_timestamp",
        "transaction_timestamp",
        "statement_timestamp",
        "current_setting",
        "lower",
        "upper",
    }
)
"""Functions that give one value to all rows of a statement: the server keeps it once."""


def _added(statement: Statement, known: Known, contype: str) -> Iterator[tuple[str, Node]]:
    table = table_of(statement.node.get("relation"))
    for kind, command in commands(statement):
        constraint = constraint_of(command)
        if kind == "AT_AddConstraint" and constraint.get("contype") == contype and table not in known.new:
            yield table, constraint


def _check(statement: Statement, known: Known) -> Iterator[Said]:
    for table, constraint in _added(statement, known, "CONSTR_CHECK"):
        column = says_not_null(constraint)
        if not constraint.get("skip_validation") and (table, column) not in known.not_null | known.proven:
            yield Said(table, f"a check is added to `{table}` and all rows are read for it", "scan")


def _foreign(statement: Statement, known: Known) -> Iterator[Said]:
    for table, constraint in _added(statement, known, "CONSTR_FOREIGN"):
        if not constraint.get("skip_validation"):
            other = table_of(constraint["pktable"])
            yield Said(
                table,
                f"a foreign key from `{table}` to `{other}` is added and all rows are read for it",
                "scan",
            )


def _unique(statement: Statement, known: Known) -> Iterator[Said]:
    for contype, words in (("CONSTR_UNIQUE", "a unique constraint"), ("CONSTR_PRIMARY", "a primary key")):
        for table, constraint in _added(statement, known, contype):
            if "indexname" not in constraint:
                yield Said(table, f"{words} is added to `{table}` and its index is built", "build")


def _exclusion(statement: Statement, known: Known) -> Iterator[Said]:
    for table, _ in _added(statement, known, "CONSTR_EXCLUSION"):
        yield Said(table, f"an exclusion constraint is added to `{table}` and its index is built", "build")


def _nullable_key(statement: Statement, known: Known) -> Iterator[Said]:
    for table, constraint in _added(statement, known, "CONSTR_PRIMARY"):
        _, columns = known.indexes.get(constraint.get("indexname", ""), ("", ()))
        open_columns = [c for c in columns if (table, c) not in known.not_null | known.proven]
        if open_columns:
            listed = ", ".join(f"`{column}`" for column in open_columns)
            yield Said(
                table, f"{listed} may be NULL: the primary key makes it NOT NULL and reads all rows", "scan"
            )


def _not_null(statement: Statement, known: Known) -> Iterator[Said]:
    table = table_of(statement.node.get("relation"))
    for kind, command in commands(statement):
        if kind == "AT_SetNotNull" and table not in known.new:
            column = command["name"]
            if (table, column) not in known.proven | known.not_null:
                yield Said(table, f"`{table}.{column}` becomes NOT NULL and all rows are read for it", "scan")


def _type(statement: Statement, known: Known) -> Iterator[Said]:
    table = table_of(statement.node.get("relation"))
    for kind, command in commands(statement):
        if kind == "AT_AlterColumnType" and table not in known.new:
            wanted = names(command["def"]["ColumnDef"]["typeName"].get("names", []))[-1:]
            unlimited = "typmods" not in command["def"]["ColumnDef"]["typeName"]
            if wanted == ("text",) and unlimited and "raw_default" not in command["def"]["ColumnDef"]:
                continue  # from varchar, which is what becomes text, nothing is written
            yield Said(table, f"the type of `{table}.{command['name']}` changes", "rewrite")


def _columns(statement: Statement, known: Known) -> Iterator[tuple[str, Node, dict[str, Node]]]:
    table = table_of(statement.node.get("relation"))
    for kind, command in commands(statement):
        if kind == "AT_AddColumn" and table not in known.new:
            column = command["def"]["ColumnDef"]
            found = {
                each["Constraint"]["contype"]: each["Constraint"] for each in column.get("constraints", ())
            }
            yield table, column, found


def _rewriting(statement: Statement, known: Known) -> Iterator[Said]:
    for table, column, constraints in _columns(statement, known):
        kind = names(column["typeName"].get("names", []))[-1:]
        default = constraints.get("CONSTR_DEFAULT", {}).get("raw_expr", {})
        stored = constraints.get("CONSTR_GENERATED", {}).get("generated_kind", "s") != "v"
        why = (
            "a sequence gives each row a number"
            if (kind and kind[0] in _SERIAL) or "CONSTR_IDENTITY" in constraints
            else "it is reckoned for each row"
            if "CONSTR_GENERATED" in constraints and stored
            else "its default may be another one for each row"
            if _calls(default)
            else ""
        )
        if why:
            yield Said(table, f"`{table}.{column['colname']}` is added, and {why}", "rewrite")


def _calls(expression: Node) -> bool:
    call = expression.get("FuncCall") or expression.get("TypeCast", {}).get("arg", {}).get("FuncCall")
    return bool(call) and (names(call.get("funcname", [])) or ("",))[-1] not in _FIXED


def _no_default(statement: Statement, known: Known) -> Iterator[Said]:
    for table, column, constraints in _columns(statement, known):
        given = {"CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"} & constraints.keys()
        kind = names(column["typeName"].get("names", []))[-1:]
        if "CONSTR_NOTNULL" in constraints and not given and kind and kind[0] not in _SERIAL:
            yield Said(
                table,
                f"`{table}.{column['colname']}` is NOT NULL without a default: it fails where there are rows",
            )


RULES: Final = (
    Rule(
        "add-check",
        "error",
        "A check is validated while nobody may write",
        "ADD CHECK holds ACCESS EXCLUSIVE for as long as it takes to read the table.",
        "ADD … NOT VALID, then VALIDATE CONSTRAINT in a transaction of its own",
        _check,
        (_T + "ALTER TABLE invoices ADD CONSTRAINT paid CHECK (amount >= 0);",),
        (
            _T + "ALTER TABLE invoices ADD CONSTRAINT paid CHECK (amount >= 0) NOT VALID;",
            _T + "ALTER TABLE invoices VALIDATE CONSTRAINT paid;",
        ),
    ),
    Rule(
        "add-foreign-key",
        "error",
        "A foreign key is validated while nobody may write",
        "ADD FOREIGN KEY holds SHARE ROW EXCLUSIVE on both tables for as long as it takes to read one.",
        "ADD … NOT VALID, then VALIDATE CONSTRAINT in a transaction of its own",
        _foreign,
        (_T + "ALTER TABLE lines ADD CONSTRAINT whose FOREIGN KEY (invoice) REFERENCES invoices (id);",),
        (
            _T
            + "ALTER TABLE lines ADD CONSTRAINT whose FOREIGN KEY (invoice) REFERENCES invoices (id) NOT VALID;",
        ),
    ),
    Rule(
        "add-unique",
        "error",
        "An index is built while nobody may read or write",
        "ADD UNIQUE and ADD PRIMARY KEY hold ACCESS EXCLUSIVE while their index is built.",
        "CREATE UNIQUE INDEX CONCURRENTLY, then ADD … USING INDEX",
        _unique,
        (_T + "ALTER TABLE invoices ADD CONSTRAINT one_number UNIQUE (number);",),
        (
            "CREATE UNIQUE INDEX CONCURRENTLY one_number ON invoices (number);",
            _T + "ALTER TABLE invoices ADD CONSTRAINT one_number UNIQUE USING INDEX one_number;",
        ),
    ),
    Rule(
        "add-exclusion",
        "error",
        "An exclusion constraint has no way without a lock",
        "Its index is built under ACCESS EXCLUSIVE, and cannot be built beforehand.",
        "make it on a new table, and move the rows",
        _exclusion,
        (_T + "ALTER TABLE terms ADD CONSTRAINT apart EXCLUDE USING gist (valid WITH &&);",),
        ("CREATE TABLE terms (valid tstzrange, EXCLUDE USING gist (valid WITH &&));",),
    ),
    Rule(
        "nullable-key",
        "error",
        "A primary key over a column that may be NULL",
        "USING INDEX builds nothing, and yet "
        "makes the column NOT NULL first, which reads all rows under ACCESS EXCLUSIVE.",
        "make the column NOT NULL first, by way of a validated check",
        _nullable_key,
        (
            "CREATE TABLE invoices (number text);",
            "CREATE UNIQUE INDEX CONCURRENTLY one ON invoices (number);",
            _T + "ALTER TABLE invoices ADD CONSTRAINT k PRIMARY KEY USING INDEX one;",
        ),
        (
            "CREATE TABLE invoices (number text NOT NULL);",
            "CREATE UNIQUE INDEX CONCURRENTLY one ON invoices (number);",
            _T + "ALTER TABLE invoices ADD CONSTRAINT k PRIMARY KEY USING INDEX one;",
        ),
    ),
    Rule(
        "set-not-null",
        "error",
        "All rows are read while nobody may read or write",
        "SET NOT NULL reads the table under ACCESS EXCLUSIVE, unless a validated check says it already.",
        "ADD CHECK (… IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT, SET NOT NULL, drop the check",
        _not_null,
        (_T + "ALTER TABLE invoices ALTER number SET NOT NULL;",),
        (
            _T + "ALTER TABLE invoices ADD CONSTRAINT there CHECK (number IS NOT NULL) NOT VALID;",
            _T + "ALTER TABLE invoices VALIDATE CONSTRAINT there;",
            _T + "ALTER TABLE invoices ALTER number SET NOT NULL;",
        ),
    ),
    Rule(
        "change-type",
        "error",
        "A column's type changes in place",
        "ALTER TYPE mostly writes the whole table and its indexes anew under ACCESS EXCLUSIVE.",
        "a new column, kept in step and filled, then the change of names (`strangler migrate`: alter_column)",
        _type,
        (_T + "ALTER TABLE invoices ALTER amount TYPE bigint;",),
        (_T + "ALTER TABLE invoices ALTER note TYPE text;",),
    ),
    Rule(
        "rewriting-column",
        "error",
        "A new column that is reckoned for every row",
        "A volatile default, serial, "
        "identity or a stored generated column writes the whole table anew under ACCESS EXCLUSIVE.",
        "add it nullable, set its default, fill it in batches",
        _rewriting,
        (_T + "ALTER TABLE invoices ADD id bigserial;",),
        (_T + "ALTER TABLE invoices ADD seen timestamptz DEFAULT now();",),
    ),
    Rule(
        "not-null-without-default",
        "error",
        "A new column that existing rows cannot have",
        "NOT NULL without a default fails on a table with rows.",
        "add it nullable, fill it, then make it NOT NULL by way of a validated check",
        _no_default,
        (_T + "ALTER TABLE invoices ADD currency text NOT NULL;",),
        (_T + "ALTER TABLE invoices ADD currency text NOT NULL DEFAULT 'EUR';",),
    ),
)
