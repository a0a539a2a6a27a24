"""`strangler migrate lint`: what SQL would lock, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from strangler_migrations.lint import Finding


@click.command(
    help="Say what SQL files would lock, scan or write anew, before they run. Files are migrations in the order they "
    "are given, each one transaction unless it says BEGIN itself; - is standard input. docs/lint.md has every rule; "
    "`-- strangler: ignore RULE` before a statement lets it pass.\n\n"
    "Exit code 0: nothing but notes; 1: something found; 2: usage.",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github", "sarif", "json"]),
    default="text",
    show_default=True,
    help="For people; as GitHub annotations; as a report for CI; for programs.",
)
@click.option(
    "--database", metavar="URL", help="Weigh findings by what its tables hold. Nothing is changed there."
)
def lint(files: tuple[str, ...], form: str, database: str | None) -> int:
    """Lint."""
    from strangler.config.environment import expand
    from strangler_cli.files import read_text
    from strangler_migrations.lint import lint, sizes, squawk

    texts = [(file, read_text(file)) for file in dict.fromkeys(files)]
    found = lint(texts, None if database is None else sizes(expand(database)))
    found += squawk(texts)
    _print(found, form)
    return 1 if any(each.level != "note" for each in found) else 0


def _print(found: list[Finding], form: str) -> None:
    from strangler_cli.formats import lint as forms
    from strangler_cli.formats.as_json import dumped

    if form == "github":
        click.echo(forms.as_github(found), nl=False)
    elif form == "sarif":
        click.echo(dumped(forms.as_sarif(found)))
    elif form == "json":
        click.echo(dumped({"findings": [forms.as_object(each) for each in found]}))
    else:
        from strangler_cli.screen import Screen

        forms.as_text(Screen(), found)
