"""Threads to read with, which keep nobody from ending: one that hangs in a system call ends with the process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue


class Threads:
    """At most so many. The standard library's pool is waited for at the end of the process,
    however long what it does takes; this one is not.
    """

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
        self._waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._started = 0
        self._lock = threading.Lock()
        self._closed = False

    def submit[T](self, work: Callable[[], T]) -> Future[T]:
        """Have it done. A future that is cancelled before its turn is passed over."""
        future: Future[T] = Future()

        def turn() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001  whoever waits gets it
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._lock:
            if self._closed:
                future.cancel()
                return future
            if self._started < self._most:
                self._started += 1
                threading.Thread(target=self._run, name=f"{self._name}-{self._started}", daemon=True).start()
            self._waiting.put(turn)
        return future

    def close(self) -> None:
        """Take on nothing more. What runs is not waited for; what waits is dropped."""
        with self._lock:
            self._closed = True
            for _ in range(self._started):
                self._waiting.put(None)

    def _run(self) -> None:
        while (turn := self._waiting.get()) is not None and not self._closed:
            turn()
