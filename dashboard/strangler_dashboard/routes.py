"""Every page: its address, what it needs, what is read for it, how it looks. Each has its `.json` beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from strangler_dashboard.acting.table import ACTS
from strangler_dashboard.pages import (
    act,
    board,
    cutover,
    divergence,
    divergences,
    evidence,
    migrations,
    records,
    sessions,
)

if TYPE_CHECKING:
    import msgspec

    from strangler.access import Permission
    from strangler_dashboard.access import Visitor
    from strangler_dashboard.acting.table import Act
    from strangler_dashboard.room import Room


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is asked: names in its address, parameters, and who asks."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    visitor: Visitor

    @property
    def may(self) -> frozenset[Permission]:
        """What whoever asks may."""
        return self.visitor.may


type Read = Callable[[Room, Asked], Awaitable[msgspec.Struct]]
type Do = Callable[[Room, Asked, Mapping[str, str]], Awaitable[str]]
"""Does what a page's form says; where to look then."""


@dataclass(frozen=True, slots=True)
class Page:
    """`name`: of its template, and in the navigation where it has a `title` there. `do`: what its form does."""

    path: str
    name: str
    needs: Permission
    read: Read
    title: str = ""
    do: Do | None = None


def _act(each: Act) -> Page:
    path = f"/cutovers/{{cutover}}/{each.name}"
    return Page(path, "act", each.needs, partial(act.read, each), do=partial(act.do, each))


TABLE: Final[tuple[Page, ...]] = (
    Page("/board", "board", "look", board.read, "Board"),
    Page("/divergences", "divergences", "look", divergences.read, "Divergences"),
    Page("/divergences/{id}", "divergence", "look", divergence.read),
    Page("/evidence", "evidence", "look", evidence.read, "Evidence"),
    Page("/evidence/{cutover}", "evidence", "look", evidence.read),
    Page("/cutovers", "cutover", "look", cutover.read, "Cutovers"),
    Page("/cutovers/{cutover}", "cutover", "look", cutover.read),
    *map(_act, ACTS),
    Page("/migrations", "migrations", "look", migrations.read, "Migrations"),
    Page("/migrations/{migration}", "migrations", "look", migrations.read),
    Page("/numbers", "numbers", "look", records.numbers, "Numbers"),
    Page("/effects", "effects", "look", records.effects, "Effects"),
    Page("/audit", "audit", "look", records.audit, "Audit"),
    Page("/system", "system", "look", records.system, "System"),
    Page("/sessions", "sessions", "administer", sessions.read, do=sessions.do),
)
"""In the order of the navigation."""
