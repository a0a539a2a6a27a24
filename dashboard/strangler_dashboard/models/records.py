"""What is kept beside evidence: document numbers, effects, the audit, and what runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from strangler.errors import UsageError
from strangler.ledger import audit, streams, tables
from strangler.ledger.effects import standings
from strangler.ledger.numbers import kept
from strangler.views.audit import EntryView, entry_view
from strangler.views.effects import EffectView, effect_view
from strangler.views.numbers import SeriesView, series_view
from strangler.views.status import StatusView, status_view
from strangler.views.words import iso
from strangler_dashboard.models.board import is_working

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.views.status import OverrideView
    from strangler_dashboard.models.board import Taken

PAGE: Final = 100
_STREAMS: Final = 50
_DIGITS: Final = 15


class NumbersView(msgspec.Struct, frozen=True):
    """Every series, as `numbers list --json` has it."""

    series: tuple[SeriesView, ...]


class EffectsView(msgspec.Struct, frozen=True):
    """Every effect, as `effects list --json` has it. `wrong`: `CUTOVER/EFFECT` to the sides at work unduly."""

    effects: tuple[EffectView, ...]
    wrong: dict[str, tuple[str, ...]]


class AuditView(msgspec.Struct, frozen=True):
    """Entries, as `audit list --json` has them, the latest first. `head`: as `audit head` prints it. `before`: where
    the next page begins, None on the last.
    """

    subject: str
    head: str
    entries: tuple[EntryView, ...]
    before: int | None
    later: bool


class StreamView(msgspec.Struct, frozen=True):
    """What one plane process sent, and what became of it."""

    plane: str
    sent: int
    recorded: int
    dropped: int
    shed: int
    gaps: int
    outstanding: int
    heartbeat_at: str | None
    ended: bool


class SystemView(msgspec.Struct, frozen=True):
    """What runs. `ledger`: its URL without a password; `streams`: the latest."""

    status: StatusView
    working: bool
    ledger: str
    revision: str
    streams: tuple[StreamView, ...]


def numbers_view(connection: Connection, loaded: Loaded, now_ns: int) -> NumbersView:
    """What is known of the numbers that both systems draw."""
    return NumbersView(tuple(map(series_view, kept(connection, loaded.config, now_ns))))


def effects_view(connection: Connection, loaded: Loaded, now_ns: int) -> EffectsView:
    """What runs by itself."""
    found = [
        (name, each) for name in loaded.config.cutovers for each in standings(connection, loaded.config, name)
    ]
    return EffectsView(
        effects=tuple(effect_view(name, each) for name, each in found),
        wrong={f"{name}/{each.name}": each.wrong(now_ns) for name, each in found},
    )


def audit_question(query: Mapping[str, str]) -> tuple[str, int | None]:
    """Subject and where to begin. Raises UsageError."""
    before, subject = query.get("before", ""), query.get("subject", "").strip()
    if before and not (before.isascii() and before.isdigit() and len(before) <= _DIGITS):
        raise UsageError(f"`before` is the number of an entry, not {before!r}")
    if "\0" in subject:
        raise UsageError("`subject` has a NUL in it")
    return subject, int(before) if before else None


def audit_view(connection: Connection, subject: str, before: int | None, limit: int = PAGE) -> AuditView:
    """A page of the audit, along its numbers."""
    found = audit.entries(connection, subject=subject or None, before=before, limit=limit + 1)
    here = found[:limit]
    last = audit.head(connection)
    return AuditView(
        subject=subject,
        head=f"{last.seq}:{last.hash}" if last else "",
        entries=tuple(map(entry_view, here)),
        before=here[-1].seq if len(found) > limit else None,
        later=before is not None,
    )


def system_view(
    connection: Connection, taken: Taken, override: OverrideView | None, working_url: str
) -> SystemView:
    """Planes, worker, ledger, webhooks."""
    return SystemView(
        status=status_view(taken.standing, taken.loaded, override),
        working=is_working(taken),
        ledger=working_url,
        revision=tables.REVISION,
        streams=tuple(map(stream_view, streams.streams(connection)[:_STREAMS])),
    )


def stream_view(each: streams.Stream) -> StreamView:
    """One process."""
    counts = (each.sent, each.recorded, each.dropped, each.shed, each.gaps, each.outstanding)
    return StreamView(each.plane, *counts, iso(each.heartbeat_ns), each.ended)
