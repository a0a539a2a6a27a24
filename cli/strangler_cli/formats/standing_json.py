"""`status --json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strangler_cli.formats import effects, proposals
from strangler_cli.formats.verdict import reason_object
from strangler_cli.words import iso, percent

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.evidence import Sighting
    from strangler_cli.standing import CutoverStanding, RouteStanding, Standing


def as_object(standing: Standing, loaded: Loaded) -> dict[str, Any]:
    """All of it; the fields stand in docs/commands.md."""
    return {
        "cutovers": [cutover_object(entry, loaded) for entry in standing.cutovers],
        "proposals": [proposals.as_object(entry) for entry in standing.proposals],
        "idle_rules": [
            {
                "line": each.rule.line,
                "route": each.route,
                "kind": each.rule.kind,
                "locations": list(each.rule.locations),
                "compared": each.compared,
            }
            for each in standing.idle_rules
        ],
        "planes": [
            {
                "plane": plane.plane,
                "pid": plane.pid,
                "generation": plane.generation,
                "heartbeat_at": iso(plane.heartbeat_ns),
                "refused": plane.refused,
            }
            for plane in standing.planes
        ],
        "generation": standing.generation,
        "worker_at": iso(standing.worker_ns),
        "accounting": standing.accounting,
        "losses": standing.losses,
        "webhooks": [
            {
                "host": each.host,
                "sent": each.told.sent,
                "behind": each.behind,
                "given_up": each.told.given_up,
                "problem": each.told.problem,
                "at": iso(each.told.at_ns),
            }
            for each in standing.webhooks
        ],
        "file_problem": standing.file_problem,
        "referee": {
            "judged": standing.referee.judged,
            "passed_over": standing.referee.passed_over,
            "disagreed": standing.referee.disagreed,
            "acknowledged": standing.referee.acknowledged,
            "route": standing.referee.route,
            "said": standing.referee.said,
            "at": iso(standing.referee.at_ns),
        },
    }


def cutover_object(entry: CutoverStanding, loaded: Loaded) -> dict[str, Any]:
    """One cutover."""
    state, evidence = entry.state, entry.evidence
    return {
        "name": state.name,
        "phase": state.phase,
        "paused": state.paused,
        "held_until": iso(entry.held_until_ns),
        "weight": percent(state.weight),
        "weight_basis_points": state.weight,
        "generation": state.generation,
        "since": iso(state.since_ns),
        "actor": state.actor,
        "reason": state.reason,
        "epoch": evidence.epoch,
        "version": evidence.version,
        "versions": list(evidence.versions),
        "attempt": evidence.attempt,
        "compared": evidence.n,
        "duplicates": evidence.duplicates,
        "different": evidence.k,
        "open_divergences": len(evidence.seen),
        "routes": [_route(route) for route in entry.routes],
        "coverage": [_sighting(each) for each in evidence.coverage],
        "effects": [effects.as_object(state.name, effect) for effect in evidence.effects],
        "gate": {
            "status": entry.verdict.status,
            "exit_code": entry.verdict.exit_code,
            "reasons": [reason_object(reason, str(loaded.file)) for reason in entry.verdict.reasons],
            "notes": list(entry.verdict.notes),
        },
        "next": {"words": entry.next_words, "command": entry.next_command},
    }


def _sighting(sighting: Sighting) -> dict[str, Any]:
    return {
        "route": sighting.route,
        "kind": sighting.kind,
        "value": sighting.value,
        "seen": sighting.seen,
        "compared": sighting.compared,
        "last_at": iso(sighting.last_ns),
    }


def _route(route: RouteStanding) -> dict[str, Any]:
    return {
        "name": route.name,
        "compared": route.compared,
        "duplicates": route.duplicates,
        "different": route.different,
        "failed": route.failed,
        "unsettled": route.unsettled,
        "actual_basis_points": route.actual,
        "served": {
            "legacy": route.served.legacy,
            "candidate": route.served.candidate,
            "fallback": route.served.fallback,
        },
        "last_at": iso(route.last_ns),
        "legacy_p99_us": None if route.legacy_p99_ns is None else route.legacy_p99_ns // 1000,
        "candidate_p99_us": None if route.candidate_p99_ns is None else route.candidate_p99_ns // 1000,
    }
