"""One thing that is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from strangler_migrations.statement import Statement

type Kind = Literal["lease", "index", "trigger", "function", "constraint", "version", "column", "table"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`statements` mend it, in one transaction unless they cannot share one; none: nothing is done, and `remedy` says
    why, or what to do. `data`: values would be dropped, so `name` has to be given to be dropped.
    """

    kind: Kind
    name: str
    what: str
    statements: tuple[Statement, ...] = ()
    remedy: str = ""
    data: bool = False
