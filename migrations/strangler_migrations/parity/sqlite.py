"""A SQLite file as the source of rows, through SQLAlchemy; opened read-only, never made."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from strangler.errors import UsageError
from strangler_migrations.parity.model import Relation
from strangler_migrations.parity.source import BATCH, Cells, Found

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class SqliteSource:
    """A table or query of a file."""

    label: str
    file: Path
    relation: Relation

    @property
    def server(self) -> str:
        """The file."""
        return str(self.file)

    @property
    def version(self) -> str:
        """Of the library that reads it."""
        return f"SQLite {sqlite3.sqlite_version}"

    def found(self) -> Found:
        """Raises UsageError for what is not there."""
        from sqlalchemy import inspect, types

        with self._engine() as engine, engine.connect() as connection:
            columns = tuple(connection.exec_driver_sql(f"SELECT * FROM {self._from} LIMIT 0").keys())
            if not self.relation.table:
                return Found(columns, (), frozenset())
            seen = inspect(connection)
            name = self.relation.table.strip('"')
            key = tuple(seen.get_pk_constraint(name)["constrained_columns"])
            declared = {each["name"]: each["type"] for each in seen.get_columns(name)}
            numbers = {c for c, type_ in declared.items() if isinstance(type_, types.Integer | types.Numeric)}
            return Found(columns, key, frozenset(numbers))

    def rows(self, columns: Sequence[str]) -> Iterator[Cells]:
        """All of them, of one moment: one statement."""
        with self._engine() as engine, engine.connect() as connection:
            yield from map(tuple, connection.exec_driver_sql(f"SELECT {_listed(columns)} FROM {self._from}"))

    def some(self, columns: Sequence[str], key: str, values: Sequence[str | int]) -> Iterator[Cells]:
        """Those with some keys, as they are now."""
        with self._engine() as engine, engine.connect() as connection:
            for start in range(0, len(values), BATCH):
                batch = tuple(values[start : start + BATCH])
                marks = ", ".join("?" * len(batch))
                sql = f"SELECT {_listed(columns)} FROM {self._from} WHERE {_quoted(key)} IN ({marks})"
                yield from map(tuple, connection.exec_driver_sql(sql, batch))

    @property
    def _from(self) -> str:
        return (
            self.relation.table or f"({self.relation.query.strip().rstrip(';')}\n) AS s"
        )  # it may end in a comment

    @contextmanager
    def _engine(self) -> Generator[Engine]:
        from sqlalchemy import NullPool, create_engine
        from sqlalchemy.exc import SQLAlchemyError

        if not self.file.is_file():
            raise UsageError(f"there is no file {self.file}", where=self.label)

        def opened() -> sqlite3.Connection:
            path = quote(str(self.file.resolve()))
            return sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)

        engine = create_engine("sqlite://", creator=opened, poolclass=NullPool)
        try:
            yield engine
        except SQLAlchemyError as error:
            said = " ".join(str(getattr(error, "orig", None) or error).split())
            raise UsageError(
                f"cannot be asked: {said[:300]}", where=f"{self.label} ({self.relation})"
            ) from None
        finally:
            engine.dispose()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(map(_quoted, columns))
