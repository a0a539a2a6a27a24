"""How a command that keeps running logs, and the processes that it starts."""

from __future__ import annotations

import os
from collections.abc import Callable

import click

_ENVIRONMENT = {"format": "STRANGLER_LOG_FORMAT", "level": "STRANGLER_LOG_LEVEL"}


def log_options[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """`--log-format` and `--log-level`."""
    level = click.option(
        "--log-level",
        type=click.Choice(["warning", "info", "debug"], case_sensitive=False),
        default="warning",
        show_default=True,
        envvar=_ENVIRONMENT["level"],
        show_envvar=True,
        help="`info`: also each exchange that is not equal; `debug`: each exchange.",
    )
    form = click.option(
        "--log-format",
        type=click.Choice(["text", "json"], case_sensitive=False),
        default="text",
        show_default=True,
        envvar=_ENVIRONMENT["format"],
        show_envvar=True,
        help="`json`: one object a line, with the exchange that it is about.",
    )
    return form(level(command))


def logging_as(name: str, form: str, level: str) -> None:
    """Log so from here on; processes that are started inherit it."""
    os.environ[_ENVIRONMENT["format"]], os.environ[_ENVIRONMENT["level"]] = form, level
    from strangler_shadow.logs import configure

    configure(name)
