"""Before and after a rule is written: the patch, the question, what follows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from strangler_cli.screen import Screen

if TYPE_CHECKING:
    from strangler.config.editing import Edited
    from strangler_cli.screen import Tone


def show_patch(new: Edited) -> None:
    """What would change in the file."""
    tones: dict[str, Tone] = {"+": "good", "-": "bad"}
    screen = Screen()
    for line in new.patch.splitlines():
        screen.line(line, tones.get(line[:1], ""))
    screen.flush()


def confirmed(question: str = "write it?", *, yes: bool) -> bool:
    """Whether to go on. Asked only where a person sits in front of it."""
    return yes or not sys.stdin.isatty() or click.confirm(question, default=True)


def said_new_epoch(new: Edited) -> None:
    """What follows from a rule."""
    Screen().line(
        f"written to {new.file}. A new epoch begins with the next comparison under it: evidence starts anew, "
        "and what was counted before stays what it was."
    )
