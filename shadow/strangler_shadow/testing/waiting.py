"""Waiting for something to become so."""

from __future__ import annotations

import time
from collections.abc import Callable


def until[T](look: Callable[[], T | None], seconds: float = 20, pause: float = 0.02) -> T:
    """What `look` gives, once it is neither None nor false. Raises TimeoutError, with the last value."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so after {seconds} s: {found!r}")
        time.sleep(pause)
