"""strangler.yaml and the ledger that it names, as they are now: read again, opened again, when they are others."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from strangler.config import load
from strangler.errors import StranglerError
from strangler.ledger.patience import Patience
from strangler.ledger.store import Ledger, open_ledger

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded

type Stamp = tuple[int, int, int]

_OPENING_S: Final = 0.5


class Source:
    """What every page is read from, and what people do from a page is written to. Threads may share it."""

    def __init__(self, file: Path, patience: Patience | None = None) -> None:
        """Reads the file. `patience`: how long a transaction may take. Raises UsageError and ConfigError."""
        self._file, self.patience = file, patience
        self._lock = threading.Lock()
        self._stamp = _stamp(file)
        self._loaded = load(file)
        self._ledger: Ledger | None = None
        self._opened = ""

    def loaded(self) -> Loaded:
        """The file as it is; while it is broken, as it last was."""
        with self._lock:
            stamp = _stamp(self._file)
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    self._loaded = load(self._file)
                except StranglerError:
                    return self._loaded
            return self._loaded

    def text(self) -> str:
        """The file's text; empty where it cannot be read."""
        try:
            return self._file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return ""

    @contextmanager
    def read(self, loaded: Loaded) -> Generator[Connection]:
        """One consistent view of the ledger. Raises LedgerUnavailable (TookTooLong), LedgerMismatch."""
        with self.ledger(loaded).read() as connection:
            yield connection

    def ledger(self, loaded: Loaded) -> Ledger:
        """The ledger as it is now; it stays open. Raises LedgerUnavailable, LedgerMismatch."""
        url = loaded.config.ledger
        with self._lock:
            if self._ledger is not None and (self._opened != url or not self._ledger.there):
                self._ledger.close()
                self._ledger = None
            if self._ledger is None:
                self._ledger = open_ledger(url, loaded.folder, create=False, patience=self.patience)
                self._opened = url
            return self._ledger

    def ledger_url(self) -> str:
        """Safe to show; empty before it was first opened."""
        with self._lock:
            return self._ledger.url if self._ledger is not None else ""

    def close(self) -> None:
        """End what is read now, and close the ledger. May be called twice."""
        if self.patience is not None:
            self.patience.end()
        if not self._lock.acquire(timeout=_OPENING_S):
            return  # somebody opens a ledger that does not answer: nothing is open yet
        try:
            if self._ledger is not None:
                self._ledger.close()
                self._ledger = None
        finally:
            self._lock.release()


def _stamp(file: Path) -> Stamp | None:
    """Changes when the content does: editors replace files, so the inode counts too."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
