"""What the commands of `strangler migrate` begin with and end with: the database, and the ledger that is told."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.config.migrations import MigrationsConfig
    from strangler.ledger.facts import Fact
    from strangler_migrations.contract import Proof
    from strangler_migrations.running.session import Session
    from strangler_migrations.running.store import Record

_DATABASE: Final = click.option(
    "--database",
    metavar="URL",
    envvar="STRANGLER_DATABASE",
    show_envvar=True,
    help="The database; default: `migrations.database` of strangler.yaml.",
)
_BASE: Final = click.option(
    "--schema", "base", metavar="NAME", help="The schema; default: `migrations.base`, else public."
)
ACTOR: Final = click.option(
    "--actor", metavar="NAME", help="Who acts, in the history. Default: the user of the system."
)
AS_JSON: Final = click.option(
    "--json", "as_json", is_flag=True, help="As JSON; docs/commands.md has its fields."
)


def on_a_database(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--database` and `--schema`, and the configuration's path."""
    for decorate in (_BASE, _DATABASE, click.pass_obj):
        function = decorate(function)
    return function


@dataclass(frozen=True, slots=True)
class Place:
    """A session, and what the configuration says. `loaded` is None where there is no configuration."""

    session: Session
    settings: MigrationsConfig
    loaded: Loaded | None


@contextmanager
def opened(config: str, database: str | None, base: str | None, actor: str | None = None) -> Generator[Place]:
    """Connect. Raises UsageError when nothing names a database."""
    from strangler.config.environment import expand
    from strangler.config.migrations import MigrationsConfig
    from strangler.errors import UsageError
    from strangler_cli import session as cli
    from strangler_migrations.running.session import Limits, Session, answered, connected

    loaded = cli.configuration(config) if Path(config).exists() or not database else None
    settings = loaded.config.migrations if loaded else MigrationsConfig()
    url = database or settings.database
    if url is None:
        raise UsageError(
            "no database is named",
            where=str(config),
            remedy="`migrations: {database: postgresql://…}` in the file, or --database URL",
        )
    limits = Limits(settings.lock_timeout, settings.lock_bound // 1000)
    with connected(expand(url)) as connection, answered():
        session = Session(connection, base or settings.base, actor or cli.actor(), tell=_tell, limits=limits)
        yield Place(session, settings, loaded)


def one(session: Session, name: str | None) -> str:
    """The migration that is meant: the one named, else the latest that is not over. Raises UsageError."""
    from strangler.errors import UsageError
    from strangler_migrations.running.lifecycle import get
    from strangler_migrations.running.states import OVER
    from strangler_migrations.running.store import migrations

    if name is not None:
        return get(session, Path(name).stem if name.endswith((".yaml", ".yml", ".json")) else name).name
    going = [record.name for record in migrations(session.connection) if record.state not in OVER]
    if not going:
        raise UsageError("no migration is under way", remedy="`strangler migrate start FILE` starts one")
    return going[-1]


def publish(place: Place, *records: Record) -> None:
    """Tell the ledger, for the gate, how far the migrations are. A ledger that is away is told the next time."""
    from strangler.ledger.facts import Fact
    from strangler_cli.session import now_ns
    from strangler_migrations.running.states import PUBLISHED

    _put(
        place,
        [
            Fact("migration", record.name, PUBLISHED[record.state], record.digest, now_ns())
            for record in records
            if record.state in PUBLISHED
        ],
    )


def _put(place: Place, facts: list[Fact]) -> None:
    from strangler.errors import StranglerError
    from strangler.ledger.facts import put
    from strangler_cli.session import ledger_of

    if place.loaded is None:
        return
    try:
        with ledger_of(place.loaded, create=True) as ledger, ledger.begin() as connection:
            for fact in facts:
                put(connection, fact)
    except StranglerError as error:
        _tell(f"the ledger was not told, `strangler migrate status` does it again: {error.what}")


def proven(place: Place, record: Record) -> Proof:
    """Compare both forms of every row, keep what came of it, and tell the ledger."""
    from strangler.ledger.facts import Fact
    from strangler_migrations.contract import prove

    found = prove(place.session, record)
    at_ns = int(found.at.timestamp()) * 1_000_000_000
    _put(place, [Fact("parity", record.name, found.verdict, found.digest, at_ns)])
    return found


@contextmanager
def audited(
    place: Place, action: str, migration: str, reason: str, after: Mapping[str, Any]
) -> Generator[None]:
    """What is done inside has an entry in the ledger's audit, or is not done. Without a configuration there is no
    ledger: then the database's own history alone has it.
    """
    from strangler.ledger import audit
    from strangler_cli.session import ledger_of, now_ns

    if place.loaded is None:
        yield
        return
    with ledger_of(place.loaded, create=True) as ledger, ledger.begin() as connection:
        audit.append(
            connection,
            at_ns=now_ns(),
            actor=place.session.actor,
            action=action,
            subject=migration,
            reason=reason,
            after=after,
        )
        yield


def _tell(text: str) -> None:
    from strangler_cli.screen import visible

    click.echo(visible(text), err=True)
