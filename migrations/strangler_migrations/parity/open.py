"""A side by its URL; the real clock."""

from __future__ import annotations

import time
from collections.abc import Callable

from strangler.config.environment import expand
from strangler.errors import UsageError
from strangler_migrations.parity.model import Relation
from strangler_migrations.parity.side import Side
from strangler_migrations.parity.verify import Around, Progress


def side(label: str, url: str, relation: Relation) -> Side:
    """A side, not yet connected. `label` is `left` or `right`; `${NAME}` in the URL is filled in. Raises UsageError."""
    from strangler_migrations.parity.postgres import PostgresSide

    full = expand(url)
    scheme = full.partition("://")[0]
    if scheme in {"postgresql", "postgres", "postgresql+psycopg"}:
        return PostgresSide(label, "postgresql" + full[len(scheme) :], relation)
    raise UsageError(
        "a side is postgresql://user@host/database", where=label, remedy="`${NAME}` in it is filled in"
    )


def around(told: Callable[[Progress], None] = lambda _: None) -> Around:
    """The real clock."""
    return Around(time.time_ns, time.monotonic, time.sleep, told)
