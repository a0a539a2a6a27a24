"""Whether a process can do its work now, with reasons: what `/readyz` answers."""

from __future__ import annotations

import msgspec

from strangler.clocks import fresh
from strangler.gate.standing import WORKER_SILENT_NS


class Check(msgspec.Struct, frozen=True):
    """`reason`: what is wrong, empty where nothing is."""

    name: str
    ok: bool
    reason: str = ""


class Readiness(msgspec.Struct, frozen=True):
    """`ready`: every check holds; answered as 200, else as 503."""

    ready: bool
    checks: tuple[Check, ...]


def readiness(*checks: Check) -> Readiness:
    """All of them together."""
    return Readiness(all(each.ok for each in checks), checks)


def check(name: str, problem: str) -> Check:
    """One; `problem` is empty where all is well."""
    return Check(name, not problem, problem)


def worker_check(worker_ns: int | None, now_ns: int) -> Check:
    """Whether a worker wrote lately, as the gate wants it."""
    if worker_ns is None:
        return Check("worker", ok=False, reason="no worker ever wrote")
    if not fresh(worker_ns, now_ns, WORKER_SILENT_NS):
        silent = max(0, now_ns - worker_ns) // 1_000_000_000
        return Check(
            "worker",
            ok=False,
            reason=f"the worker last wrote {silent} s ago; required: within "
            f"{WORKER_SILENT_NS // 1_000_000_000} s",
        )
    return Check("worker", ok=True)
