"""What a person reads: tables and colour in a terminal, plain aligned lines elsewhere.

Text that comes from traffic or files never reaches a terminal as control sequences, and is never taken for
markup. Colour only underlines what words already say; `NO_COLOR` turns it off.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final, Literal, NoReturn

if TYPE_CHECKING:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

type Tone = Literal["", "good", "bad", "warn", "dim", "strong"]
type Cell = str | tuple[str, Tone]

_STYLES: Final[dict[Tone, str]] = {
    "": "",
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "dim": "dim",
    "strong": "bold",
}
# C0 and C1 controls but for tab and newline, what takes no room, and the marks that turn reading direction.
_HIDDEN: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2060\ufeff\u202a-\u202e\u2066-\u2069]"
)


def visible(text: str) -> str:
    """The text with control characters spelt out, so that no answer can drive the terminal that shows it."""
    return (
        _HIDDEN.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
        .encode("utf-8", "backslashreplace")
        .decode()
    )


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head; `right` for numbers; `wrap` lets a terminal fold it."""

    title: str
    right: bool = False
    wrap: bool = False


class Screen:
    """Standard output (or another stream) as a person sees it."""

    def __init__(self, file: IO[str] | None = None) -> None:
        self._file = file or sys.stdout
        console = _console(file) if _perhaps_terminal(self._file) else None
        self._console = console if console is not None and console.is_terminal else None

    @property
    def terminal(self) -> bool:
        """Whether a terminal reads it, or something that said it can do what one can."""
        return self._console is not None

    def line(self, text: str = "", tone: Tone = "") -> None:
        """One line (or several), as it is."""
        if self._console:
            self._console.print(_text((text, tone)))
        else:
            self._plain(visible(text))

    def heading(self, text: str) -> None:
        """A line that begins a part."""
        self.line(text, "strong")

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, indent: int = 0) -> None:
        """A table; nothing at all without rows."""
        if not rows:
            return
        if self._console:
            self._console.print(_rich_table(columns, rows, indent), soft_wrap=False)
        else:
            for row in _aligned(columns, rows):
                self._plain(" " * indent + row)

    def clear(self) -> None:
        """Begin anew: an empty terminal, or an empty line between two reports."""
        if self._console:
            self._console.clear()
        else:
            self._plain("")

    def flush(self) -> None:
        """Hand everything on, for a reader who waits at the other end of a pipe."""
        self._file.flush()

    def _plain(self, text: str) -> None:
        encoding = getattr(self._file, "encoding", None) or "utf-8"
        self._file.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _perhaps_terminal(file: IO[str]) -> bool:
    # rich decides; where nothing speaks for a terminal it need not be loaded for that.
    return file.isatty() or any(name in os.environ for name in ("FORCE_COLOR", "TTY_COMPATIBLE"))


def _console(file: IO[str] | None) -> Console:
    from rich.console import Console

    class _Console(Console):
        def on_broken_pipe(self) -> NoReturn:
            raise BrokenPipeError

    return _Console(file=file, highlight=False, soft_wrap=True)


def _rich_table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], indent: int) -> Padding:
    from rich import box
    from rich.padding import Padding
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(
            _text(column.title),
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=not column.wrap,
        )
    for row in rows:
        table.add_row(*map(_text, row))
    return Padding(table, (0, 0, 0, indent))


def _text(cell: Cell) -> Text:
    from rich.text import Text

    text, tone = cell if isinstance(cell, tuple) else (cell, "")
    return Text(visible(text), style=_STYLES[tone])


def _aligned(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[str]:
    head = [visible(column.title) for column in columns]
    body = [[_one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    return [
        "  ".join(
            text.rjust(width) if column.right else text.ljust(width)
            for text, width, column in zip(row, widths, columns, strict=True)
        ).rstrip()
        for row in (head, *body)
    ]


def _one_line(cell: Cell) -> str:
    text = cell[0] if isinstance(cell, tuple) else cell
    return visible(text).replace("\n", " ").replace("\t", " ")
