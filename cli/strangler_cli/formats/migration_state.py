"""Where migrations stand: for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from strangler_cli.formats import migration_checks as checks
from strangler_cli.formats.as_json import dumped
from strangler_cli.screen import Column, Screen
from strangler_migrations.checks import said
from strangler_migrations.running.checking import Checked
from strangler_migrations.running.pausing import Pause
from strangler_migrations.running.states import NEXT
from strangler_migrations.running.store import Progress, Record


@dataclass(frozen=True, slots=True)
class Standing:
    """A migration, how far its backfill is, what its rows answered, and who holds it up."""

    record: Record
    progress: Sequence[Progress] = ()
    checked: Sequence[Checked] = ()
    pause: Pause | None = None


def as_object(standing: Standing) -> dict[str, Any]:
    """For programs; docs/commands.md has the fields."""
    record, pause = standing.record, standing.pause
    return {
        "name": record.name,
        "state": record.state.value,
        "version": record.version,
        "previous": record.previous,
        "digest": record.digest,
        "actor": record.actor,
        "started_at": record.started_at.isoformat(),
        "changed_at": record.changed_at.isoformat(),
        "next": NEXT[record.state],
        "fills": [{"table": e.filling.table, "rows": e.rows, "done": e.done} for e in standing.progress],
        "checks": [_checked(each) for each in standing.checked],
        "paused": None
        if pause is None
        else {"actor": pause.actor, "reason": pause.reason, "at": pause.at.isoformat()},
    }


def _checked(checked: Checked) -> dict[str, Any]:
    at = None if checked.at is None else checked.at.isoformat()
    return {**checks.as_object(checked.check, checked.answer), "at": at}


def told(record: Record, *, as_json: bool) -> None:
    """What came of a command."""
    if as_json:
        click.echo(dumped(as_object(Standing(record))))
        return
    screen = Screen()
    screen.line(f"{record.name} is {record.state.value}", "good")
    screen.line(f"next: {NEXT[record.state]}")


def listed(screen: Screen, found: Sequence[Standing]) -> None:
    """All of them, in order."""
    columns = [
        Column("migration"),
        Column("state"),
        Column("version"),
        Column("filled", right=True),
        Column("next"),
    ]
    screen.table(columns, [_row(each.record, each.progress) for each in found])
    for standing in found:
        name = standing.record.name
        for each in standing.checked:
            for sentence in said(each.check, each.answer) if each.answer else ():
                screen.line(f"{name}: {sentence}")
        if standing.pause is not None:
            screen.line(f"{name}: {standing.pause}", "warn")
    if not found:
        screen.line(
            "no migration was started here: `strangler migrate plan FILE`, then `strangler migrate start FILE`"
        )


def _row(record: Record, progress: Sequence[Progress]) -> list[str]:
    filled = f"{sum(each.rows for each in progress):,} rows" if any(each.rows for each in progress) else ""
    return [record.name, record.state.value, record.version, filled, NEXT[record.state]]
