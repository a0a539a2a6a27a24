"""`sql`: statements of your own; what they lock is yours to know."""

from __future__ import annotations

import re
from typing import ClassVar

from strangler.config.base import Part
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Expression
from strangler_migrations.statement import Phase, Statement


class Sql(Part):
    """Run SQL."""

    KIND: ClassVar = "sql"

    up: Expression
    """What to run."""
    down: Expression | None = None
    """What undoes it."""
    onComplete: bool = False  # noqa: N815  the format's own spelling
    """Run it at `complete`, not at `start`."""


_MADE = re.compile(
    r"\s*CREATE\s+(TABLE|TYPE|SEQUENCE|DOMAIN|VIEW|SCHEMA)\s+((?:[\w$]+|\"[^\"]+\")(?:\.(?:[\w$]+|\"[^\"]+\"))?)(?=[\s(])(?!\s*IF\b)",
    re.IGNORECASE,
)


def phases(operation: Sql, draft: Draft) -> Change:
    """As it is, at `start` or at `complete`, in a transaction; the locks it takes cannot be told from here."""
    down = operation.down or _inverse(operation.up)
    warnings = () if down else (f"{draft.where}: `sql` without `down`: once it ran there is no way back",)
    statement = Statement(
        operation.up,
        undo=(down,) if down else None,
        unit="contract" if operation.onComplete else "",
        why="SQL of your own: lint it",
    )
    phase = Phase.COMPLETE if operation.onComplete else Phase.START
    return Change({phase: (statement,)}, draft, warnings=warnings)


def _inverse(up: str) -> str | None:
    """What undoes a single CREATE, which fails where the name is taken: so DROP takes back exactly what it made."""
    made = _MADE.match(up)
    single = ";" not in re.sub(r"'(?:[^']|'')*'", "", up)
    return f"DROP {made[1].upper()} IF EXISTS {made[2]}" if made and single else None
