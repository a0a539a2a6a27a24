"""The shapes of lint: statements as PostgreSQL's own grammar reads them, rules, findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

type Node = dict[str, Any]
type Level = Literal["error", "warning", "note"]
type Work = Literal["", "scan", "rewrite", "build"]
"""What is done under the lock: a scan of the table, its rewriting, an index built; nothing that takes time."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `kind`: the grammar's name of it (`AlterTableStmt`); `line` from 1. `transaction`: those of one
    number are done in one. `ignored`: rules that a comment before it lets pass.
    """

    file: str
    line: int
    kind: str
    node: Node
    transaction: int
    explicit: bool = False
    ignored: frozenset[str] = frozenset()


@dataclass(slots=True)
class Known:
    """What the statements before made: `new` tables of this file, columns never NULL, indexed columns, checks not yet
    validated are left out. Names as they are written, in lower case where unquoted.
    """

    new: set[str] = field(default_factory=set[str])
    tables: set[str] = field(default_factory=set[str])
    not_null: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    proven: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    indexes: dict[str, tuple[str, tuple[str, ...]]] = field(
        default_factory=dict[str, tuple[str, tuple[str, ...]]]
    )
    timeout: bool = False
    locked: dict[str, str] = field(default_factory=dict[str, str])
    """Tables under ACCESS EXCLUSIVE in the transaction at hand, with what took it."""
    checks: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """Constraints that say a column is not NULL, not validated as yet: table and name to column."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule has to say: of which table, in which words, and the work done there under the lock."""

    table: str
    what: str
    work: Work = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule is this data and one function. `bad` and `good` are files, each a migration of its own; they are its test
    and its page.
    """

    code: str
    level: Level
    title: str
    why: str
    remedy: str
    look: Callable[[Statement, Known], Iterator[Said]]
    bad: tuple[str, ...]
    good: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `rule` is a code of ours or `squawk/NAME`."""

    file: str
    line: int
    rule: str
    level: Level
    what: str
    remedy: str
