"""`strangler gate`: may this cutover advance?"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from strangler_cli.options import Duration

if TYPE_CHECKING:
    from strangler_cli.formats.verdict import Asked

_SUMMARY: Final = 250_000
"""Characters; at most a mebibyte in UTF-8."""


@click.command(
    help="Ask whether a cutover may advance. Evidence and policy decide; only the count of attempts changes.\n\n"
    "Exit code 0: passed; 1: blocked; 2: usage or configuration; 3: evidence insufficient or stale, or no ledger; "
    "4: paused or frozen. No comparisons never pass.",
)
@click.argument("cutover")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "junit", "sarif", "gitlab", "markdown"]),
    default="text",
    show_default=True,
    help="For people; for programs; as GitHub annotations and step summary; as a report for CI.",
)
@click.option("-o", "--output", metavar="FILE", help="Write it to a file; one line is printed.")
@click.option("--wait", is_flag=True, help="Ask again until it passes or is blocked.")
@click.option(
    "--timeout",
    metavar="DURATION",
    type=Duration(),
    default="30m",
    show_default=True,
    help="With --wait: for so long; then it leaves with what it is by then.",
)
@click.pass_obj
def command(config: str, cutover: str, form: str, output: str | None, *, wait: bool, timeout: int) -> int:
    """Ask."""
    from strangler_cli.session import configuration, known_cutover
    from strangler_cli.waiting import decided

    known_cutover(configuration(config), cutover)
    asked = decided(config, cutover, timeout if wait else 0)
    if form == "github":
        _summarize(asked)
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
    if form == "text":
        return _as_plain_text(asked) if to_file else ""
    from strangler_cli.formats.verdict_forms import written

    return written(asked, form)


def _summarize(asked: Asked) -> None:
    """A step summary, where GitHub Actions says into which file; it takes a mebibyte of each step."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if file:
        from strangler_cli.formats.verdict_forms import written

        _write(Path(file), written(asked, "markdown")[:_SUMMARY], "a")


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


def _write(path: Path, text: str, mode: Literal["w", "a"] = "w") -> None:
    from strangler.errors import UsageError

    try:
        with path.open(mode, encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", where=str(path)) from None
