"""`strangler report`: what the pages show, as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler_dashboard.report.gathered import Report

_FORMS: Final = (".html", ".md", ".json", ".csv")


@click.command(
    help="Write where everything stands, what differs and on what evidence into one file that stands by itself.\n\n"
    "The name's ending says which form: .html for people (no script, nothing fetched), .md for a pull request, .json "
    "for programs, .csv for a spreadsheet. The worst 1,000 divergences are in it; an earlier file is replaced.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    help="Where to: FILE.html, FILE.md, FILE.json or FILE.csv.",
)
@click.option("--cutover", metavar="NAME", help="Of one cutover.")
@click.option(
    "--state",
    type=click.Choice(["open", "regressed", "accepted", "resolved"]),
    help="Only divergences in one state.",
)
@click.pass_obj
def command(config: str, output: str, cutover: str | None, state: str | None) -> None:
    """Write it."""
    from strangler.errors import UsageError
    from strangler_cli.paging import pages
    from strangler_cli.session import configuration, known_cutover

    file = Path(output)
    if file.suffix not in _FORMS:
        raise UsageError(
            f"the ending of the file says its form, and {file.suffix or 'none'} is none of them",
            where=output,
            remedy=f"one of {', '.join(_FORMS)}",
        )
    pages()
    loaded = configuration(config)
    report = _gathered(loaded, known_cutover(loaded, cutover) if cutover else "", state or "")
    _write(file, _text(file.suffix, report))
    click.echo(f"{len(report.divergences):,} of {report.total:,} divergences written to {output}")


def _gathered(loaded: Loaded, cutover: str, state: str) -> Report:
    from strangler.ledger.filters import Filter
    from strangler_cli import overriding
    from strangler_cli.session import ledger_of, now_ns
    from strangler_dashboard.report.gathered import gathered

    override = overriding.view(overriding.of(loaded))
    with ledger_of(loaded) as ledger, ledger.read() as connection:
        return gathered(connection, loaded, override, now_ns(), Filter(cutover=cutover, state=state))


def _text(form: str, report: Report) -> str:
    from strangler_cli.formats.as_json import dumped

    if form == ".json":
        return dumped(report) + "\n"
    if form == ".csv":
        from strangler_dashboard.report.table import as_csv

        return as_csv(report)
    if form == ".md":
        from strangler_dashboard.report.markdown import as_markdown

        return as_markdown(report)
    from strangler_dashboard.report.page import as_html

    return as_html(report)


def _write(file: Path, text: str) -> None:
    from strangler.errors import UsageError

    try:
        # A spreadsheet takes UTF-8 for what it is only with a mark before it.
        file.write_text(text, encoding="utf-8-sig" if file.suffix == ".csv" else "utf-8", newline="")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", where=str(file)) from None
