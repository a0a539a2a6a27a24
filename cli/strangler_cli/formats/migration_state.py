"""Where migrations stand: for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from strangler_cli.formats import migration_checks as checks
from strangler_cli.formats.as_json import dumped
from strangler_cli.screen import Column, Screen
from strangler_migrations.checks import said
from strangler_migrations.running.checking import Checked
from strangler_migrations.running.states import NEXT
from strangler_migrations.running.store import Progress, Record

type Standing = tuple[Record, Sequence[Progress], Sequence[Checked]]
"""A migration, how far its backfill is, and what its rows answered."""


def as_object(
    record: Record, progress: Sequence[Progress] = (), checked: Sequence[Checked] = ()
) -> dict[str, Any]:
    """For programs; docs/commands.md has the fields."""
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
        "fills": [{"table": e.filling.table, "rows": e.rows, "done": e.done} for e in progress],
        "checks": [_checked(each) for each in checked],
    }


def _checked(checked: Checked) -> dict[str, Any]:
    at = None if checked.at is None else checked.at.isoformat()
    return {**checks.as_object(checked.check, checked.answer), "at": at}


def told(record: Record, *, as_json: bool) -> None:
    """What came of a command."""
    if as_json:
        click.echo(dumped(as_object(record)))
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
    screen.table(columns, [_row(record, progress) for record, progress, _ in found])
    for record, _, checked in found:
        for each in checked:
            for sentence in said(each.check, each.answer) if each.answer else ():
                screen.line(f"{record.name}: {sentence}")
    if not found:
        screen.line(
            "no migration was started here: `strangler migrate plan FILE`, then `strangler migrate start FILE`"
        )


def _row(record: Record, progress: Sequence[Progress]) -> list[str]:
    filled = f"{sum(each.rows for each in progress):,} rows" if any(each.rows for each in progress) else ""
    return [record.name, record.state.value, record.version, filled, NEXT[record.state]]
