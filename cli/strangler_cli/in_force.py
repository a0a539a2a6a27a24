"""Whether the planes have a routing table in force: asked of control, where `serve` runs here; else of the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from strangler.errors import Unreachable
from strangler.ledger.planes import planes
from strangler.views.standing import alive
from strangler_cli import probe

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.ledger.store import Ledger

PATIENCE_S: Final = 2.0
_PAUSE_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class InForce:
    """How many planes carry traffic, and how many of them have the table."""

    planes: int
    have_it: int


class _Table(msgspec.Struct):
    generation: int


class _Status(msgspec.Struct):
    """The part of control's `/v1/status` that is read here: `waiting` planes have its table and wait for the next."""

    table: _Table | None
    waiting: int


def wait_in_force(
    ledger: Ledger, loaded: Loaded, generation: int, now_ns: Callable[[], int], patience: float = PATIENCE_S
) -> InForce:
    """Wait until every plane that lives has the generation, or until patience ends. Without planes: at once."""
    control = _control(loaded)
    if control is None:
        return wait_reported(ledger, generation, now_ns, patience)
    return _waited(lambda: _of_control(control, loaded, generation), patience)


def wait_reported(
    ledger: Ledger, generation: int, now_ns: Callable[[], int], patience: float = PATIENCE_S
) -> InForce:
    """As `wait_in_force`, by what planes themselves said in their heartbeats: they may go by an override."""
    return _waited(lambda: _of_ledger(ledger, generation, now_ns()), patience)


def handed_out(loaded: Loaded, generation: int, patience: float = PATIENCE_S) -> bool:
    """Whether control hands out this table or a later one; also true where no `serve` runs."""
    control = _control(loaded)
    return control is None or _waited(lambda: _at_control(control, generation), patience).have_it > 0


def _waited(look: Callable[[], InForce], patience: float) -> InForce:
    until = time.monotonic() + patience
    while True:
        seen = look()
        if seen.planes == seen.have_it or time.monotonic() >= until:
            return seen
        time.sleep(_PAUSE_S)


def _control(loaded: Loaded) -> str | None:
    try:
        from strangler_shadow.supervisor import running
    except ImportError:  # the core alone is installed: nothing can serve on this machine
        return None
    serving = running(loaded)
    return serving.control if serving else None


def _of_control(control: str, loaded: Loaded, generation: int) -> InForce:
    expected = loaded.config.serve.planes
    waiting = _waiting(control, generation)
    return InForce(expected, min(waiting or 0, expected))


def _at_control(control: str, generation: int) -> InForce:
    return InForce(1, int(_waiting(control, generation) is not None))


def _waiting(control: str, generation: int) -> int | None:
    """How many planes wait for the next table; None while control has not this one."""
    try:
        heard = probe.ask(f"{control}/v1/status", {}, patience=1.0)
        status = msgspec.json.decode(heard.body, type=_Status)
    except (Unreachable, msgspec.DecodeError):
        return None
    return status.waiting if status.table is not None and status.table.generation >= generation else None


def _of_ledger(ledger: Ledger, generation: int, now_ns: int) -> InForce:
    with ledger.read() as connection:
        living = [plane for plane in planes(connection) if alive(plane, now_ns)]
    return InForce(len(living), sum(plane.generation >= generation for plane in living))
