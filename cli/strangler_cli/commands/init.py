"""`strangler init`: a first strangler.yaml, to be read and changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

if TYPE_CHECKING:
    from strangler_cli.starting.found import FoundRoute


@click.command(
    help="Write a commented strangler.yaml for two systems.\n\nNeither needs to run. Nothing is ever overwritten. "
    "Routes come from an OpenAPI description or a recording (HAR); without either, one takes everything that reads.",
)
@click.option("--legacy", required=True, metavar="URL", help="The system that answers today.")
@click.option("--candidate", required=True, metavar="URL", help="The system that is to take over.")
@click.option("--openapi", metavar="FILE", help="Take the routes from an OpenAPI description (JSON or YAML).")
@click.option("--har", metavar="FILE", help="Take the routes from a recording of requests to legacy (HAR).")
@click.pass_obj
def command(config: str, legacy: str, candidate: str, openapi: str | None, har: str | None) -> None:
    """Write it."""
    from strangler_cli.files import write_new
    from strangler_cli.screen import Screen
    from strangler_cli.starting.text import first_config

    if openapi and har:
        raise click.UsageError("give --openapi or --har, not both.")
    routes, notes = _routes(legacy, openapi, har)
    text = first_config(legacy, candidate, routes)
    _check(text, Path(config))
    write_new(Path(config), text)
    screen = Screen()
    reads = sum(route.only_reads for route in routes)
    found = (
        f"{len(routes)} routes, {reads} of which only read"
        if routes
        else "one route for everything that reads"
    )
    screen.line(f"wrote {config}: {found}")
    for note in notes:
        screen.line(f"  note: {note}")
    screen.line("next: read it, say where the candidate's version is read, then `strangler check`")


def _routes(legacy: str, openapi: str | None, har: str | None) -> tuple[list[FoundRoute], list[str]]:
    from strangler_cli.files import read_text
    from strangler_cli.starting import har as recording
    from strangler_cli.starting import openapi as description
    from strangler_cli.starting.found import named

    if openapi:
        found, notes = description.routes(read_text(openapi), Path(openapi), base=_path(legacy))
    elif har:
        found, notes = recording.routes(read_text(har), Path(har), legacy=legacy)
    else:
        return [], []
    return named(dict.fromkeys(found)), notes


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""  # the check of the finished file says what is wrong with it


def _check(text: str, file: Path) -> None:
    from strangler.config import parse
    from strangler.errors import ConfigError, UsageError

    try:
        parse(text, file)
    except ConfigError as error:
        wrong = [problem for problem in error.problems if problem.location in {"legacy.url", "candidate.url"}]
        if not wrong:
            raise
        raise UsageError(
            "; ".join(f"--{problem.location.removesuffix('.url')}: {problem.what}" for problem in wrong)
        ) from None
