"""A side by its URL; the real clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from strangler.config.environment import expand
from strangler.errors import UsageError
from strangler_migrations.parity.model import Relation
from strangler_migrations.parity.side import Side
from strangler_migrations.parity.source import Source
from strangler_migrations.parity.verify import Around, Progress

_POSTGRES: Final = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_MARIADB: Final = frozenset({"mariadb", "mysql"})
_LABELS: Final = ("left", "right")


def side(label: str, url: str, relation: Relation) -> Side:
    """A side on PostgreSQL, not yet connected. `label` is `left` or `right`; `${NAME}` in the URL is filled in.

    Raises UsageError.
    """
    from strangler_migrations.parity.postgres import PostgresSide

    return PostgresSide(label, _postgres(label, expand(url)), relation)


def sides(urls: tuple[str, str], relations: tuple[Relation, Relation]) -> tuple[Side, Side]:
    """Left and right, one of which may be a file of SQLite, or on MariaDB. Raises UsageError."""
    from strangler_migrations.parity.copied import CopiedSide

    full = (expand(urls[0]), expand(urls[1]))
    sources = [
        _source(label, url, relation) for label, url, relation in zip(_LABELS, full, relations, strict=True)
    ]
    if all(sources):
        raise UsageError("one side has to be PostgreSQL, which compares")
    made: list[Side] = []
    for here, there in ((0, 1), (1, 0)):
        if (source := sources[here]) is not None:
            made.append(CopiedSide(source, _postgres(_LABELS[there], full[there]), relations[there]))
        else:
            made.append(side(_LABELS[here], urls[here], relations[here]))
    return made[0], made[1]


def _source(label: str, url: str, relation: Relation) -> Source | None:
    """What stands behind a URL that is not PostgreSQL's; None for any other."""
    if url.startswith("sqlite:///"):
        from strangler_migrations.parity.sqlite import SqliteSource

        return SqliteSource(label, Path(url.removeprefix("sqlite:///")), relation)
    if url.partition("://")[0].partition("+")[0] in _MARIADB:
        from strangler_migrations.parity.mariadb import MariaDbSource

        return MariaDbSource(label, url, relation)
    return None


def _postgres(label: str, url: str) -> str:
    scheme = url.partition("://")[0]
    if scheme not in _POSTGRES:
        raise UsageError(
            "a side is postgresql://user@host/database; or, beside one that is, sqlite:///FILE or mariadb://…",
            where=label,
            remedy="`${NAME}` in it is filled in",
        )
    return "postgresql" + url[len(scheme) :]


def around(told: Callable[[Progress], None] = lambda _: None) -> Around:
    """The real clock."""
    return Around(time.time_ns, time.monotonic, time.sleep, told)
