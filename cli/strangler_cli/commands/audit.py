"""`strangler audit`: who did what and why, and whether all of it is still there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from strangler.ledger.audit import Broken, Head


@click.group(
    help="Read the audit: every transition of a cutover and every acceptance, who, why, before and after.\n\n"
    "Entries are chained by SHA-256 and the database refuses to change them. The chain alone cannot show that its end "
    "was cut off, so keep what `head` prints somewhere else and hand it to `verify --head`.",
)
def command() -> None:
    """The group."""


@command.command("list", help="List the latest entries, newest first.")
@click.option("--subject", metavar="NAME", help="Only those about a cutover, a divergence or `table`.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields.")
@click.pass_obj
def list_(config: str, *, subject: str | None, limit: int, as_json: bool) -> None:
    """List."""
    from strangler.ledger.audit import entries
    from strangler_cli.session import configuration, ledger_of

    with ledger_of(configuration(config)) as ledger, ledger.read() as connection:
        found = entries(connection, subject=subject, limit=limit)
    if as_json:
        from strangler.views.audit import entry_view
        from strangler_cli.formats.as_json import dumped

        click.echo(dumped({"entries": [entry_view(each) for each in found]}))
        return
    from strangler_cli.formats.history import listed
    from strangler_cli.screen import Screen

    listed(Screen(), found)


@command.command(
    help="Walk the whole chain, of the ledger or of an export.\n\n"
    "Exit code 0: every link holds; 1: one does not, the first is named; 2: a file that is no export; 3: no ledger.",
)
@click.option(
    "--head", metavar="SEQ:HASH", help="What `audit head` printed before: the chain must still have it."
)
@click.option("--file", metavar="FILE", help="An export, in place of the ledger.")
@click.pass_obj
def verify(config: str, head: str | None, file: str | None) -> int:
    """Verify."""
    from strangler.views.words import counted
    from strangler_cli.screen import Screen

    anchor = _head(head) if head else None
    count, broken = _of_file(file, anchor) if file else _of_ledger(config, anchor)
    screen = Screen()
    if broken is not None:
        screen.line(f"the audit is broken at entry {broken.seq}: {broken.what}", "bad")
        return 1
    against = f", and has entry {anchor.seq} as it was kept" if anchor else ""
    screen.line(f"{counted(count, 'entry')}, every link holds{against}", "good")
    return 0


@command.command(help="Print the last entry's number and hash, to be kept elsewhere.")
@click.pass_obj
def head(config: str) -> None:
    """Print it."""
    from strangler.ledger.audit import GENESIS
    from strangler.ledger.audit import head as last
    from strangler_cli.session import configuration, ledger_of

    with ledger_of(configuration(config)) as ledger, ledger.read() as connection:
        found = last(connection)
    click.echo(f"{found.seq}:{found.hash}" if found else f"0:{GENESIS}")


@command.command(
    help="Write the chain as JSON Lines: `seq`, `prev`, `hash`, `body` (canonical JSON), `subject`."
)
@click.option("-o", "--output", metavar="FILE", help="Default: standard output.")
@click.pass_obj
def export(config: str, output: str | None) -> None:
    """Write it."""
    from strangler.views.words import counted
    from strangler_cli.auditing import exported
    from strangler_cli.session import configuration, ledger_of

    with ledger_of(configuration(config)) as ledger, ledger.read() as connection:
        count = exported(connection, Path(output) if output else None)
    if output:
        click.echo(f"{counted(count, 'entry')} written to {output}")


def _head(text: str) -> Head:
    from strangler.ledger.audit import Head

    seq, colon, digest = text.strip().partition(":")
    if not colon or not seq.isdecimal() or not _is_hash(digest):
        raise click.UsageError(
            f"{text!r} is no head; it looks like 42:9f86d081…, as `strangler audit head` prints it."
        )
    return Head(int(seq), digest.lower())


def _is_hash(text: str) -> bool:
    return len(text) == 64 and all(digit in "0123456789abcdef" for digit in text.lower())


def _of_ledger(config: str, anchor: Head | None) -> tuple[int, Broken | None]:
    from strangler.ledger import audit
    from strangler_cli.session import configuration, ledger_of

    with ledger_of(configuration(config)) as ledger, ledger.read() as connection:
        last = audit.head(connection)
        return last.seq if last else 0, audit.verify(connection, anchor)


def _of_file(file: str, anchor: Head | None) -> tuple[int, Broken | None]:
    from strangler.ledger.audit import verified
    from strangler_cli.auditing import Import

    links = Import(Path(file))
    broken = verified(links, anchor)
    return links.count, broken
