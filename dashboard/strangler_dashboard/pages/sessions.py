"""Who is logged in, and logging somebody out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from strangler.ledger import sessions
from strangler_dashboard.errors import Unsaid
from strangler_dashboard.models.sessions import sessions_view

if TYPE_CHECKING:
    from strangler_dashboard.models.sessions import SessionsView
    from strangler_dashboard.room import Room
    from strangler_dashboard.routes import Asked

LONGEST = 2_000
"""Characters of a reason."""


async def read(room: Room, asked: Asked) -> SessionsView:
    """Everybody's."""
    now_ns, known = room.clocks.now_ns(), asked.visitor.known
    return await room.read(lambda connection, loaded: sessions_view(connection, loaded, known, now_ns))


async def do(room: Room, asked: Asked, form: Mapping[str, str]) -> str:
    """End the one that was chosen; back to the others. Raises Unsaid, and UsageError where there is none any more."""
    chosen, reason, visitor = form.get("session", ""), form.get("reason", "").strip(), asked.visitor
    if not chosen:
        raise Unsaid("session", "no session was chosen", remedy="choose one of the list")
    if not reason or len(reason) > LONGEST:
        what = "the reason is too long" if reason else "a reason is missing"
        raise Unsaid("reason", what, remedy="the audit keeps it beside your name")
    now_ns = room.clocks.now_ns()
    await room.write(
        lambda connection, _: sessions.end_one(
            connection, chosen, visitor.name, now_ns, reason=reason, via=visitor.via
        )
    )
    return "/sessions"
