"""What HTTP itself refuses of a request for the API."""

from __future__ import annotations

from strangler.errors import StranglerError


class Unfit(StranglerError):  # noqa: N818  it is a state, and reads as one
    """A request that is refused with `status` before anything is changed. `wait_s`: when it is worth asking again."""

    def __init__(self, status: int, what: str, *, remedy: str | None = None, wait_s: int = 0) -> None:
        super().__init__(what, remedy=remedy)
        self.status, self.wait_s = status, wait_s
