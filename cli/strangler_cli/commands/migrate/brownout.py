"""`strangler migrate brownout`: the old form withdrawn for some minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strangler_cli.migrating import ACTOR, AS_JSON, on_a_database, opened
from strangler_cli.options import Duration

if TYPE_CHECKING:
    from strangler_cli.migrating import Place
    from strangler_migrations.brownout import Brownout
    from strangler_migrations.running.store import Record

_LONGEST_NS = 3_600_000_000_000


@click.command(
    help="Withdraw the old form for some minutes, to see who still needs it: the old version's views, and writes of "
    "the old form, are refused (SQLSTATE 42501). It ends by itself, also if this command is killed or the server "
    "restarts; Ctrl-C ends it at once. Who reads the tables themselves is not kept out.\n\n"
    "Exit code 0: nobody was refused; 1: somebody was.",
)
@click.argument("name", required=False, metavar="[NAME]")
@on_a_database
@click.option(
    "--for",
    "duration",
    type=Duration(),
    default="5m",
    show_default=True,
    metavar="DURATION",
    help="For so long.",
)
@click.option("--reason", metavar="TEXT", help="Why, in the history and the audit. Needed, but with --lift.")
@click.option("--lift", is_flag=True, help="End one that is at work.")
@ACTOR
@AS_JSON
def brownout(
    config: str,
    database: str | None,
    base: str | None,
    name: str | None,
    *,
    duration: int,
    reason: str | None,
    lift: bool,
    actor: str | None,
    as_json: bool,
) -> int:
    """Do it."""
    from strangler.errors import Refused
    from strangler_cli.formats.brownout import told
    from strangler_cli.migrating import one
    from strangler_migrations import brownout as brownouts
    from strangler_migrations.running import store
    from strangler_migrations.running.lifecycle import get

    if not lift and not (reason or "").strip():
        raise click.UsageError("--reason TEXT: it may fail requests, so say why.")
    if not 0 < duration <= _LONGEST_NS:
        raise click.UsageError("--for lies between a second and an hour.")
    with opened(config, database, base, actor) as place:
        store.prepare(place.session.connection)
        record = get(place.session, one(place.session, name))
        if lift:
            found = brownouts.lift(place.session, record)
            if found is None:
                raise Refused(f"{record.name} had no brownout")
        else:
            found = _through(place, record, duration // 1_000_000_000, reason or "")
    told(record.name, found, as_json=as_json)
    return 1 if found.refused else 0


def _through(place: Place, record: Record, seconds: int, reason: str) -> Brownout:
    """From its beginning to its end, looking every second who was refused."""
    from strangler_cli.migrating import audited
    from strangler_migrations import brownout as brownouts
    from strangler_migrations.readers.watch import glance
    from strangler_migrations.running.session import refusals

    session = place.session
    with audited(place, "migration.brownout", record.name, reason, {"seconds": seconds}):
        begun = brownouts.begin(session, record, seconds, reason)
    session.tell(f"withdrawn until {begun.until:%H:%M:%S}; Ctrl-C ends it")
    end = session.monotonic() + seconds
    try:
        while (left := end - session.monotonic()) > 0:
            session.sleep(min(1.0, left))
            with refusals("looking at who uses the old form"):
                glance(session.connection, statements=False)
    finally:
        ended = begun if session.connection.closed else brownouts.lift(session, record) or begun
    return ended
