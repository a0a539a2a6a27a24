"""`strangler.yaml`, read again when its content changes; a broken file keeps the last good one in force.

The last good text is also kept beside the state, so that a process which is started again while the file is broken
carries on with it.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from strangler.config import Loaded, load, parse
from strangler.errors import ConfigError, StranglerError

GOOD: Final = "strangler.good.yaml"


class WatchedConfig:
    """The configuration in force (`loaded`) and what is wrong with the file now (`problem`, empty when nothing is).

    Not thread-safe; `poll` reads a file and may take milliseconds.
    """

    def __init__(self, file: Path, state: Path) -> None:
        """Read the file, else the last good copy in `state`. Raises when neither can be used."""
        self.file = file
        self._state = state
        self.problem = ""
        self._seen = _stamp(file)
        try:
            self.loaded = load(file)
        except StranglerError as error:
            self.problem = str(error)
            self.loaded = self._fallback(error)
        else:
            self._keep()

    def poll(self) -> bool:
        """Look at the file; whether `loaded` or `problem` is another now."""
        stamp = _stamp(self.file)
        if stamp == self._seen:
            return False
        self._seen = stamp
        before = (self.loaded.digest, self.problem)
        try:
            loaded = load(self.file)
        except StranglerError as error:
            self.problem = str(error)
        else:
            self.problem = ""
            if loaded.digest != self.loaded.digest:
                self.loaded = loaded
            self._keep()
        return before != (self.loaded.digest, self.problem)

    def _keep(self) -> None:
        keep_good(self.file, self._state)

    def _fallback(self, error: StranglerError) -> Loaded:
        try:
            return parse((self._state / GOOD).read_text(encoding="utf-8"), self.file)
        except (OSError, ConfigError):
            raise error from None


def keep_good(file: Path, state: Path) -> None:
    """Keep a copy of a good file. A full disk must not stop what runs: the file itself is still there."""
    aside = state / f"{GOOD}.{os.getpid()}"
    try:
        aside.write_bytes(file.read_bytes())
        aside.replace(state / GOOD)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def _stamp(file: Path) -> tuple[int, int, int] | None:
    """Changes when the content does: editors replace files, so the inode counts too."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


__all__ = ["GOOD", "WatchedConfig", "keep_good"]
