"""Who is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strangler.config.dashboard import Login
from strangler.ledger import sessions
from strangler.views.sessions import SessionView, session_view

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded

_MS = 1_000_000


class SessionsView(msgspec.Struct, frozen=True):
    """As `session list --json` has them, the latest first. `login`: whether people log in at all; `yours`: the id of
    the session that asks, empty where none does.
    """

    login: bool
    sessions: tuple[SessionView, ...]
    yours: str


def sessions_view(connection: Connection, loaded: Loaded, known: str, now_ns: int) -> SessionsView:
    """`known`: the hash of what whoever asks is known by."""
    login = loaded.config.dashboard.login
    found = sessions.listed(connection, now_ns, (login or Login()).idle * _MS)
    yours = next((each.id for each in found if each.hash == known), "")
    return SessionsView(login is not None, tuple(map(session_view, found)), yours)
