"""A migration's plan: for people, as a script, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from strangler.views.words import counted
from strangler_cli.formats import migration_checks as checks
from strangler_cli.screen import Column, Screen
from strangler_migrations.checks import Answer, Check, said
from strangler_migrations.estimates import Estimate, of_filling, of_statement
from strangler_migrations.filling import Filling
from strangler_migrations.plan import Plan
from strangler_migrations.running.locking import blockers
from strangler_migrations.running.obstacles import obstacles
from strangler_migrations.running.session import Session
from strangler_migrations.statement import Lock, Phase, Statement

_SHOWN: Final = 5
_LONGEST: Final = 160

_BYTES_PER_S: Final = 200 << 20
_ROWS_PER_S: Final = 60_000
"""What a modest machine reads and fills; the plan says "about"."""

type Looked = Sequence[tuple[Check, Answer | None]]
"""What the rows answered to a plan's checks; None: it took too long."""


def as_object(plan: Plan, looked: Looked = ()) -> dict[str, Any]:
    """For programs; docs/commands.md has the fields."""
    return {
        "name": plan.name,
        "version": plan.version,
        "previous": plan.previous,
        "warnings": list(plan.warnings),
        "checks": [_looked(check, answer) for check, answer in looked],
        "phases": [
            {
                "phase": phase.value,
                "way_back": plan.way_back[phase] is None,
                "statements": [_object(plan, each) for each in plan.phases[phase]],
                **(
                    {"fills": [_filled(plan, each) for each in plan.fillings]}
                    if phase is Phase.BACKFILL
                    else {}
                ),
            }
            for phase in Phase
        ],
    }


def _looked(check: Check, answer: Answer | None) -> dict[str, Any]:
    stops = () if answer is None else answer.stopping(check)
    return {**checks.as_object(check, answer), "partial": check.partial, "refused": bool(stops)}


def _object(plan: Plan, statement: Statement) -> dict[str, Any]:
    return {
        "sql": statement.sql,
        "lock": statement.lock.value,
        "targets": list(statement.targets),
        "blocks_readers": statement.lock.blocks_readers,
        "blocks_writers": statement.lock.blocks_writers,
        "rewrites": statement.rewrites,
        "scans": statement.scans,
        "transactional": statement.transactional,
        "undo": None if statement.undo is None else list(statement.undo),
        "why": statement.why,
        **asdict(of_statement(plan.catalog, statement)),
    }


def _filled(plan: Plan, filling: Filling) -> dict[str, Any]:
    return {
        "table": filling.table,
        **asdict(of_filling(plan.catalog, filling)),
        "sql": filling.update(first=False, last=False),
    }


def script(plan: Plan) -> str:
    """The statements, to be read; a backfill's with its parameters as `%s`."""
    lines = [f"-- {plan.name}: {plan.previous or plan.catalog.schema} → {plan.version}"]
    for phase in Phase:
        lines.append(f"\n-- {phase}")
        if phase is Phase.BACKFILL:
            lines += [f"-- range by range\n{each.update(first=False, last=False)};" for each in plan.fillings]
        for statement in plan.phases[phase]:
            on = f" on {', '.join(statement.targets)}" if statement.targets else ""
            lines += [f"-- {statement.lock}{on}", f"{statement.sql};"]
    return "\n".join(lines)


