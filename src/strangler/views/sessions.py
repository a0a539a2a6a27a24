"""A session as commands and pages show it: never its secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strangler.views.words import iso

if TYPE_CHECKING:
    from strangler.ledger.sessions import Session


class SessionView(msgspec.Struct, frozen=True):
    """Who is logged in, how, as what, and until when at the latest. `seen_at` is up to a minute behind."""

    id: str
    name: str
    roles: tuple[str, ...]
    via: str
    began_at: str | None
    seen_at: str | None
    ends_at: str | None


def session_view(session: Session) -> SessionView:
    """One session."""
    return SessionView(
        id=session.id,
        name=session.name,
        roles=session.roles,
        via=session.via,
        began_at=iso(session.began_ns),
        seen_at=iso(session.seen_ns),
        ends_at=iso(session.ends_ns),
    )
