"""Where everything stands, as `status --json` and the board show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strangler.views.effects import EffectView, effect_view
from strangler.views.gate import GateView, gate_view
from strangler.views.proposal import ProposalView, proposal_view
from strangler.views.words import iso, percent

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.cutover import CutoverState
    from strangler.evidence import Sighting
    from strangler.ledger.planes import Plane
    from strangler.ledger.refereed import Refereed
    from strangler.ledger.rule_use import RuleUse
    from strangler.views.standing import CutoverStanding, RouteStanding, Standing, WebhookStanding


class ServedView(msgspec.Struct, frozen=True):
    """Requests by who answered; `fallback`: legacy in the candidate's place."""

    legacy: int
    candidate: int
    fallback: int


class RouteView(msgspec.Struct, frozen=True):
    """A route in the present epoch; see `standing.RouteStanding`."""

    name: str
    compared: int
    duplicates: int
    different: int
    failed: int
    unsettled: int
    actual_basis_points: int | None
    served: ServedView
    last_at: str | None
    legacy_p99_us: int | None
    candidate_p99_us: int | None


class SightingView(msgspec.Struct, frozen=True):
    """A kind of request that production has."""

    route: str
    kind: str
    value: str
    seen: int
    compared: int
    last_at: str | None


class StateView(msgspec.Struct, frozen=True):
    """Where a cutover stands, and nothing that traffic changes. `held_until`: also where that is over by now."""

    name: str
    phase: str
    paused: bool
    held_until: str | None
    weight: str
    weight_basis_points: int
    generation: int
    since: str | None
    actor: str
    reason: str


class NextView(msgspec.Struct, frozen=True):
    """The next step: in words, and as the command to type (empty where there is none)."""

    words: str
    command: str


class CutoverView(msgspec.Struct, frozen=True):
    """A cutover; the fields stand in docs/commands.md."""

    name: str
    phase: str
    paused: bool
    held_until: str | None
    weight: str
    weight_basis_points: int
    generation: int
    since: str | None
    actor: str
    reason: str
    epoch: int
    version: str
    versions: tuple[str, ...]
    attempt: int
    compared: int
    duplicates: int
    different: int
    open_divergences: int
    routes: tuple[RouteView, ...]
    coverage: tuple[SightingView, ...]
    effects: tuple[EffectView, ...]
    gate: GateView
    next: NextView


class IdleRuleView(msgspec.Struct, frozen=True):
    """A rule that let nothing pass."""

    line: int
    route: str
    kind: str
    locations: tuple[str, ...]
    compared: int


class PlaneView(msgspec.Struct, frozen=True):
    """A plane that was heard of lately."""

    plane: str
    pid: int
    generation: int
    heartbeat_at: str | None
    refused: int


class WebhookView(msgspec.Struct, frozen=True):
    """How far a webhook was told."""

    host: str
    sent: int
    behind: int
    given_up: int
    problem: str
    at: str | None


class RefereeView(msgspec.Struct, frozen=True):
    """What the second judge says."""

    judged: int
    passed_over: int
    disagreed: int
    acknowledged: int
    route: str
    said: str
    at: str | None


class OverrideView(msgspec.Struct, frozen=True):
    """A `rollback --all` that is in force."""

    generation: int
    since: str | None
    actor: str
    reason: str


class StatusView(msgspec.Struct, frozen=True):
    """Everything; the fields stand in docs/commands.md."""

    cutovers: tuple[CutoverView, ...]
    proposals: tuple[ProposalView, ...]
    idle_rules: tuple[IdleRuleView, ...]
    planes: tuple[PlaneView, ...]
    generation: int
    worker_at: str | None
    accounting: dict[str, int]
    losses: dict[str, int]
    webhooks: tuple[WebhookView, ...]
    file_problem: str
    referee: RefereeView
    override: OverrideView | None


def status_view(standing: Standing, loaded: Loaded, override: OverrideView | None) -> StatusView:
    """All of it."""
    return StatusView(
        cutovers=tuple(cutover_view(entry, loaded) for entry in standing.cutovers),
        proposals=tuple(proposal_view(entry) for entry in standing.proposals),
        idle_rules=tuple(_idle(each) for each in standing.idle_rules),
        planes=tuple(plane_view(plane) for plane in standing.planes),
        generation=standing.generation,
        worker_at=iso(standing.worker_ns),
        accounting=standing.accounting,
        losses=standing.losses,
        webhooks=tuple(_webhook(each) for each in standing.webhooks),
        file_problem=standing.file_problem,
        referee=referee_view(standing.referee),
        override=override,
    )


def cutover_view(entry: CutoverStanding, loaded: Loaded) -> CutoverView:
    """One cutover."""
    state, evidence = entry.state, entry.evidence
    return CutoverView(
        name=state.name,
        phase=state.phase,
        paused=state.paused,
        held_until=iso(entry.held_until_ns),
        weight=percent(state.weight),
        weight_basis_points=state.weight,
        generation=state.generation,
        since=iso(state.since_ns),
        actor=state.actor,
        reason=state.reason,
        epoch=evidence.epoch,
        version=evidence.version,
        versions=tuple(evidence.versions),
        attempt=evidence.attempt,
        compared=evidence.n,
        duplicates=evidence.duplicates,
        different=evidence.k,
        open_divergences=len(evidence.seen),
        routes=tuple(_route(route) for route in entry.routes),
        coverage=tuple(_sighting(each) for each in evidence.coverage),
        effects=tuple(effect_view(state.name, effect) for effect in evidence.effects),
        gate=gate_view(entry.verdict, str(loaded.file)),
        next=NextView(entry.next_words, entry.next_command),
    )


def state_view(state: CutoverState) -> StateView:
    """Where it stands."""
    return StateView(
        name=state.name,
        phase=state.phase,
        paused=state.paused,
        held_until=iso(state.held_until_ns),
        weight=percent(state.weight),
        weight_basis_points=state.weight,
        generation=state.generation,
        since=iso(state.since_ns),
        actor=state.actor,
        reason=state.reason,
    )


def plane_view(plane: Plane) -> PlaneView:
    """One plane."""
    return PlaneView(plane.plane, plane.pid, plane.generation, iso(plane.heartbeat_ns), plane.refused)


def referee_view(found: Refereed) -> RefereeView:
    """The second judge."""
    counts = (found.judged, found.passed_over, found.disagreed, found.acknowledged)
    return RefereeView(*counts, found.route, found.said, iso(found.at_ns))


def _idle(each: RuleUse) -> IdleRuleView:
    rule = each.rule
    return IdleRuleView(rule.line, each.route, rule.kind, tuple(rule.locations), each.compared)


def _webhook(each: WebhookStanding) -> WebhookView:
    told = each.told
    return WebhookView(each.host, told.sent, each.behind, told.given_up, told.problem, iso(told.at_ns))


def _sighting(each: Sighting) -> SightingView:
    return SightingView(each.route, each.kind, each.value, each.seen, each.compared, iso(each.last_ns))


def _route(route: RouteStanding) -> RouteView:
    served = route.served
    return RouteView(
        name=route.name,
        compared=route.compared,
        duplicates=route.duplicates,
        different=route.different,
        failed=route.failed,
        unsettled=route.unsettled,
        actual_basis_points=route.actual,
        served=ServedView(served.legacy, served.candidate, served.fallback),
        last_at=iso(route.last_ns),
        legacy_p99_us=None if route.legacy_p99_ns is None else route.legacy_p99_ns // 1000,
        candidate_p99_us=None if route.candidate_p99_ns is None else route.candidate_p99_ns // 1000,
    )
