"""Bearer tokens: 256 random bits, of which the ledger keeps the SHA-256.

A slow hash is for what people choose. Nobody tries 2^256 secrets, however quickly each can be tried.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from strangler.access import ROLES, Role
from strangler.errors import UsageError
from strangler.ledger import audit
from strangler.ledger.tables import access_sessions, access_tokens
from strangler.pace import person

PREFIX: Final = "strangler_"
"""What every token begins with, so that one that got into a repository is found there."""
BYTES: Final = 32
LONGEST_NS: Final = 366 * 86_400_000_000_000
LEAST: Final = 4
ID: Final = 12
"""Characters of a hash that people call a token, or a session, by; and how many of them they say at least."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `id`: the beginning of its hash. Times are Unix ns; `revoked_ns`: 0 while it is not."""

    id: str
    name: str
    roles: tuple[Role, ...]
    created_ns: int
    created_by: str
    expires_ns: int
    revoked_ns: int

    def state(self, now_ns: int) -> str:
        """`valid`, `expired`, `revoked`."""
        if self.revoked_ns:
            return "revoked"
        return "valid" if now_ns < self.expires_ns else "expired"


def secret_of(random: bytes) -> str:
    """The token as it is shown once. `random`: `BYTES` of them."""
    return PREFIX + base64.urlsafe_b64encode(random).decode().rstrip("=")


def hashed(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create(
    connection: Connection,
    secret: str,
    name: str,
    roles: Iterable[Role],
    expires_ns: int,
    actor: str,
    now_ns: int,
) -> Token:
    """Let whoever has the secret act as `name`. Needs a write transaction. Raises UsageError."""
    person(name)
    if not now_ns < expires_ns <= now_ns + LONGEST_NS:
        raise UsageError("a token lasts for some time, and for 366 days at most", remedy="`--expires 90d`")
    kept = roles_of(",".join(roles))
    if not kept:
        raise UsageError("a token has at least one role", remedy=f"`--role` takes {', '.join(ROLES)}")
    digest = hashed(secret)
    token = Token(digest[:ID], " ".join(name.split()), kept, now_ns, actor, expires_ns, 0)
    row = {
        "id": token.id,
        "name": token.name,
        "roles": ",".join(kept),
        "created_ns": now_ns,
        "created_by": actor,
        "expires_ns": expires_ns,
        "revoked_ns": 0,
    }
    connection.execute(insert(access_tokens).values(hash=digest, **row))
    _journal(connection, "token.created", token, actor, "", now_ns)
    return token


def listed(connection: Connection) -> list[Token]:
    """All there are, the latest first."""
    table = access_tokens
    statement = select(table).order_by(table.c.created_ns.desc(), table.c.id)
    return [_token(row) for row in connection.execute(statement).mappings()]


def find(connection: Connection, secret: str) -> Token | None:
    """The token of this secret, whatever its state."""
    digest = hashed(secret)
    row = (
        connection.execute(select(access_tokens).where(access_tokens.c.id == digest[:ID])).mappings().first()
    )
    return _token(row) if row is not None and hmac.compare_digest(row["hash"], digest) else None


def valid(connection: Connection, hashes: Collection[str], now_ns: int) -> frozenset[str]:
    """Which of these are the hashes of tokens that let somebody in."""
    table = access_tokens
    statement = select(table.c.hash).where(
        table.c.id.in_([each[:ID] for each in hashes]),
        table.c.hash.in_(hashes),
        table.c.revoked_ns == 0,
        table.c.expires_ns > now_ns,
    )
    return frozenset(connection.execute(statement).scalars())


def revoke(
    connection: Connection, beginning: str, actor: str, reason: str, now_ns: int
) -> tuple[Token, bool]:
    """End a token and every session that it began; whether that is new. Needs a write transaction.

    `beginning`: of its id. Raises UsageError where that is of none, or of several.
    """
    found = [each for each in listed(connection) if each.id.startswith(beginning)]
    if len(beginning) < LEAST or len(found) != 1:
        what = f"{len(found)} tokens begin" if found else "no token begins"
        raise UsageError(f"{what} with `{beginning}`", remedy="`strangler token list` shows their ids, whole")
    (token,) = found
    connection.execute(delete(access_sessions).where(access_sessions.c.token == token.id))
    if token.revoked_ns:
        return token, False
    connection.execute(update(access_tokens).where(access_tokens.c.id == token.id).values(revoked_ns=now_ns))
    _journal(connection, "token.revoked", token, actor, reason, now_ns)
    return token, True


def roles_of(text: str) -> tuple[Role, ...]:
    """As they are kept: names with commas between; a name that is no role any more permits nothing."""
    return tuple(each for each in ROLES if each in text.split(","))


def _token(row: RowMapping) -> Token:
    values: dict[str, Any] = {name: row[name] for name in Token.__slots__}
    values["roles"] = roles_of(row["roles"])
    return Token(**values)


def _journal(connection: Connection, action: str, token: Token, actor: str, reason: str, now_ns: int) -> None:
    audit.append(
        connection,
        at_ns=now_ns,
        actor=actor,
        action=action,
        subject=f"token {token.id}",
        reason=reason,
        after={"name": token.name, "roles": list(token.roles), "expires_ns": token.expires_ns},
    )
