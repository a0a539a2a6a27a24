"""One `serve` a state folder: two would hand out two routing tables, and count every exchange twice."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from strangler.errors import StranglerError

FILE: Final = "serve.lock"


class AlreadyServing(StranglerError):  # noqa: N818  it is a state, and reads as one
    """Another `serve` runs on this state folder."""

    exit_code = 2


class StateLock:
    """Held as long as the process lives: the system gives it back however the process ends."""

    def __init__(self, state: Path) -> None:
        """Take it. Raises AlreadyServing."""
        self._fd = os.open(state / FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._fd, 32).decode("ascii", "replace").strip()
            os.close(self._fd)
            raise AlreadyServing(
                "`strangler serve` already runs here" + (f" (process {holder})" if holder else ""),
                where=str(state),
                remedy="stop it first, or give this one another folder (`serve.state`)",
            ) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give it back."""
        os.close(self._fd)


def is_locked(state: Path) -> bool:
    """Whether a `serve` runs on this folder now."""
    try:
        fd = os.open(state / FILE, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(fd)
