"""`strangler check`: what the file would do, and what stands in its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.routing import Table
    from strangler_cli.checking import Finding
    from strangler_cli.screen import Cell, Screen, Tone

_TONES: dict[str, Tone] = {"ok": "good", "note": "dim", "warning": "warn", "error": "bad"}


@click.command(
    help="Say what strangler.yaml would do: the file, both systems, the candidate's version, the ledger, probes of lag "
    "and effects, environment variables. Nothing is changed.\n\nExit code 0: nothing stands in the way (there may be "
    "warnings); 1: something does; 2: the file cannot be used.",
)
@click.option(
    "--explain",
    metavar='"METHOD TARGET"',
    help='Say which route takes a request, and why: "POST /invoices?x=1".',
)
@click.option(
    "--header", "headers", multiple=True, metavar="NAME:VALUE", help="A header of the request to explain."
)
@click.option("--body", metavar="FILE", help="The body of the request to explain; - for standard input.")
@click.pass_obj
def command(config: str, explain: str | None, headers: tuple[str, ...], body: str | None) -> int:
    """Look, or explain."""
    from strangler_cli.screen import Screen
    from strangler_cli.session import configuration

    if explain is None and (headers or body):
        raise click.UsageError("--header and --body describe the request of --explain.")
    loaded = configuration(config)
    screen = Screen()
    if explain is None:
        return _look(screen, loaded)
    _explain(screen, loaded, explain, headers, body)
    return 0


def _look(screen: Screen, loaded: Loaded) -> int:
    import os
    from datetime import UTC, datetime

    from strangler_cli.checking import look
    from strangler_cli.screen import Column

    found = list(look(loaded, os.environ, datetime.now(UTC).date()))
    rows: list[list[Cell]] = [
        [(entry.level, _TONES[entry.level]), entry.subject, _said(entry)] for entry in found
    ]
    screen.table([Column(""), Column("what"), Column("found", wrap=True)], rows)
    _routes(screen, loaded)
    errors = sum(entry.level == "error" for entry in found)
    warnings = sum(entry.level == "warning" for entry in found)
    screen.line()
    if errors:
        screen.line(f"{errors} in the way, {warnings} to look at", "bad")
        return 1
    screen.line(
        f"nothing in the way, {warnings} to look at; next: `strangler serve`"
        if warnings
        else "nothing in the way; next: `strangler serve`",
        "good",
    )
    return 0


def _said(finding: Finding) -> str:
    return f"{finding.what} → {finding.remedy}" if finding.remedy else finding.what


def _routes(screen: Screen, loaded: Loaded) -> None:
    from strangler_cli.describing import takes, then
    from strangler_cli.screen import Column

    table = _table(loaded)
    if not table.routes:
        return
    screen.line()
    screen.heading("Routes, the most specific first (what matches none goes to legacy, unobserved)")
    columns = [
        Column("route"),
        Column("takes", wrap=True),
        Column("cutover"),
        Column("phase"),
        Column("then", wrap=True),
    ]
    rows = [
        [route.name, takes(route), route.cutover or "-", route.phase, then(route)] for route in table.routes
    ]
    screen.table(columns, rows)


def _table(loaded: Loaded) -> Table:
    """The table as it would be now: with the phases of the ledger, where there is one."""
    from strangler.errors import StranglerError
    from strangler.ledger.cutovers import states
    from strangler.routing.build import build_table
    from strangler_cli.session import ledger_of, now_ns

    try:
        with ledger_of(loaded) as ledger, ledger.read() as connection:
            known = states(connection, loaded.config)
    except StranglerError:
        known = {}  # said under `ledger`; everything is legacy's until a cutover starts
    return build_table(loaded.config, known, 0, now_ns())


def _explain(screen: Screen, loaded: Loaded, text: str, headers: tuple[str, ...], body: str | None) -> None:
    from strangler.routing import RequestHead, needs_body, route
    from strangler_cli.describing import outcome, takes
    from strangler_cli.explaining import whys
    from strangler_cli.files import read_bytes
    from strangler_cli.screen import Column

    method, _, target = text.strip().partition(" ")
    target = target.strip()
    if not target.startswith("/"):
        raise click.UsageError(f'a request is a method and a path, such as "GET /invoices/7", not {text!r}.')
    head = RequestHead(method.upper(), target, tuple(_field(header) for header in headers))
    content = read_bytes(body) if body else None
    table = _table(loaded)
    rows: list[list[Cell]] = []
    won = False
    for entry, why in whys(table, head, content):
        verdict = why or (
            "fits too, but is less specific" if won else "fits, and is the most specific: it wins"
        )
        tone: Tone = "" if why or won else "good"
        rows.append([entry.name, takes(entry), (verdict, tone)])
        won = won or not why
    screen.table([Column("route"), Column("takes", wrap=True), Column("this request", wrap=True)], rows)
    screen.line()
    if content is None and needs_body(table, head):
        screen.line("Which route it is depends on the body: give one with --body FILE.")
        return
    for line in outcome(table, route(table, head, content)):
        screen.line(line)


def _field(text: str) -> tuple[bytes, bytes]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise click.UsageError(f"a header is NAME:VALUE, not {text!r}.")
    return name.strip().encode("latin-1", "replace"), value.strip().encode("latin-1", "replace")
