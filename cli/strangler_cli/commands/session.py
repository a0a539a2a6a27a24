"""`strangler session`: who is logged in at the pages, and ending that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strangler_cli.options import ACTOR, REASON

if TYPE_CHECKING:
    from strangler.ledger.sessions import Session


@click.group(
    help="List who is logged in at the dashboard, and log people out. Ending a session is an audit entry; its open "
    "pages show the login within a few seconds.",
)
def command() -> None:
    """The group."""


@command.command(
    "list", help="List the sessions that last, the latest first: whose, how they logged in, until when."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields.")
@click.pass_obj
def list_(config: str, *, as_json: bool) -> None:
    """List."""
    from strangler.config.dashboard import Login
    from strangler.ledger import sessions
    from strangler_cli import session

    loaded = session.configuration(config)
    idle_ns = (loaded.config.dashboard.login or Login()).idle * 1_000_000
    with session.ledger_of(loaded) as ledger, ledger.read() as connection:
        found = sessions.listed(connection, session.now_ns(), idle_ns)
    if as_json:
        from strangler.views.sessions import session_view
        from strangler_cli.formats.as_json import dumped

        click.echo(dumped({"sessions": list(map(session_view, found))}))
        return
    _table(found)


@command.command(
    help="End a session at once. ID: the beginning of it, four characters at least; or every session of one person "
    "with --of. Whoever has a token that is valid, or a provider that vouches for them, can log in again: see "
    "`strangler token revoke`, and the provider.",
)
@click.argument("session_id", metavar="[ID]", required=False)
@click.option("--of", "name", metavar="NAME", help="Every session of this person instead.")
@ACTOR
@REASON
@click.pass_obj
def end(config: str, session_id: str | None, name: str | None, actor: str | None, reason: str) -> None:
    """End."""
    from strangler.ledger import sessions
    from strangler_cli import session

    if (session_id is None) == (name is None):
        raise click.UsageError("Give the ID of a session, or --of NAME.")
    who, now_ns = actor or session.actor(), session.now_ns()
    with session.ledger_of(session.configuration(config)) as ledger, ledger.begin() as connection:
        if session_id is not None:
            found = [sessions.end_one(connection, session_id, who, now_ns, reason=reason)]
        else:
            found = sessions.end_all(connection, name or "", who, now_ns, reason=reason)
    for each in found:
        click.echo(f"session {each.id} of {each.name} is over")
    if not found:
        click.echo(f"{name} is not logged in; nothing changed")


def _table(found: list[Session]) -> None:
    from strangler.views.words import iso
    from strangler_cli.screen import Column, Screen

    screen = Screen()
    if not found:
        screen.line("nobody is logged in")
        screen.flush()
        return
    screen.table(
        tuple(Column(name) for name in ("id", "who", "roles", "by", "last there", "until")),
        [
            [
                each.id,
                each.name,
                ", ".join(each.roles),
                each.via,
                iso(each.seen_ns) or "",
                iso(each.ends_ns) or "",
            ]
            for each in found
        ],
    )
    screen.flush()
