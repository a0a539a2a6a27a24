"""Who asks, and how they are known.

What a request needs stands beside its address (`addresses`); what a role permits in `strangler.access`; who somebody is
is told by the one `Access` that the composition root chose: everybody on this machine, or whoever logged in.
"""

from __future__ import annotations

import getpass
import hmac
import os
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from strangler.access import ROLES, Permission, Role, granted

if TYPE_CHECKING:
    from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks. `name`: as the audit has it. `via`: in words for the audit, how they are known. `key`: what their forms
    are bound with; never shown. `known`: the SHA-256 of the secret that they are known by, where that can end.
    """

    name: str
    roles: frozenset[Role]
    by: Literal["nobody", "local", "token", "session"]
    via: str = ""
    key: bytes = b""
    known: str = ""

    @property
    def may(self) -> frozenset[Permission]:
        """Everything that their roles permit."""
        return granted(self.roles)

    @property
    def csrf(self) -> str:
        """What every form of theirs carries: nobody who cannot read their pages can know it."""
        return bound_to(self.key)


def bound_to(secret: bytes) -> str:
    """What a form carries that was made for whoever has this secret; empty where there is none."""
    return hmac.digest(secret, b"form", "sha256").hex()[:32] if secret else ""


type Access = Callable[[Request], Awaitable[Visitor]]
"""Who asks. Raises Unauthenticated for whoever is not known, and what the ledger raises."""

NOBODY: Final = Visitor("", frozenset(), "nobody")


def everybody_here() -> Access:
    """Whoever reaches a loopback address is on this machine: they may everything, in the name of who runs this."""
    visitor = Visitor(_user(), frozenset(ROLES), "local", "on the machine itself", secrets.token_bytes(32))

    async def access(_request: Request) -> Visitor:
        return visitor

    return access


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
