"""What most commands begin with: the configuration, the ledger, the time, who asks."""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.ledger.store import Ledger


def configuration(file: str) -> Loaded:
    """The checked configuration. Raises UsageError and ConfigError."""
    from strangler.config import load

    return load(Path(file))


@contextmanager
def ledger_of(loaded: Loaded, *, create: bool = False) -> Generator[Ledger]:
    """The open ledger, closed afterwards. Raises LedgerUnavailable when there is none."""
    from strangler.ledger.store import open_ledger

    ledger = open_ledger(loaded.config.ledger, loaded.folder, create=create)
    try:
        yield ledger
    finally:
        ledger.close()


def now_ns() -> int:
    """Unix time in nanoseconds."""
    return time.time_ns()


def pause(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


def actor() -> str:
    """Who acts, as the audit names them, unless `--actor` says it: the user of the operating system."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def known_cutover(loaded: Loaded, name: str) -> str:
    """The name, if the file has such a cutover. Raises UsageError with a suggestion."""
    from strangler.config.problems import did_you_mean
    from strangler.errors import UsageError

    if name not in loaded.config.cutovers:
        remedy = (
            did_you_mean(name, loaded.config.cutovers) or "`cutovers:` in the file names the routes that move"
        )
        raise UsageError(f"there is no cutover `{name}`", where=str(loaded.file), remedy=remedy)
    return name


def known_route(loaded: Loaded, name: str) -> str:
    """The name, if the file has such a route. Raises UsageError with a suggestion."""
    from strangler.config.problems import did_you_mean
    from strangler.errors import UsageError

    if name not in loaded.config.routes:
        remedy = did_you_mean(name, loaded.config.routes) or "`routes:` in the file names what is compared"
        raise UsageError(f"there is no route `{name}`", where=str(loaded.file), remedy=remedy)
    return name
