"""One live screen in a terminal; plain lines anywhere else."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Protocol, override

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text


class Screen(Protocol):
    """What the story shows."""

    def stage(self, number: int) -> None:
        """Stage `number` (from 1) begins."""

    def say(self, text: str, *, detail: bool = False) -> None:
        """One line. A terminal keeps the last one of a stage that is no detail."""

    def gauges(self, rows: Sequence[tuple[str, str]]) -> None:
        """Figures that change: name and value."""

    def table(self, title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table that takes the place of the one before."""


class PlainScreen(Screen):
    """Lines on a stream that is no terminal; figures are left out, tables are printed when they change."""

    def __init__(self, console: Console, stages: Sequence[str]) -> None:
        self._console = console
        self._stages = stages
        self._began = time.monotonic_ns()

    @override
    def stage(self, number: int) -> None:
        self._print(f"{number:2}. {self._stages[number - 1]}")

    @override
    def say(self, text: str, *, detail: bool = False) -> None:
        self._print(f"    {'· ' if detail else ''}{text}")

    @override
    def gauges(self, rows: Sequence[tuple[str, str]]) -> None:
        """A log has no place for figures that change several times a second."""

    @override
    def table(self, title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self._print(f"    {title}")
        self._console.print(_grid(header, rows), soft_wrap=False)

    def _print(self, line: str) -> None:
        seconds = (time.monotonic_ns() - self._began) // 1_000_000_000
        self._console.print(f"[{seconds:4} s] {line}", markup=False, highlight=False, soft_wrap=True)


class LiveScreen(Screen):
    """Stages on top, figures and what was said below, one table at the bottom."""

    def __init__(self, stages: Sequence[str]) -> None:
        self._titles = stages
        self._began = time.monotonic_ns()
        self._now = 0
        self._said: dict[int, list[tuple[str, bool]]] = {}
        self._rows: Sequence[tuple[str, str]] = ()
        self._table: RenderableType | None = None

    @override
    def stage(self, number: int) -> None:
        self._now = number

    @override
    def say(self, text: str, *, detail: bool = False) -> None:
        self._said.setdefault(self._now, []).append((text, detail))

    @override
    def gauges(self, rows: Sequence[tuple[str, str]]) -> None:
        self._rows = rows

    @override
    def table(self, title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self._table = Panel(_grid(header, rows), title=title, title_align="left", border_style="dim")

    def render(self) -> RenderableType:
        """The screen as it is now."""
        seconds = (time.monotonic_ns() - self._began) // 1_000_000_000
        title = f"strangler demo · two billing services under traffic · {seconds // 60}:{seconds % 60:02}"
        parts: list[RenderableType] = [Panel(self._stages(), title=title, title_align="left")]
        if self._rows:
            parts.append(_figures(self._rows))
        if self._table is not None:
            parts.append(self._table)
        return Group(*parts)

    def _stages(self) -> RenderableType:
        text = Text()
        for number, title in enumerate(self._titles, 1):
            done, now = number < self._now, number == self._now
            mark = "✔" if done else "▶" if now else "·"
            text.append(f"{mark} {number:2}  {title}\n", "green" if done else "bold" if now else "dim")
            said = self._said.get(number, [])
            for line, detail in said if now else [each for each in said if not each[1]][-1:]:
                text.append(f"        {'· ' if detail else ''}{line}\n", "" if now else "dim")
        text.rstrip()
        return text


def _figures(rows: Sequence[tuple[str, str]]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    for _ in range(2 * 3):
        grid.add_column()
    cells = [cell for name, value in rows for cell in (Text(name, "dim"), Text(value, "bold"))]
    for start in range(0, len(cells), 6):
        grid.add_row(*cells[start : start + 6])
    return Panel(grid, border_style="dim")


def _grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in header:
        grid.add_column(name, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    return grid


@contextmanager
def open_screen(console: Console, stages: Sequence[str]) -> Generator[Screen]:
    """A live screen where there is a terminal, plain lines where there is none."""
    if not console.is_terminal:
        yield PlainScreen(console, stages)
        return
    screen = LiveScreen(stages)
    with Live(
        console=console,
        get_renderable=screen.render,
        refresh_per_second=5,
        screen=False,
        vertical_overflow="crop",
    ):
        yield screen
