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
from strangler_migrations.parity.verify import Around, Progress

_POSTGRES: Final = frozenset({"postgresql", "postgres", "postgresql+psycopg"})


def side(label: str, url: str, relation: Relation) -> Side:
    """A side on PostgreSQL, not yet connected. `label` is `left` or `right`; `${NAME}` in the URL is filled in.

    Raises UsageError.
    """
    from strangler_migrations.parity.postgres import PostgresSide

    return PostgresSide(label, _postgres(label, expand(url)), relation)


def sides(urls: tuple[str, str], relations: tuple[Relation, Relation]) -> tuple[Side, Side]:
    """Left and right, one of which may be a file of SQLite (`sqlite:///FILE`). Raises UsageError."""
    from strangler_migrations.parity.copied import CopiedSide
    from strangler_migrations.parity.sqlite import SqliteSource

    full = (expand(urls[0]), expand(urls[1]))
    files = [each.removeprefix("sqlite:///") if each.startswith("sqlite:///") else None for each in full]
    if all(files):
        raise UsageError("two files of SQLite: one side has to be PostgreSQL, which compares")
    made: list[Side] = []
    for label, here, there in (("left", 0, 1), ("right", 1, 0)):
        if (file := files[here]) is not None:
            source = SqliteSource(label, Path(file), relations[here])
            made.append(
                CopiedSide(source, _postgres(("left", "right")[there], full[there]), relations[there])
            )
        else:
            made.append(side(label, urls[here], relations[here]))
    return made[0], made[1]


def _postgres(label: str, url: str) -> str:
    scheme = url.partition("://")[0]
    if scheme not in _POSTGRES:
        raise UsageError(
            "a side is postgresql://user@host/database, or sqlite:///FILE beside one that is",
            where=label,
            remedy="`${NAME}` in it is filled in",
        )
    return "postgresql" + url[len(scheme) :]


def around(told: Callable[[Progress], None] = lambda _: None) -> Around:
    """The real clock."""
    return Around(time.time_ns, time.monotonic, time.sleep, told)
