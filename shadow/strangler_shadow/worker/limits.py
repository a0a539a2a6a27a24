"""The worker's limits in force, put to use: whether an exchange comes in, and whether a side is asked."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from strangler.config.systems import Worker
from strangler.exchange import Failure, Side
from strangler_shadow.worker.breaker import Breaker
from strangler_shadow.worker.bucket import TokenBucket
from strangler_shadow.worker.case import Answered
from strangler_shadow.worker.memory import MemoryGate

type Refusal = Literal["breaker", "rate"]

_MILLISECOND = 1_000_000
_SILENT = frozenset({"timeout", "refused", "reset", "malformed"})


class Guard:
    """Breakers, bucket and memory gate, each a value that is replaced by the next. Times on one monotonic clock."""

    def __init__(self, worker: Worker) -> None:
        self.memory = MemoryGate(worker.memory // 4 * 3)
        self.bucket = TokenBucket(worker.rate)
        self.breakers: dict[Side, Breaker] = dict.fromkeys(
            ("legacy", "candidate"), Breaker(worker.breaker, worker.breaker_pause * _MILLISECOND)
        )

    def changed(self, worker: Worker) -> None:
        """Take over another configuration; what is held and what failed stays."""
        self.memory = replace(self.memory, ceiling=worker.memory // 4 * 3)
        self.bucket = replace(self.bucket, rate=worker.rate)
        for side, breaker in self.breakers.items():
            pause = worker.breaker_pause * _MILLISECOND
            self.breakers[side] = replace(breaker, limit=worker.breaker, pause_ns=pause)

    def admit(self, size: int) -> bool:
        """Whether an exchange of `size` bytes may come in."""
        self.memory, admitted = self.memory.admit(size)
        return admitted

    def grow(self, size: int) -> None:
        """An answer came."""
        self.memory = self.memory.grow(size)

    def release(self, size: int) -> None:
        """A case is settled, or lost."""
        self.memory = self.memory.release(size)

    def permit(self, side: Side, now: int) -> Refusal | None:
        """Whether `side` may be asked now; None: yes."""
        breaker, allowed = self.breakers[side].ask(now)
        if not allowed:
            return "breaker"
        self.bucket, taken = self.bucket.take(now)
        self.breakers[side] = breaker if taken else breaker.withdrawn()
        return None if taken else "rate"

    def wait(self, now: int) -> int:
        """Nanoseconds until a question that cannot be left out may go out; 0: now, and its token is taken."""
        self.bucket, taken = self.bucket.take(now)
        return 0 if taken else self.bucket.wait_ns(now)

    def heard(self, side: Side, answered: Answered, now: int) -> None:
        """What came of asking."""
        breaker = self.breakers[side]
        silent = answered.reason in _SILENT if isinstance(answered, Failure) else answered.status >= 500
        self.breakers[side] = breaker.failed(now) if silent else breaker.succeeded()
