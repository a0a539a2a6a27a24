"""The database whose schema is migrated, and how patient a migration is."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from strangler.config.base import Part
from strangler.config.fields import Bytes, Milliseconds, Share
from strangler.config.places import check_zone


def _database(value: str) -> str:
    if not value.startswith(("postgresql://", "postgres://", "postgresql+psycopg://", "${")):
        raise ValueError("a database to migrate is postgresql://user@host/database, or ${VARIABLE}")
    return value


class ThrottleConfig(Part):
    """What a backfill keeps to; no bound where nothing is said. Options of `migrate start` go before it."""

    max_rate: Annotated[int, Field(ge=1)] | None = None
    """Rows a second."""
    max_wal: Annotated[Bytes, Field(ge=1)] | None = None
    """Bytes of write-ahead log a second, of the whole server: what replicas and archives have to take."""
    max_lag: Milliseconds | None = None
    """Nothing is filled while a replica is further behind."""
    max_active: Annotated[int, Field(ge=0)] | None = None
    """Nothing is filled while more sessions are at work."""
    yields: bool = True
    """Whether it rests after each range as long as that took, where other sessions are at work."""
    max_dead: Share | None = None
    """Nothing is filled while a larger share of the table's rows is dead, although VACUUM ran."""


class MigrationsConfig(Part):
    """Where `strangler migrate` works."""

    database: Annotated[str, AfterValidator(_database)] | None = None
    """`postgresql://user@host/database`; `${NAME}` keeps a password out of the file."""
    base: str = Field(default="public", min_length=1, max_length=63)
    """The schema whose tables are migrated."""
    lock_timeout: Milliseconds = 500
    """How long one attempt at a lock may queue; nobody waits behind it for longer."""
    lock_bound: Milliseconds = 600_000
    """How long attempts go on before the command gives up."""
    chunk: Milliseconds = 50
    """How long one range of a backfill should take."""
    window: Milliseconds = 31 * 86_400_000
    """For so long nobody may have used the old form before `complete`: a billing cycle. 0: nobody may be at it."""
    month_end: bool = True
    """Whether the window has to contain a month's end: a month's last day, and the first three of the next."""
    zone: Annotated[str, AfterValidator(check_zone)] = "UTC"
    """The IANA zone by whose clocks a month ends."""
    parity: Milliseconds = 86_400_000
    """How old the proof that both forms agree may be at `complete`."""
    throttle: ThrottleConfig = ThrottleConfig()
    """What a backfill keeps to."""
