"""Who may do what. Every route names what it needs; what grants it stands in one place, the composition root.

Until there is a login, strangler listens on this machine alone and whoever reaches it may look at everything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from starlette.requests import Request

type Permission = Literal["open", "look", "bodies"]
"""`open`: nothing is needed; `look`: figures and places; `bodies`: whole redacted examples."""

type Access = Callable[[Request], frozenset[Permission]]
"""What a request may."""

_EVERYTHING: Final[frozenset[Permission]] = frozenset({"open", "look", "bodies"})


def everybody_here(_request: Request) -> frozenset[Permission]:
    """Whoever reaches a loopback address is on this machine, and may look at everything."""
    return _EVERYTHING
