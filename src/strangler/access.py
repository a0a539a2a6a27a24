"""Who may do what. One table from roles to permissions: pages, API, tokens and a provider's claims go by it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, get_args

type Permission = Literal["open", "look", "bodies", "move", "approve", "administer"]
"""`open`: nothing is needed; `look`: figures and places; `bodies`: whole redacted examples; `move`: start, advance,
pause, hold, resume, roll back; `approve`: agree to what somebody else asked for; `administer`: tokens and sessions.
"""

type Role = Literal["viewer", "operator", "approver", "exemplars", "admin"]

ROLES: Final[tuple[Role, ...]] = get_args(Role.__value__)

GRANTS: Final[dict[Role, frozenset[Permission]]] = {
    "viewer": frozenset({"look"}),
    "operator": frozenset({"look", "move"}),
    "approver": frozenset({"look", "approve"}),
    "exemplars": frozenset({"look", "bodies"}),
    "admin": frozenset({"look", "move", "approve", "administer"}),
}
"""`admin` sees no bodies: whoever may see customers' documents is named for that, each by itself."""


def granted(roles: Iterable[Role]) -> frozenset[Permission]:
    """What somebody with these roles may."""
    return frozenset[Permission]({"open"}).union(*(GRANTS[role] for role in roles))
