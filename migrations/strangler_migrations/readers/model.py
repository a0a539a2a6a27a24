"""The shapes of what is known of those who use the old form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

type Way = Literal["reads", "writes", "table", "statement", "refused"]
"""`reads`: its session holds the mark of the old version's views. `writes`: a trigger saw it write the old form.
`table`: it was seen reading a table itself. `statement`: pg_stat_statements has a statement that only the old form
answers, and its count rose. `refused`: a brownout kept it out.
"""


@dataclass(frozen=True, slots=True)
class OldForm:
    """What goes when a migration completes: the old version's schema of views (None: there is none), and `tables` of
    `schema` whose form changes, as they are called before. `version`: the schema of the new one.
    """

    migration: str
    schema: str
    version: str
    previous: str | None
    tables: tuple[str, ...]

    @property
    def anything(self) -> bool:
        """Whether completing takes anything from anybody."""
        return bool(self.tables) or self.previous is not None


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody who uses the old form. `address`: `local` for a socket; application and address are empty where
    PostgreSQL does not say.
    """

    way: Way
    role: str
    application: str
    address: str
    first_seen: datetime
    last_seen: datetime

    def __str__(self) -> str:
        application = self.application or "no application name"
        where = f", {self.address}" if self.address else ""
        return f"{self.role} ({application}{where})" if self.way != "statement" else self.role


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A person's word that something unknown does not need the old form, or was changed."""

    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something whose use of the old form cannot be observed. `digest`: of what it is; a word for it holds as long as
    that stays. `stale`: there was a word, for what it was before.
    """

    name: str
    what: str
    digest: str = ""
    acknowledged: Acknowledgement | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A statement of pg_stat_statements that names what changes. `called_at`: when its count was last seen to rise,
    None for not since it is looked at; `old`: only the old form answers it.
    """

    role: str
    text: str
    calls: int
    called_at: datetime | None
    old: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is known. `since` and `until`: from when to when it was looked at without a long gap; None: not yet.
    `calls` is None where pg_stat_statements is not loaded; `blind`: the tool's role does not see other sessions' names.
    """

    form: OldForm
    seen: tuple[Seen, ...]
    unknown: tuple[Unknown, ...]
    calls: tuple[Call, ...] | None
    since: datetime | None
    until: datetime | None
    blind: bool
    now: datetime
