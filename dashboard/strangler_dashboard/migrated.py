"""A look at the database that is migrated: rarely, read only, by one connection at a time, and never for long.

A database that is away, or that the file does not name, is something a page says, and nothing that it fails with.
"""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from strangler.config.environment import expand
from strangler.errors import StranglerError, Unreachable, UsageError

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler_migrations.overview import Overview

_AGAIN: Final = "it is tried again while somebody looks here"
_UNREADABLE: Final = (
    "its address cannot be read",
    "postgresql://user@host:5432/database, an `@` in a password being `%40`",
)
_RIGHTS: Final = "`migrations.database` as a role that may read the schema `strangler`"


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found. `database`: its address without a password, empty where the file names none; `problem`: why
    nothing was found, `remedy`: what would help.
    """

    database: str = ""
    overview: Overview | None = None
    problem: str = ""
    remedy: str = ""

    @property
    def sign(self) -> str:
        """Another text when there is something else to show."""
        found = self.overview
        parts = [self.problem, found.holder if found else ""]
        for each in found.known if found else ():
            parts += [
                each.record.name,
                each.record.state,
                str(len(each.history)),
                str(each.proof and each.proof.at),
            ]
            parts += [str(fill.progress.rows) for fill in each.fills]
            parts += [f"{wait.began} {wait.attempts} {wait.going}" for wait in each.waits]
            parts += [str(seen.last_seen) for seen in each.standing.seen] if each.standing else []
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def look(loaded: Loaded) -> Looked:
    """One look. Raises nothing of ours."""
    named = loaded.config.migrations.database
    if not named:
        return Looked()
    try:
        url = expand(named)
    except StranglerError as error:
        return Looked(_shown(named), None, error.what, error.remedy or "")
    return _overview(url)


def silent(loaded: Loaded) -> Looked:
    """What is said of one that neither answers nor refuses."""
    return Looked(
        _shown(loaded.config.migrations.database or ""), None, "the database does not answer", _AGAIN
    )


def _overview(url: str) -> Looked:
    import psycopg

    from strangler_migrations.overview import looking, overview

    shown = _shown(url)
    if url.partition("?")[0].count("@") > 1:  # the server's name would be a part of the password, and be said
        return Looked(shown, None, *_UNREADABLE)
    try:
        with ExitStack() as stack:
            try:
                connection = stack.enter_context(looking(url))
            except UsageError:  # what it says of an address may quote a password
                return Looked(
                    shown, None, "its address cannot be read", "postgresql://user@host:5432/database"
                )
            return Looked(shown, overview(connection))
    except Unreachable as error:
        return Looked(shown, None, error.what, _AGAIN)
    except UsageError as error:
        return Looked(shown, None, error.what, _RIGHTS)
    except StranglerError as error:
        return Looked(shown, None, error.what, error.remedy or _AGAIN)
    except psycopg.Error:  # between two statements
        return Looked(shown, None, "the database went away", _AGAIN)


def _shown(url: str) -> str:
    """Host and database alone: an address may have a secret anywhere else."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        made = make_url(url)
    except (ArgumentError, ValueError):
        return "a database by an environment variable"
    # A password that was not encoded makes parts of itself a host or a database.
    host, database = ((each or "").rpartition("@")[2] for each in (made.host, made.database))
    port = f":{made.port}" if made.port else ""
    return f"{host or 'this machine'}{port}/{database}"
