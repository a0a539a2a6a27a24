"""How far a backfill is, on standard error, for a person at a terminal; for nobody else."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strangler_migrations.running.backfill import Watch


@contextmanager
def watching() -> Generator[Watch]:
    """Gives what a backfill calls after each range: a bar with rate and time left."""
    if not sys.stderr.isatty():
        yield lambda _table, _rows, _total, _rate: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        tasks = dict[str, TaskID]()

        def watch(table: str, rows: int, total: int, rate: float | None) -> None:
            if table not in tasks:
                tasks[table] = shown.add_task(f"filling {table}", total=total if total > 0 else None, rate="")
            # What is filled a second, waits included: the time left is reckoned by it, too.
            speed = shown.tasks[tasks[table]].speed or rate
            shown.update(tasks[table], completed=rows, rate=f"{rows:,} rows, {speed:,.0f}/s" if speed else "")

        yield watch
