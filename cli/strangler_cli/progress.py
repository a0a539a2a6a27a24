"""How far it is, on standard error, for a person at a terminal; for nobody else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def progress(label: str, total: int | None = None) -> Generator[Callable[[], None]]:
    """Gives what is to be called after each step. `total`: how many there will be, where that is known."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(label, total=total)
        yield lambda: shown.advance(task)


@contextmanager
def measured(label: str, unit: str) -> Generator[Callable[[int, int], None]]:
    """Gives what is to be called with how many are done and how many there will be. Shows rate and time left."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    rate = TextColumn(f"{{task.completed:,.0f}} {unit}, {{task.fields[rate]:,.0f}}/s")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        rate,
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(label, total=None, rate=0)

        def told(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total, rate=shown.tasks[0].speed or 0)

        yield told
