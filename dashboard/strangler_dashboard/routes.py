"""Every page: its address, what it needs, what is read for it, how it looks. Each has its `.json` beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from strangler_dashboard.pages import board, cutover, divergence, divergences, evidence, migrations, records

if TYPE_CHECKING:
    import msgspec

    from strangler_dashboard.access import Permission
    from strangler_dashboard.room import Room


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is asked: names in its address, parameters, and what whoever asks may."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    may: frozenset[Permission]


type Read = Callable[[Room, Asked], Awaitable[msgspec.Struct]]


@dataclass(frozen=True, slots=True)
class Page:
    """`name`: of its template, and in the navigation where it has a `title` there."""

    path: str
    name: str
    needs: Permission
    read: Read
    title: str = ""


TABLE: Final[tuple[Page, ...]] = (
    Page("/board", "board", "look", board.read, "Board"),
    Page("/divergences", "divergences", "look", divergences.read, "Divergences"),
    Page("/divergences/{id}", "divergence", "look", divergence.read),
    Page("/evidence", "evidence", "look", evidence.read, "Evidence"),
    Page("/evidence/{cutover}", "evidence", "look", evidence.read),
    Page("/cutovers", "cutover", "look", cutover.read, "Cutovers"),
    Page("/cutovers/{cutover}", "cutover", "look", cutover.read),
    Page("/migrations", "migrations", "look", migrations.read, "Migrations"),
    Page("/migrations/{migration}", "migrations", "look", migrations.read),
    Page("/numbers", "numbers", "look", records.numbers, "Numbers"),
    Page("/effects", "effects", "look", records.effects, "Effects"),
    Page("/audit", "audit", "look", records.audit, "Audit"),
    Page("/system", "system", "look", records.system, "System"),
)
"""In the order of the navigation."""
