"""Each statement is read over every version's tables and over its views: where only the views fail, it is theirs.

PostgreSQL gets it as a driver would prepare it: parsed and rewritten, one statement at a time, never bound, planned or
run. What utility commands do is told by their words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from psycopg.pq import DiagnosticField, ExecStatus

from strangler_migrations.after import after
from strangler_migrations.migration import Loaded
from strangler_migrations.plan import Plan
from strangler_migrations.probe.model import Finding, Observed, Probe
from strangler_migrations.probe.remedies import remedy
from strangler_migrations.probe.stage import Stage
from strangler_migrations.running.session import Session, refusals
from strangler_migrations.sql.names import ident
from strangler_migrations.sql.tokens import mentioned, qualified_names

_READ: Final = frozenset({"select", "insert", "update", "delete", "merge", "with", "values", "table"})
_TOLD: Final = {"copy": "COPY takes tables only", "truncate": "TRUNCATE takes tables only"}
_SERIAL: Final = re.compile(r"\bpg_get_serial_sequence\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Error:
    """What PostgreSQL said of a statement."""

    message: str
    hint: str | None


def probe(session: Session, plan: Plan, migration: Loaded, statements: Sequence[Observed]) -> Probe:
    """Read them. Changes nothing, locks nothing of the user's; raises UsageError where schemas may not be made."""
    left = after(plan, migration)
    there = frozenset(plan.catalog.tables)
    now = Stage(plan.previous or plan.catalog.schema, plan.catalog, there, 0)
    new = Stage(plan.version, left, there, 1)
    known = now.names | new.names
    relevant = [
        each for each in statements if _first(each.text) in {*_READ, *_TOLD} and mentioned(each.text, known)
    ]
    findings, unread = list[Finding](), list[tuple[Observed, str]]()
    with (
        refusals("probing, in schemas that are rolled back"),
        session.connection.transaction(force_rollback=True),
    ):
        path = _staged(session, (now, new))
        for each in relevant:
            unreadable = _Reading(session, path, each).judged(now, new, plan.previous is not None, findings)
            unread += [(each, unreadable.message)] if unreadable else []
    return Probe(len(statements), len(relevant), tuple(findings), tuple(unread))


def _staged(session: Session, stages: Sequence[Stage]) -> str:
    """Make the schemas; the search_path of an application, without its version."""
    connection = session.connection
    connection.execute(f"SET LOCAL lock_timeout = {session.limits.lock_timeout_ms}".encode())
    connection.execute("SET LOCAL statement_timeout = '10s'")
    connection.execute("SET LOCAL standard_conforming_strings = on")
    session.set_path()
    for stage in stages:
        for sql in stage.made():
            connection.execute(sql.encode())
    row = connection.execute("SELECT current_setting('search_path')").fetchone()
    assert row is not None
    return str(row[0])


def _first(text: str) -> str:
    found = re.search(r"[A-Za-z]+", text)
    return found[0].lower() if found else ""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A statement that is being read."""

    session: Session
    path: str
    observed: Observed

    def judged(self, now: Stage, new: Stage, old_views: bool, findings: list[Finding]) -> Error | None:
        """Its findings; the error where it cannot be read over the tables as they are, nor over the new ones."""
        text = self.observed.text
        past = qualified_names(text, self.session.schema, now.names)
        if past:
            name = f"{self.session.schema}.{min(past)}"
            what = f"names {name}: it goes past every version, and meets the new form at `complete`"
            findings.append(Finding("past", new.version, self.observed, what, "leave the schema out"))
            return None
        if _first(text) in _TOLD:
            findings += [
                self._finding("view", stage, Error(_TOLD[_first(text)], None))
                for stage in ((now, new) if old_views else (new,))
                if mentioned(text, stage.names) and not _is_query(text)
            ]
            return None
        before, after_ = self._read(now, now.tables), self._read(new, new.tables)
        if before is not None and after_ is not None:
            return before
        if old_views and before is None:
            findings += self._views(now)
        if after_ is not None:
            findings.append(self._finding("form", new, after_))
        else:
            findings += self._views(new)
        return None

    def _views(self, stage: Stage) -> Iterator[Finding]:
        if (error := self._read(stage, stage.views)) is not None:
            yield self._finding("view", stage, error)
        elif _SERIAL.search(self.observed.text):
            yield self._finding("view", stage, Error("pg_get_serial_sequence gives NULL for a view", None))

    def _finding(self, kind: str, stage: Stage, error: Error) -> Finding:
        text = self.observed.text
        instead = "" if kind == "form" else remedy(text, error.hint)
        return Finding(
            "form" if kind == "form" else "view", stage.version, self.observed, error.message, instead
        )

    def _read(self, stage: Stage, schema: str) -> Error | None:
        hidden = mentioned(self.observed.text, stage.hidden)
        path = ident(schema) if hidden else f"{ident(schema)}, {self.path}"
        with self.session.connection.transaction(force_rollback=True):
            self.session.connection.execute("SELECT set_config('search_path', %s, true)", (path,))
            return _prepared(self.session, self.observed.text)


def _is_query(text: str) -> bool:
    return re.match(r"\s*COPY\s*\(", text, re.IGNORECASE) is not None


def _prepared(session: Session, text: str) -> Error | None:
    done = session.connection.pgconn.prepare(b"", text.encode())
    if done.status == ExecStatus.COMMAND_OK:
        return None
    message = done.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"it cannot be read"
    hint = done.error_field(DiagnosticField.MESSAGE_HINT)
    place = done.error_field(DiagnosticField.STATEMENT_POSITION)
    near = f" (at `{_near(text, int(place))}`)" if place else ""
    return Error(message.decode(errors="replace") + near, hint.decode(errors="replace") if hint else None)


def _near(text: str, position: int) -> str:
    return " ".join(text[position - 1 : position + 40].split())
