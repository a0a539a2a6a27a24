"""Who is logged in. A session's secret is its browser's cookie; the ledger keeps the SHA-256."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)

from strangler.access import Role
from strangler.errors import UsageError
from strangler.ledger import audit
from strangler.ledger.tables import access_sessions, access_tokens
from strangler.ledger.tokens import ID, LEAST, hashed, roles_of

SEEN_EVERY_NS = 60_000_000_000
"""How exactly it is known when somebody was last there: a page is not to cost a write."""


@dataclass(frozen=True, slots=True)
class Session:
    """One session. `via`: how they logged in; `token`: the id of the token, if by one. Times are Unix ns: `seen_ns` is
    up to a minute behind, `ends_ns` is when it ends whatever is done.
    """

    hash: str
    name: str
    roles: tuple[Role, ...]
    via: str
    token: str
    began_ns: int
    seen_ns: int
    ends_ns: int

    @property
    def id(self) -> str:
        """What people call it by: the beginning of its hash."""
        return self.hash[:ID]


def begin(connection: Connection, secret: str, session: Session, idle_ns: int) -> None:
    """Let whoever has the secret in; sessions that are over go. `session.hash` is that of the secret. Needs a write
    transaction.
    """
    table, now_ns = access_sessions, session.began_ns
    connection.execute(delete(table).where(_over(now_ns, idle_ns)))
    row = {name: getattr(session, name) for name in Session.__slots__}
    connection.execute(
        insert(table).values({**row, "hash": hashed(secret), "roles": ",".join(session.roles)})
    )
    _journal(connection, "login.begun", session, session.name, now_ns)


def find(connection: Connection, secret: str, now_ns: int, idle_ns: int) -> Session | None:
    """The session, unless it is over, or its token is."""
    statement = _lasting(now_ns, idle_ns).where(access_sessions.c.hash == hashed(secret))
    row = connection.execute(statement).mappings().first()
    return _session(row) if row is not None else None


def lasting(connection: Connection, hashes: Collection[str], now_ns: int, idle_ns: int) -> frozenset[str]:
    """Which of these are the hashes of sessions that are not over, nor is their token."""
    statement = _lasting(now_ns, idle_ns).where(access_sessions.c.hash.in_(hashes))
    return frozenset(row["hash"] for row in connection.execute(statement).mappings())


def listed(connection: Connection, now_ns: int, idle_ns: int) -> list[Session]:
    """All that are not over, the latest first."""
    table = access_sessions
    statement = _lasting(now_ns, idle_ns).order_by(table.c.began_ns.desc(), table.c.hash)
    return [_session(row) for row in connection.execute(statement).mappings()]


def seen(connection: Connection, session: Session, now_ns: int) -> None:
    """They are there. Needs a write transaction."""
    table = access_sessions
    connection.execute(update(table).where(table.c.hash == session.hash).values(seen_ns=now_ns))


def end(connection: Connection, digest: str, actor: str, now_ns: int) -> bool:
    """Let them go; whether there was such a session. `digest`: of its secret. Needs a write transaction."""
    found = _those(connection, access_sessions.c.hash == digest)
    for session in found:
        _end(connection, session, actor, now_ns)
    return bool(found)


def end_one(
    connection: Connection, beginning: str, actor: str, now_ns: int, *, reason: str, via: str = ""
) -> Session:
    """End a session of somebody, whoever that is. Needs a write transaction. `beginning`: of its id. Raises UsageError
    where that is of none, or of several.
    """
    found = [each for each in _those(connection) if each.id.startswith(beginning)]
    if len(beginning) < LEAST or len(found) != 1:
        what = f"{len(found)} sessions begin" if found else "no session begins"
        raise UsageError(
            f"{what} with `{beginning}`", remedy="`strangler session list` shows their ids, whole"
        )
    _end(connection, found[0], actor, now_ns, reason, via)
    return found[0]


def end_all(connection: Connection, name: str, actor: str, now_ns: int, *, reason: str) -> list[Session]:
    """End every session of a person; those that there were. Needs a write transaction."""
    found = _those(connection, access_sessions.c.name == name)
    for session in found:
        _end(connection, session, actor, now_ns, reason)
    return found


def _those(connection: Connection, *which: ColumnElement[bool]) -> list[Session]:
    return [_session(row) for row in connection.execute(select(access_sessions).where(*which)).mappings()]


def _end(
    connection: Connection, session: Session, actor: str, now_ns: int, reason: str = "", via: str = ""
) -> None:
    connection.execute(delete(access_sessions).where(access_sessions.c.hash == session.hash))
    _journal(connection, "login.ended", session, actor, now_ns, reason, via)


def _lasting(now_ns: int, idle_ns: int) -> Select[Any]:
    table, tokens = access_sessions, access_tokens
    by_token = and_(tokens.c.revoked_ns == 0, tokens.c.expires_ns > now_ns)
    return (
        select(table)
        .outerjoin(tokens, tokens.c.id == table.c.token)
        .where(~_over(now_ns, idle_ns), or_(table.c.token == "", by_token))
    )


def _session(row: RowMapping) -> Session:
    values: dict[str, Any] = {name: row[name] for name in Session.__slots__}
    values["roles"] = roles_of(row["roles"])
    return Session(**values)


def _over(now_ns: int, idle_ns: int) -> ColumnElement[bool]:
    # By a clock that was set back, one that was seen well after now would never be idle.
    table = access_sessions
    return or_(
        table.c.ends_ns <= now_ns,
        table.c.seen_ns <= now_ns - idle_ns,
        table.c.seen_ns > now_ns + SEEN_EVERY_NS * 5,
    )


def _journal(
    connection: Connection,
    action: str,
    session: Session,
    actor: str,
    now_ns: int,
    reason: str = "",
    via: str = "",
) -> None:
    audit.append(
        connection,
        at_ns=now_ns,
        actor=actor,
        action=action,
        subject=session.name,
        reason=reason,
        via=via,
        after={"via": session.via, "roles": list(session.roles), "ends_ns": session.ends_ns},
    )