def printed(screen: Screen, plan: Plan, looked: Looked = ()) -> None:
    """Phase by phase: lock, table, cost, statement; then what may surprise."""
    screen.heading(f"{plan.name}: {plan.previous or plan.catalog.schema} → {plan.version}")
    columns = [Column("lock"), Column("on"), Column("cost"), Column("statement", wrap=True)]
    for phase in Phase:
        rows = [_row(plan, each) for each in plan.phases[phase] if each.unit != "version"]
        views = sum(each.sql.startswith("CREATE VIEW") for each in plan.phases[phase])
        rows += [[*_fill(plan, each)] for each in plan.fillings if phase is Phase.BACKFILL and each.writes]
        if rows or views:
            back = "" if plan.way_back[phase] is None else "  (no way back afterwards)"
            screen.line()
            screen.heading(f"{phase.value}{back}")
            screen.table(columns, rows, indent=2)
        if views:
            screen.line(f"  and the schema {plan.version} with {counted(views, 'view')}")
    screen.line()
    if any(len(each.sql) > _LONGEST for steps in plan.phases.values() for each in steps):
        screen.line("`--sql` shows the statements whole", "dim")
    for warning in plan.warnings:
        screen.line(f"note: {warning}", "warn")
    for check, answer in looked:
        _answered(screen, check, answer)


def _answered(screen: Screen, check: Check, answer: Answer | None) -> None:
    if answer is None:
        screen.line(f"{check.name}: not counted, it took too long", "dim")
        return
    part = "on a sample of the rows" if check.partial else "on all rows"
    for sentence in said(check, answer):
        screen.line(f"{part}: {sentence}", "warn")
    if answer.stopping(check):
        screen.line(f"start would refuse this: {check.remedy}", "bad")


def in_the_way(session: Session, plans: Sequence[Plan]) -> list[str]:
    """Who holds locks that a statement would wait for, and who would hold up its end, as sentences."""
    strong = [
        each for plan in plans for steps in plan.phases.values() for each in steps if each.lock.blocks_writers
    ]
    tables = {t for plan in plans for steps in plan.phases.values() for each in steps for t in each.targets}
    old = obstacles(session, tables)
    named = {each.pid for each in old if each.pid is not None}
    return [
        *map(str, old),
        *(str(each) for each in blockers(session, strong) if each.pid not in named),
    ]


def ended(screen: Screen, session: Session, plans: Sequence[Plan]) -> None:
    """Below all plans: who is in the way now, and for how long anybody waits."""
    for each in in_the_way(session, plans)[:_SHOWN]:
        screen.line(f"in the way now: {each}", "warn")
    readers = {
        t
        for plan in plans
        for steps in plan.phases.values()
        for each in steps
        if each.lock is Lock.ACCESS_EXCLUSIVE
        for t in each.targets
    }
    if readers:
        limit = session.limits.lock_timeout_ms
        screen.line(
            f"readers and writers of {', '.join(sorted(readers))} wait for {limit} ms at most, per attempt",
            "dim",
        )


def _row(plan: Plan, statement: Statement) -> list[str]:
    cost = "a moment" if statement.lock is not Lock.NONE else ""
    if statement.scans or statement.rewrites:
        cost = _about(of_statement(plan.catalog, statement), "reads")
    text = (
        statement.sql.partition("\n")[0]
        if statement.sql.startswith("CREATE OR REPLACE FUNCTION")
        else statement.sql
    )
    if statement.only_back:
        text = f"nothing now; on the way back {'; '.join(statement.undo or ())}"
    return [statement.lock.value, ", ".join(statement.targets), cost, _short(text)]


def _fill(plan: Plan, filling: Filling) -> list[str]:
    cost = _about(of_filling(plan.catalog, filling), "writes")
    if plan.catalog.tables[filling.table].rows < 0:
        cost += " (not counted yet)"
    return [
        Lock.ROW_EXCLUSIVE.value,
        filling.table,
        cost,
        f"range by range: {_short(filling.update(first=False, last=False))}",
    ]


def _short(sql: str) -> str:
    """What is longer is in `--sql`, whole."""
    return sql if len(sql) <= _LONGEST else f"{sql[: _LONGEST - 2]} …"


def _about(estimate: Estimate, does: str) -> str:
    wal = f", {_size(estimate.wal)} of WAL" if estimate.wal else ""
    return f"{does} {_size(estimate.bytes)}, about {counted(estimate.rows, 'row')}{wal}, {estimate.seconds} s"


def _size(count: int) -> str:
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= size:
            return f"{count // size:,} {unit}"
    return f"{count} B"
