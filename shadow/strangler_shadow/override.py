"""The override: a table in the state folder that outranks what control says, for when control or ledger are away.

`cutover rollback --all` puts it there, `cutover resume --all` takes it away; planes look for it five times a second.
It needs nothing but the folder: no ledger, no control, no configuration.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from strangler.errors import Refused
from strangler.routing.table import Phase, Route, Table

OVERRIDE_FILE: Final = "override.json"
TABLE_FILE: Final = "table.json"
"""The last table that control gave, as planes keep it."""

# What a rollback does to a cutover, done to all: the candidate goes on being compared where it was.
_ROLLED_BACK: Final[dict[Phase, Phase]] = {"canary": "shadow", "candidate": "shadow"}


class Override(Table, frozen=True):
    """A table, and why it stands: planes read the table alone."""

    reason: str = ""
    actor: str = ""


def on_legacy(table: Table, now_ns: int, *, reason: str, actor: str, above: int = 0) -> Override:
    """The table with everything on legacy that may go back there, of a generation above it and `above`. Pure.

    A retired route stays with the candidate: legacy has not been asked since, and would draw numbers a second time.
    """
    return Override(
        generation=max(table.generation, above) + 1,
        issued_ns=now_ns,
        routes=tuple(_back(route) for route in table.routes),
        halted=table.halted,
        reason=reason,
        actor=actor,
    )


def moved(before: Iterable[Route]) -> tuple[str, ...]:
    """The cutovers of which the candidate answers somebody, and no more once all are on legacy."""
    return tuple(sorted({route.cutover for route in before if route.phase in _ROLLED_BACK}))


def kept(routes: Iterable[Route]) -> tuple[str, ...]:
    """The cutovers that no rollback brings back."""
    return tuple(sorted({route.cutover for route in routes if route.phase == "retired"}))


def in_force(state: Path) -> Override | None:
    """The override of a state folder. One that cannot be read counts as none: planes take no notice of it either."""
    try:
        return msgspec.json.decode((state / OVERRIDE_FILE).read_bytes(), type=Override)
    except (OSError, msgspec.DecodeError):
        return None


def refuse_under(state: Path, lifting: str) -> None:
    """Nothing advances while an override holds. `lifting`: the command that lifts it. Raises Refused."""
    override = in_force(state)
    if override is not None:
        why = f" ({override.reason})" if override.reason else ""
        raise Refused(
            f"an override is in force: legacy answers everybody{why}",
            where=str(state),
            remedy=f"`{lifting}` first",
            exit_code=4,
        )


def last_table(state: Path) -> Table | None:
    """What control gave last, as far as a plane of this folder kept it."""
    try:
        return msgspec.json.decode((state / TABLE_FILE).read_bytes(), type=Table)
    except (OSError, msgspec.DecodeError):
        return None


def put(state: Path, override: Override) -> None:
    """Write it: whole or not at all, and kept through a power cut. Raises OSError."""
    scratch = state / f"{OVERRIDE_FILE}.{os.getpid()}"
    try:
        with scratch.open("wb") as file:
            file.write(msgspec.json.encode(override))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(state / OVERRIDE_FILE)
    except OSError:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise
    _sync(state)


def lift(state: Path) -> None:
    """Take it away; planes then ask control what stands. Raises OSError."""
    (state / OVERRIDE_FILE).unlink(missing_ok=True)
    _sync(state)


def _back(route: Route) -> Route:
    phase = _ROLLED_BACK.get(route.phase)
    return route if phase is None else msgspec.structs.replace(route, phase=phase, weight=0)


def _sync(folder: Path) -> None:
    """The folder's own entry: without this the file may be gone after a power cut."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
