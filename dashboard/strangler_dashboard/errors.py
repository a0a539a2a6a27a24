"""What a request may be refused for, beside what the core refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.errors import Refused, StranglerError, UsageError

if TYPE_CHECKING:
    from strangler.views.gate import GateView


class NotFound(StranglerError):  # noqa: N818  it is a state, and reads as one
    """There is nothing of that name."""


class Forbidden(StranglerError):  # noqa: N818
    """Whoever asks may not."""


class Unauthenticated(StranglerError):  # noqa: N818
    """Nobody knows who asks."""


class ProviderAway(StranglerError):  # noqa: N818
    """Who vouches for people does not answer, or not as it should."""


class TooMany(StranglerError):  # noqa: N818
    """Whoever asks was wrong too often. `wait_s`: when they are heard again."""

    def __init__(self, what: str, *, wait_s: int, remedy: str) -> None:
        self.wait_s = wait_s
        super().__init__(what, remedy=remedy)


class Unsaid(UsageError):  # noqa: N818
    """A field of a form was not filled in as it has to be. `field`: its name."""

    def __init__(self, field: str, what: str, *, remedy: str) -> None:
        self.field = field
        super().__init__(what, remedy=remedy)


class GateRefused(Refused):
    """The gate does not agree. `gate`: its whole answer."""

    def __init__(self, what: str, gate: GateView | None) -> None:
        self.gate = gate
        super().__init__(what)


class NotLocal(UsageError):  # noqa: N818
    """An address that others than this machine can reach, while nobody logs in."""


class NotInstalled(UsageError):  # noqa: N818
    """The pages' libraries are missing."""
