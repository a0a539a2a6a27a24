"""The ledger's connection: SQLite (WAL) by default, PostgreSQL for a team. The same transactions on both."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, ProgrammingError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from strangler.config.environment import expand
from strangler.errors import LedgerMismatch, LedgerUnavailable, UsageError
from strangler.ledger.patience import Patience
from strangler.ledger.tables import REVISION

_WAIT_MS: Final = 5_000
_REVISIONS: Final = Path(__file__).parent / "revisions"
_WRITER: Final = 0x7374_7261_6E67_6C65  # "strangle": the advisory lock of the one writer on PostgreSQL
_FORMS: Final = "it looks like sqlite:///strangler.db or postgresql://user@host/database"


class Ledger:
    """An open ledger. Threads may share it: each `begin` and `read` has a connection of its own.

    `url` is safe to print (no password).
    """

    def __init__(self, engine: Engine, patience: Patience | None = None) -> None:
        self.engine, self._patience = engine, patience
        if patience is not None:
            patience.watch(engine)
        self.url = engine.url.render_as_string(hide_password=True)

    @contextmanager
    def begin(self) -> Generator[Connection]:
        """A write transaction: committed when the block ends, rolled back when it raises.

        One writer at a time on both (SQLite: BEGIN IMMEDIATE; PostgreSQL: an advisory lock), waiting up to
        five seconds. Raises LedgerUnavailable when the ledger is locked for longer, full, or away.
        """
        with self._translated(), self.engine.connect() as connection:
            if self._sqlite:
                connection.execution_options(strangler_write=True)
            with connection.begin():
                if not self._sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER})
                yield connection

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A read transaction: one consistent view. Raises LedgerUnavailable (TookTooLong, under a patience)."""
        with self._translated(), self.engine.connect() as connection:
            if not self._sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @property
    def there(self) -> bool:
        """Whether its SQLite file still has its name: one that was moved away would be read on without it."""
        file = self.engine.url.database
        return not self._sqlite or file in (None, "", ":memory:") or Path(str(file)).exists()

    def close(self) -> None:
        """Close all connections. May be called twice."""
        self.engine.dispose()

    @property
    def _sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except ProgrammingError as error:
            raise LedgerMismatch(
                f"the ledger is not as this version knows it: {_words(error)}",
                where=self.url,
                remedy="open it with the version of strangler that wrote it last",
            ) from error
        except SQLAlchemyError as error:
            if self._patience is not None and self._patience.caused(error):
                raise self._patience.ended(self.url) from error
            raise LedgerUnavailable(
                f"the ledger does not answer: {_words(error)}",
                where=self.url,
                remedy="see that it is reachable, not locked, and that its disk has room",
            ) from error


def open_ledger(url: str, folder: Path, *, create: bool = True, patience: Patience | None = None) -> Ledger:
    """Open the ledger at `url`; a relative SQLite file is relative to `folder`. `${NAME}` in it is filled
    in.

    `create`: make the file and bring the schema to this version (Alembic). Without it a ledger that is not
    there raises LedgerUnavailable, and one with another schema LedgerMismatch. Never creates a PostgreSQL
    database. `patience`: how long a transaction may take. Raises UsageError for a URL of another kind.
    """
    ledger = Ledger(_engine(_located(expand(url), folder), create=create), patience)
    try:
        with ledger.read() as connection:
            found = _revision(connection)
        if found != REVISION and create:
            with ledger.begin() as connection:
                found = _upgraded(connection)
        _agree(ledger, found)
    except BaseException:
        ledger.close()
        raise
    return ledger


def _located(text_url: str, folder: Path) -> URL:
    try:
        url = make_url(text_url)
    except ArgumentError:
        raise UsageError("the ledger's URL cannot be read", remedy=_FORMS) from None
    if url.drivername == "sqlite" and url.database not in (None, "", ":memory:"):
        return url.set(database=str(folder / str(url.database)))
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    raise UsageError(f"the ledger cannot be {url.drivername}:", where="ledger", remedy=_FORMS)


def _engine(url: URL, *, create: bool) -> Engine:
    if url.drivername == "sqlite":
        return _sqlite_engine(url, create=create)
    try:
        return create_engine(
            url,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 5,
                "application_name": "strangler",
                "options": f"-c lock_timeout={_WAIT_MS} -c timezone=UTC",
            },
        )
    except (NoSuchModuleError, ImportError) as error:
        raise UsageError(
            f"PostgreSQL needs psycopg: {error}", remedy="install strangler with psycopg[binary]"
        ) from error


def _sqlite_engine(url: URL, *, create: bool) -> Engine:
    file = Path(str(url.database))
    if not file.exists() and not create:
        raise LedgerUnavailable(
            "there is no ledger yet",
            where=str(file),
            remedy="`strangler serve` makes it; `ledger:` says where it is",
        )
    if not file.parent.is_dir():
        raise LedgerUnavailable("its folder does not exist", where=str(file), remedy=f"make {file.parent}")
    engine = create_engine(url, connect_args={"timeout": _WAIT_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver would begin transactions late and deferred; `_begin_sqlite` does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={_WAIT_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("strangler_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgraded(connection: Connection) -> str | None:
    from alembic import command
    from alembic.config import Config as AlembicConfig
    from alembic.util.exc import CommandError

    config = AlembicConfig()
    config.set_main_option("script_location", str(_REVISIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise LedgerMismatch(
            f"the ledger was written by a later version of strangler: {error}", remedy="upgrade strangler"
        ) from error
    return _revision(connection)


def _agree(ledger: Ledger, found: str | None) -> None:
    if found == REVISION:
        return
    if found is None:
        raise LedgerMismatch(
            "there is no ledger in this database",
            where=ledger.url,
            remedy="`strangler serve` makes its tables",
        )
    raise LedgerMismatch(
        f"the ledger's schema is {found}, this version knows {REVISION}",
        where=ledger.url,
        remedy="`strangler serve` brings an older one up; a newer one needs a newer strangler",
    )


def _words(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().partition("\n")[0]
