"""`strangler compare`: two files as two answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from strangler import Outcome, Rules
    from strangler.comparison.model import Answer

_MEDIA = {
    ".json": "application/json",
    ".xml": "application/xml",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".html": "text/html",
}


@click.command(
    help="Compare two files as legacy's and the candidate's answer; - is standard input.\n\n"
    "Exit code 0: equal; 1: different; 2: usage, or a file that cannot be read as its media type.",
)
@click.argument("legacy", metavar="A")
@click.argument("candidate", metavar="B")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people or for programs.",
)
@click.option("--rules", metavar="FILE", help="What may differ: a list of rules, or a file with `rules:`.")
@click.option(
    "--media", metavar="TYPE", help="The media type of both, such as application/json. Default: by the name."
)
def command(legacy: str, candidate: str, form: str, rules: str | None, media: str | None) -> int:
    """Compare."""
    from strangler import compare

    if legacy == candidate == "-":
        raise click.UsageError("standard input is one file; name the other.")
    allowed = _rules(rules)
    kind = media or _by_name(legacy) or _by_name(candidate)
    outcome = compare(_answer(legacy, kind), _answer(candidate, kind), allowed)
    if form == "json":
        from strangler_cli.formats.as_json import dumped
        from strangler_cli.formats.outcome import as_object

        click.echo(dumped(as_object(outcome)))
    else:
        from strangler_cli.formats.outcome import as_text
        from strangler_cli.screen import Screen

        as_text(Screen(), outcome, legacy, candidate)
    return _exit_code(outcome)


def _exit_code(outcome: Outcome) -> int:
    return {"equal": 0, "different": 1, "failed": 2}[outcome.verdict]


def _by_name(file: str) -> str | None:
    return _MEDIA.get(Path(file).suffix.lower())


def _answer(file: str, media: str | None) -> Answer:
    from strangler.comparison.model import Answer
    from strangler_cli.files import read_bytes

    fields = ((b"content-type", media.encode("latin-1", "replace")),) if media else ()
    return Answer(200, fields, read_bytes(file))


def _rules(file: str | None) -> Rules:
    from strangler.comparison.rules import Rules

    if file is None:
        return Rules()
    from strangler.config.rulesfile import parse_rules
    from strangler_cli.files import read_text

    found, lines = parse_rules(read_text(file), Path(file))
    return Rules.of(found, lines, file=file)
