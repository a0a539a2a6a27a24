"""So many questions a second, at most. A value: taking a token gives the next one."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

_SECOND = 1_000_000_000


class TokenBucket(msgspec.Struct, frozen=True):
    """A token bucket that holds one second's worth, kept as the time at which it would be full again.

    `rate`: tokens a second; 0: no limit. `full_ns`: that time, on any clock in nanoseconds. Integers only, so a
    thousand small steps lose nothing.
    """

    rate: int
    full_ns: int = 0

    def wait_ns(self, now_ns: int) -> int:
        """How long until a token is there; 0: it is."""
        if not self.rate:
            return 0
        return max(0, self.full_ns + self._cost - _SECOND - now_ns)

    def take(self, now_ns: int) -> tuple[TokenBucket, bool]:
        """Take a token if there is one."""
        if not self.rate:
            return self, True
        if self.wait_ns(now_ns):
            return self, False
        return replace(self, full_ns=max(self.full_ns, now_ns) + self._cost), True

    @property
    def _cost(self) -> int:
        return _SECOND // self.rate
