"""Look again and again, beside whatever else runs; a database that is away is told once, and tried again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import psycopg

from strangler.errors import StranglerError
from strangler_migrations.readers.sightings import look
from strangler_migrations.readers.standing import old_form, under_way
from strangler_migrations.readers.statements import observe
from strangler_migrations.running import store
from strangler_migrations.running.session import Connection, connected, refusals

_log = logging.getLogger(__name__)

EVERY_S: Final = 10.0
AWAY_S: Final = 30.0
_STATEMENTS: Final = 6
"""Every so many looks at pg_stat_statements as well."""


def follow(url: str, wait: Callable[[float], bool]) -> None:
    """Until `wait(seconds)` says that it is over. Raises nothing."""
    told = ""

    def seen() -> None:
        nonlocal told
        if told:
            _log.warning("who uses the old form is looked at again")
        told = ""

    while True:
        try:
            with connected(url) as connection:
                _look_on(connection, wait, seen)
                return
        except (StranglerError, psycopg.Error) as error:
            if str(error) != told:
                _log.warning("nobody looks at who uses the old form: %s", error)
            told = str(error)
            if wait(AWAY_S):
                return


def _look_on(connection: Connection, wait: Callable[[float], bool], seen: Callable[[], None]) -> None:
    count = 0
    while True:
        with refusals("looking at who uses the old form"):
            glance(connection, statements=count % _STATEMENTS == 0)
        seen()
        count += 1
        if wait(EVERY_S):
            return


def glance(connection: Connection, *, statements: bool = True) -> None:
    """One look at the migration that is under way, if one is."""
    record = under_way(connection)
    if record is None:
        return
    store.prepare(connection)
    form = old_form(connection, record)
    look(connection, form)
    if statements:
        observe(connection, form)


def beside(connection: Connection, monotonic: Callable[[], float]) -> Callable[[], None]:
    """What a long command calls as often as it likes: a look every ten seconds at most, and no error."""
    due = monotonic()

    def now_and_then() -> None:
        nonlocal due
        if monotonic() >= due:
            with suppress(StranglerError, psycopg.Error), refusals("looking at who uses the old form"):
                glance(connection)
            due = monotonic() + EVERY_S

    return now_and_then
