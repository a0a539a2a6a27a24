"""Both sides asked at once; when one fails, the other is not waited for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from strangler_migrations.parity.side import Side


class Together:
    """Two sides and the threads that ask them. Closing it leaves the sides open."""

    def __init__(self, left: Side, right: Side) -> None:
        self.left = left
        self.right = right
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="parity")

    def ask[T](self, question: Callable[[Side], T]) -> tuple[T, T]:
        """The same question to both. Raises what the first to fail raised."""
        asked = [self._threads.submit(question, side) for side in (self.left, self.right)]
        try:
            wait(asked, return_when=FIRST_EXCEPTION)
        except BaseException:
            self._give_up(asked)
            raise
        # What the other says when it is stopped for the first one's sake is not the reason.
        first = next((e for each in asked if each.done() and (e := each.exception()) is not None), None)
        if first is not None:
            self._give_up(asked)
            raise first
        left, right = asked
        return left.result(), right.result()

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _give_up[T](self, asked: list[Future[T]]) -> None:
        for each, side in zip(asked, (self.left, self.right), strict=True):
            if not each.done():
                side.cancel()
        wait(asked)
