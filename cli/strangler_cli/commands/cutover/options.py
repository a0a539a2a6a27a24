"""What the commands that move a cutover are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from strangler_cli.options import ACTOR, AS_JSON, REASON

_WHO_AND_WHY: Final = (click.pass_obj, AS_JSON, REASON, ACTOR)


def of_one(function: Callable[..., Any]) -> Callable[..., Any]:
    """A cutover, who and why."""
    for decorate in (*_WHO_AND_WHY, click.argument("cutover")):
        function = decorate(function)
    return function


def of_one_or_all(everything: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """With `--all` in the place of a name; `everything` is its help."""

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorate in (
            *_WHO_AND_WHY,
            click.option(
                "--yes", is_flag=True, help="Do not ask. It asks for --all only, and in a terminal only."
            ),
            click.option("--all", "everything", is_flag=True, help=everything),
            click.argument("cutover", required=False),
        ):
            function = decorate(function)
        return function

    return decorated


def named(cutover: str | None, *, everything: bool, as_json: bool) -> str | None:
    """The cutover that is meant; None for all. Raises UsageError unless it is one or the other."""
    from strangler.errors import UsageError

    if everything == (cutover is not None):
        what = f"`{cutover}` and --all: which of them?" if everything else "which cutover?"
        raise UsageError(what, remedy="name one, or say --all for every one of them")
    if everything and as_json:
        raise UsageError("--all prints words only", remedy="leave out --json, or name a cutover")
    return cutover
