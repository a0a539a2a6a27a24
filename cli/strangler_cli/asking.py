"""A verdict with what it is about, as commands print it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.ledger import judging
from strangler_cli.formats.verdict import Asked

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.evidence import Evidence
    from strangler.gate import Verdict
    from strangler.ledger.store import Ledger


def ask(ledger: Ledger, loaded: Loaded, cutover: str, now_ns: int) -> Asked:
    """A verdict that counts as an attempt. One write transaction."""
    with ledger.begin() as connection:
        verdict, evidence = judging.ask(connection, loaded, cutover, now_ns)
    return asked(verdict, evidence, loaded)


def asked(verdict: Verdict, evidence: Evidence, loaded: Loaded) -> Asked:
    """The verdict with what it is about."""
    counted = [(entry.route, entry.stratum) for entry in evidence.sums()]
    silent = [
        (route.name, "") for route in evidence.routes if route.name not in {name for name, _ in counted}
    ]
    return Asked(
        verdict=verdict,
        file=str(loaded.file),
        phase=evidence.phase,
        epoch=evidence.epoch,
        version=evidence.version,
        attempt=evidence.attempt,
        compared=evidence.n,
        different=evidence.k,
        routes=(*counted, *silent),
    )
