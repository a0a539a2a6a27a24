"""`strangler token`: who may reach the pages and the API from elsewhere, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strangler.access import ROLES, Role
from strangler_cli.options import ACTOR, REASON, Duration

if TYPE_CHECKING:
    from strangler.ledger.tokens import Token


@click.group(
    help="Make, list and revoke the tokens by which people and programs reach the dashboard where `dashboard.login` "
    "lets them log in. The ledger keeps a token's SHA-256 and never the token; every one of these is an audit entry.",
)
def command() -> None:
    """The group."""


@command.command(
    help="Make a token and print it, once: it cannot be shown again. NAME is who acts with it, in the audit and in "
    "approvals.\n\n"
    "Roles: viewer looks; operator also moves cutovers; approver also agrees to steps that others asked for; exemplars "
    "also sees whole redacted examples (each look is an audit entry); admin moves, approves and ends tokens and "
    "sessions, and sees no examples.",
)
@click.argument("name")
@click.option(
    "--role",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    required=True,
    help="What it is for; may be given more than once.",
)
@click.option(
    "--expires",
    metavar="DURATION",
    type=Duration(),
    default="30d",
    show_default=True,
    help="For how long; 366 days at most.",
)
@ACTOR
@click.option("--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields.")
@click.pass_obj
def create(
    config: str, name: str, roles: tuple[Role, ...], expires: int, actor: str | None, *, as_json: bool
) -> None:
    """Create."""
    import secrets

    from strangler.ledger import tokens
    from strangler.views.words import iso
    from strangler_cli import session

    secret, now = tokens.secret_of(secrets.token_bytes(tokens.BYTES)), session.now_ns()
    loaded = session.configuration(config)
    with session.ledger_of(loaded, create=True) as ledger, ledger.begin() as connection:
        token = tokens.create(connection, secret, name, roles, now + expires, actor or session.actor(), now)
    if as_json:
        _dump({**_shown(token, now), "token": secret})
        return
    click.echo(secret)
    click.echo(
        f"token {token.id} for {token.name}: {', '.join(token.roles)}; until {iso(token.expires_ns)}. "
        "It is not shown again.",
        err=True,
    )
    if loaded.config.dashboard.login is None:
        click.echo("nobody logs in yet: `dashboard: {login: {}}` in strangler.yaml", err=True)


@command.command(
    "list", help="List tokens, the latest first: whose, what for, until when. Never the token itself."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields.")
@click.pass_obj
def list_(config: str, *, as_json: bool) -> None:
    """List."""
    from strangler.ledger import tokens
    from strangler_cli import session

    now = session.now_ns()
    with session.ledger_of(session.configuration(config)) as ledger, ledger.read() as connection:
        found = tokens.listed(connection)
    if as_json:
        _dump({"tokens": [_shown(each, now) for each in found]})
        return
    _table(found, now)


@command.command(
    help="End a token at once, and every session that it began. ID: the beginning of it, four characters at least.",
)
@click.argument("token_id", metavar="ID")
@ACTOR
@REASON
@click.pass_obj
def revoke(config: str, token_id: str, actor: str | None, reason: str) -> None:
    """Revoke."""
    from strangler.ledger import tokens
    from strangler_cli import session

    with session.ledger_of(session.configuration(config)) as ledger, ledger.begin() as connection:
        token, new = tokens.revoke(connection, token_id, actor or session.actor(), reason, session.now_ns())
    what = "is revoked, and its sessions are over" if new else "was revoked already; nothing changed"
    click.echo(f"token {token.id} of {token.name} {what}")


def _table(found: list[Token], now_ns: int) -> None:
    from strangler.views.words import iso
    from strangler_cli.screen import Column, Screen

    screen = Screen()
    if not found:
        screen.line("no token was made; `strangler token create NAME --role viewer` makes one")
        screen.flush()
        return
    names = ("id", "who", "roles", "state", "until", "made by")
    screen.table(
        tuple(Column(name) for name in names),
        [
            [
                each.id,
                each.name,
                ", ".join(each.roles),
                each.state(now_ns),
                iso(each.expires_ns) or "",
                each.created_by,
            ]
            for each in found
        ],
    )
    screen.flush()


def _shown(token: Token, now_ns: int) -> dict[str, Any]:
    from strangler.views.words import iso

    return {
        "id": token.id,
        "name": token.name,
        "roles": list(token.roles),
        "state": token.state(now_ns),
        "created_at": iso(token.created_ns),
        "created_by": token.created_by,
        "expires_at": iso(token.expires_ns),
        "revoked_at": iso(token.revoked_ns),
    }


def _dump(found: dict[str, Any]) -> None:
    from strangler_cli.formats.as_json import dumped

    click.echo(dumped(found))
