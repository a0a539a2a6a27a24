"""`serve.json`: what runs and where it listens, so that other commands find it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

import msgspec

from strangler.config import Loaded
from strangler_shadow.supervisor.lock import is_locked

FILE: Final = "serve.json"
_INSTANCE: Final = "instance"


class Running(msgspec.Struct, frozen=True):
    """A process under `serve`. `restarts`: how often it was started again; `pid` 0: it is not there right now."""

    name: str
    pid: int
    restarts: int


class Serving(msgspec.Struct, frozen=True):
    """A running `serve`. `listen`, `control` and `dashboard` (empty: none is shown) are base URLs with the ports they
    really have.
    """

    pid: int
    listen: str
    control: str
    worker: str
    instance: str
    started_ns: int
    processes: tuple[Running, ...] = ()
    dashboard: str = ""


def state_folder(loaded: Loaded) -> Path:
    """The state folder of a configuration."""
    return loaded.folder / loaded.config.serve.state


def running(loaded: Loaded) -> Serving | None:
    """The `serve` that runs on this configuration's state folder now; None when there is none."""
    state = state_folder(loaded)
    if not is_locked(state):
        return None
    try:
        return msgspec.json.decode((state / FILE).read_bytes(), type=Serving)
    except (OSError, msgspec.DecodeError):
        return None


def write(state: Path, serving: Serving) -> None:
    """Write it whole."""
    aside = state / f"{FILE}.{os.getpid()}"
    aside.write_bytes(msgspec.json.format(msgspec.json.encode(serving)) + b"\n")
    aside.replace(state / FILE)


def remove(state: Path) -> None:
    """Nothing runs any more."""
    (state / FILE).unlink(missing_ok=True)


def instance(state: Path) -> str:
    """What names this deployment in the ledger: made once, kept in the state folder."""
    file = state / _INSTANCE
    try:
        known = file.read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        known = ""
    if not known.isalnum():
        known = secrets.token_hex(4)
        file.write_text(known + "\n", encoding="ascii")
    return known
