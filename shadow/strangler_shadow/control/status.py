"""What control knows, as plain JSON values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from strangler.routing import Table
from strangler_shadow.control.watch import Picture
from strangler_shadow.override import Override


def status(
    picture: Picture | None,
    *,
    table: Table | None,
    override: Override | None,
    waiting: int,
    instance: str,
    ledger_problem: str,
    config_problem: str,
    file: str,
    restart: bool,
    probes: Mapping[str, str],
    rollbacks: Sequence[str],
) -> dict[str, Any]:
    """The body of `/v1/status`. Times are Unix nanoseconds; problems are empty texts when all is well.

    `waiting`: planes that have this table and wait for the next. `override`: what planes go by in its place, if
    `cutover rollback --all` put one there.
    """
    return {
        "table": None if table is None else {"generation": table.generation, "issued_ns": table.issued_ns},
        "override": None if override is None else _override(override),
        "waiting": waiting,
        "ledger": ledger_problem,
        "config": {"file": file, "problem": config_problem, "restart_needed": restart},
        "lag": dict(probes),
        "rollbacks": list(rollbacks),
        **({} if picture is None else _from_ledger(picture, instance)),
    }


def _override(override: Override) -> dict[str, Any]:
    return {
        "generation": override.generation,
        "issued_ns": override.issued_ns,
        "actor": override.actor,
        "reason": override.reason,
    }


def _from_ledger(picture: Picture, instance: str) -> dict[str, Any]:
    traffic = picture.traffic
    return {
        "at_ns": picture.at_ns,
        "worker_ns": traffic.worker_ns,
        "cutovers": {name: msgspec.to_builtins(state) for name, state in traffic.states.items()},
        "planes": [
            msgspec.to_builtins(plane)
            for plane in traffic.planes
            if plane.plane.startswith(instance) and not plane.ended
        ],
        "streams": [
            {**msgspec.to_builtins(stream), "outstanding": stream.outstanding} for stream in traffic.streams
        ],
        "losses": dict(traffic.losses),
        "facts": [msgspec.to_builtins(fact) for fact in picture.facts],
    }
