"""Files of SQL through all rules, in the order they are given: what one makes the next ones know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from strangler_migrations.lint import adding, keys, locking
from strangler_migrations.lint.known import begin_file, learn
from strangler_migrations.lint.model import Finding, Known, Level, Rule, Said, Statement, Work
from strangler_migrations.lint.reading import UnreadableError, statements

RULES: Final[tuple[Rule, ...]] = (*adding.RULES, *locking.RULES, keys.RULE)
SMALL: Final = 1 << 20
"""Bytes below which reading or writing a whole table is over before anybody notices."""
type Sizes = Mapping[str, tuple[int, int]]
"""Rows (as the planner knows them) and bytes by table."""
_DOING: Final[Mapping[Work, str]] = {"scan": "read", "rewrite": "written anew", "build": "indexed"}


def lint(files: Sequence[tuple[str, str]], sizes: Sizes | None = None) -> list[Finding]:
    """Everything found in (name, text) pairs. A file that is no SQL is one finding, `unreadable`."""
    known = Known()
    seen: list[Statement] = []
    found: list[Finding] = []
    for file, text in files:
        begin_file(known)
        transaction = 0
        try:
            for statement in statements(file, text):
                if statement.transaction != transaction:
                    transaction = statement.transaction
                    known.locked.clear()
                found.extend(_findings(statement, known, sizes))
                learn(statement, known)
                seen.append(statement)
        except UnreadableError as error:
            remedy = "PostgreSQL's SQL alone is read; other dialects are not"
            found.append(Finding(file, 1, "unreadable", "error", error.what, remedy))
    found.extend(keys.unindexed(seen, known))
    return sorted(found, key=lambda each: [name for name, _ in files].index(each.file))


def _findings(statement: Statement, known: Known, sizes: Sizes | None) -> Iterator[Finding]:
    for rule in RULES:
        if rule.code in statement.ignored:
            continue
        for said in rule.look(statement, known):
            level, what = _weighed(rule, said, sizes)
            yield Finding(statement.file, statement.line, rule.code, level, what, rule.remedy)


def _weighed(rule: Rule, said: Said, sizes: Sizes | None) -> tuple[Level, str]:
    """A scan of 12 GB is another thing than one of 40 rows."""
    if sizes is None or said.table not in sizes or not said.work:
        return rule.level, said.what
    rows, size = sizes[said.table]
    what = f"{said.what}: {rows:,} rows, {_bytes(size)} {_DOING[said.work]}"
    return ("note" if size < SMALL else rule.level), what


def _bytes(size: int) -> str:
    for unit, factor in (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size} bytes"
