"""Ask the gate: evidence from the ledger, the policy from the file, one verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.gate import judge
from strangler.ledger.evidence import ask_evidence, read_evidence
from strangler.ledger.facts import facts
from strangler_cli.formats.verdict import Asked

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.evidence import Evidence
    from strangler.gate import Verdict
    from strangler.ledger.store import Ledger


def ask(ledger: Ledger, loaded: Loaded, cutover: str, now_ns: int) -> Asked:
    """A verdict that counts as an attempt: what it may risk is less from attempt to attempt. One write transaction."""
    with ledger.begin() as connection:
        evidence = ask_evidence(connection, loaded, cutover, now_ns)
        verdict = _judged(connection, loaded, evidence, now_ns)
    return asked(verdict, evidence, loaded)


def look(connection: Connection, loaded: Loaded, cutover: str, now_ns: int) -> tuple[Verdict, Evidence]:
    """What the gate would say now. Only read, so it is no attempt."""
    evidence = read_evidence(connection, loaded, cutover, now_ns)
    return _judged(connection, loaded, evidence, now_ns), evidence


def _judged(connection: Connection, loaded: Loaded, evidence: Evidence, now_ns: int) -> Verdict:
    policy = loaded.config.policy_of(evidence.cutover)
    return judge(policy, evidence, facts(connection), now_ns, loaded.line_of)


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
