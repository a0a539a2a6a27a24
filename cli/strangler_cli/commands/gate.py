"""`strangler gate`: may this cutover advance?"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from strangler_cli.formats.verdict import Asked


@click.command(
    help="Ask whether a cutover may advance. Evidence and policy decide; only the count of attempts changes.\n\n"
    "Exit code 0: passed; 1: blocked; 2: usage or configuration; 3: evidence insufficient or stale, or no ledger; "
    "4: paused. No comparisons never pass.",
)
@click.argument("cutover")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "junit"]),
    default="text",
    show_default=True,
    help="For people, for programs, as GitHub annotations, as a JUnit report.",
)
@click.option("-o", "--output", metavar="FILE", help="Write it to a file; one line is printed.")
@click.pass_obj
def command(config: str, cutover: str, form: str, output: str | None) -> int:
    """Ask."""
    from strangler_cli import asking
    from strangler_cli.session import configuration, known_cutover, ledger_of, now_ns

    loaded = configuration(config)
    known_cutover(loaded, cutover)
    with ledger_of(loaded) as ledger:
        asked = asking.ask(ledger, loaded, cutover, now_ns())
    text = _formatted(asked, form, to_file=output is not None)
    if output is not None:
        _write(Path(output), text)
        click.echo(
            f"{cutover}: {asked.verdict.status} (exit code {asked.verdict.exit_code}), written to {output}"
        )
    elif form == "text":
        _print(asked)
    else:
        click.echo(text, nl=False)
    return asked.verdict.exit_code


def _formatted(asked: Asked, form: str, *, to_file: bool) -> str:
    if form == "json":
        from strangler_cli.formats.as_json import dumped
        from strangler_cli.formats.verdict import as_object

        return dumped(as_object(asked)) + "\n"
    if form == "github":
        from strangler_cli.formats.github import as_github

        return as_github(asked)
    if form == "junit":
        from strangler_cli.formats.junit import as_junit

        return as_junit(asked)
    return _as_plain_text(asked) if to_file else ""


def _print(asked: Asked) -> None:
    from strangler_cli.formats.verdict import as_text
    from strangler_cli.screen import Screen

    as_text(Screen(), asked)


def _as_plain_text(asked: Asked) -> str:
    from strangler_cli.formats.verdict import as_text
    from strangler_cli.screen import Screen

    out = io.StringIO()
    as_text(Screen(out), asked)
    return out.getvalue()


def _write(path: Path, text: str) -> None:
    from strangler.errors import UsageError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", where=str(path)) from None
