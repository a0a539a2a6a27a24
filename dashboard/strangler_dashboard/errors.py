"""What a request may be refused for, beside what the core refuses."""

from __future__ import annotations

from strangler.errors import StranglerError, UsageError


class NotFound(StranglerError):  # noqa: N818  it is a state, and reads as one
    """There is nothing of that name."""


class Forbidden(StranglerError):  # noqa: N818
    """Whoever asks may not."""


class NotLocal(UsageError):  # noqa: N818
    """An address that others than this machine can reach, while nobody logs in."""


class NotInstalled(UsageError):  # noqa: N818
    """The pages' libraries are missing."""
