"""SQL files as statements, by PostgreSQL's own grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, Final

from strangler.errors import StranglerError, UsageError
from strangler_migrations.lint.model import Node, Statement

_IGNORE: Final = re.compile(rb"--[ \t]*strangler:[ \t]*ignore[ \t]+([a-z, \t-]+)")
_BEGIN: Final = frozenset({"TRANS_STMT_BEGIN", "TRANS_STMT_START"})
_END: Final = frozenset({"TRANS_STMT_COMMIT", "TRANS_STMT_ROLLBACK"})


class UnreadableError(StranglerError):
    """The file is not SQL as PostgreSQL reads it."""


def statements(file: str, text: str) -> Iterator[Statement]:
    """The statements of a file. A file is one transaction, unless it says BEGIN and COMMIT itself.

    Raises UnreadableError with what the grammar says, UsageError without the extra `lint`.
    """
    raw = text.encode()
    transaction, explicit = 0, False
    for found in _parsed(file, text):
        kind, node = next(iter(found["stmt"].items()))
        start = found.get("stmt_location", 0)
        length = found.get("stmt_len", len(raw) - start)
        piece = raw[start : start + length]
        if kind == "TransactionStmt":
            explicit = node["kind"] in _BEGIN
            transaction += node["kind"] in _BEGIN | _END
            continue
        line = raw.count(b"\n", 0, start + _lead(piece)) + 1
        ignored = {
            code.strip().decode()
            for said in _IGNORE.findall(piece)
            for code in said.replace(b",", b" ").split()
        }
        yield Statement(file, line, kind, node, transaction, explicit, frozenset(ignored))


def _parsed(file: str, text: str) -> list[Any]:
    if find_spec("pgparse") is None:
        raise UsageError("reading SQL needs the extra `lint`", remedy="pip install 'strangler[lint]'")
    import pgparse

    if "\0" in text:
        raise UnreadableError("holds a NUL, behind which nothing would be read", where=file)
    try:
        found: list[Any] = pgparse.parse(text)
    except (pgparse.PGQueryError, ValueError) as error:
        raise UnreadableError(f"not SQL as PostgreSQL reads it: {error}", where=file) from None
    return found


def _lead(piece: bytes) -> int:
    """Bytes of white space and comments before a statement's first word."""
    found = re.match(rb"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*", piece, re.DOTALL)
    return found.end() if found else 0


def table_of(node: Node | None) -> str:
    """The name of a relation, as it is found in the catalogue; with its schema where it is written."""
    if not node:
        return ""
    schema = node.get("schemaname", "")
    return f"{schema}.{node['relname']}" if schema and schema != "public" else str(node.get("relname", ""))


def commands(statement: Statement) -> Iterator[tuple[str, Node]]:
    """The sub-commands of an ALTER TABLE: their kind and node."""
    if statement.kind == "AlterTableStmt" and statement.node.get("objtype") == "OBJECT_TABLE":
        for each in statement.node.get("cmds", ()):
            yield each["AlterTableCmd"]["subtype"], each["AlterTableCmd"]


def constraint_of(command: Node) -> Node:
    """The constraint that a sub-command adds, or nothing."""
    found: Node = command.get("def", {}).get("Constraint", {})
    return found


def names(listed: list[Node]) -> tuple[str, ...]:
    """Texts out of a list of the grammar's strings."""
    return tuple(str(each["String"]["sval"]) for each in listed if "String" in each)
