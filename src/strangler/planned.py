"""A plan of a cutover's way: its steps in order, bound to the configuration and the findings they were planned on.

A plan decides nothing. Whoever applies it takes the next step of the way that the configuration gives, judged by the
gate as any other; the plan only says which way was looked at and agreed to, and is refused where that is no more so.
So a plan file may come from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from strangler.canonical import digest
from strangler.clocks import SKEW_NS
from strangler.cutover import CutoverState, plan_of, standing_words, way
from strangler.effects import owner_in
from strangler.errors import UsageError
from strangler.exchange import Side
from strangler.gate.case import percent
from strangler.pace import approvals_needed, soak_of
from strangler.routing.cohort import BUCKETS
from strangler.routing.table import OWNER, Phase

if TYPE_CHECKING:
    from strangler.config.model import Config
    from strangler.evidence import Evidence

LARGEST: Final = 1 << 20
"""Bytes of a plan file."""
type Nanoseconds = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]
type Number = Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]
_PARTS: Final = {
    "cutover": "`cutovers.{}`",
    "routes": "its routes",
    "rules": "the rules",
    "policy": "its policy",
    "systems": "legacy, candidate or strata",
}


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it leads (`weight` in basis points), and what that means. `hands_over`: effects that change their owner."""

    phase: Phase
    weight: Number
    to: str
    gate: str
    approvals: Number
    soak_ns: Number
    table: str
    owner: Side
    hands_over: tuple[str, ...]
    back: str


class Basis(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a plan was made on. `configuration`: digests of the parts that decide; `epoch`: the epoch's digest;
    `findings`: `Evidence.findings_hash`; `generation`: of the cutover's state.
    """

    configuration: dict[str, str]
    epoch: str
    findings: str
    generation: Number


class PlanFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a plan file holds. `id`: SHA-256 of the canonical JSON of everything else. Times in Unix nanoseconds."""

    format: Literal["strangler-plan-1"]
    cutover: str
    made_by: str
    made_ns: Nanoseconds
    expires_ns: Nanoseconds
    basis: Basis
    steps: tuple[Step, ...]
    id: str = ""


def planned(
    config: Config,
    state: CutoverState,
    evidence: Evidence,
    last: CutoverState,
    *,
    made_by: str,
    made_ns: int,
    expires_ns: int,
) -> PlanFile:
    """The plan of the way from `state` to `last`, which is one of `cutover.way`."""
    states = way(plan_of(config, state.name), state)
    made = PlanFile(
        "strangler-plan-1",
        state.name,
        made_by,
        made_ns,
        expires_ns,
        basis_of(config, evidence),
        described(config, state, states[: states.index(last) + 1]),
    )
    return msgspec.structs.replace(made, id=id_of(made))


def id_of(plan: PlanFile) -> str:
    """What its id must be."""
    return digest(msgspec.structs.replace(plan, id=""))


def step_id(config: Config, evidence: Evidence, after: CutoverState) -> str:
    """The id of a step that is of no plan file: what is approved when `advance` asks."""
    step = [evidence.cutover, evidence.generation, after.phase, after.weight]
    return digest([step, configuration_digests(config, evidence.cutover)])


def basis_of(config: Config, evidence: Evidence) -> Basis:
    """What a plan rests on, as it is now."""
    return Basis(
        configuration_digests(config, evidence.cutover),
        evidence.digest,
        evidence.findings_hash(),
        evidence.generation,
    )


def configuration_digests(config: Config, cutover: str) -> dict[str, str]:
    """A digest per part of the file that decides about this cutover; the other parts may change."""
    plan = config.cutovers[cutover]
    said = {
        "cutover": plan.model_dump(mode="json", exclude={"policy"}),
        "routes": {name: config.routes[name].model_dump(mode="json") for name in plan.routes},
        "rules": [rule.model_dump(mode="json") for rule in config.rules],
        "policy": config.policy_of(cutover).model_dump(mode="json"),
        "systems": [
            config.legacy.model_dump(mode="json"),
            config.candidate.model_dump(mode="json"),
            {name: label.model_dump(mode="json") for name, label in config.strata.items()},
        ],
    }
    return {name: digest(value) for name, value in said.items()}


def described(config: Config, start: CutoverState, states: Sequence[CutoverState]) -> tuple[Step, ...]:
    """Each step of the way from `start`, in words."""
    return tuple(
        _step(config, before.phase, state) for before, state in zip((start, *states), states, strict=False)
    )


def _step(config: Config, before: Phase, state: CutoverState) -> Step:
    cutover = state.name
    policy = config.policy_of(cutover)
    asked = (
        f"must pass: proof that at most {percent(policy.tolerate.rate)} mismatch, no wrong amount, "
        f"at most {policy.allowed_words} seen"
    )
    return Step(
        phase=state.phase,
        weight=state.weight,
        to=standing_words(state),
        gate="is not asked" if state.phase == "shadow" else asked,
        approvals=approvals_needed(policy, state),
        soak_ns=soak_of(config.cutovers[cutover], state.phase),
        table=f"{', '.join(config.cutovers[cutover].routes)}: {_served(config, cutover, state)}",
        owner=OWNER[state.phase],
        hands_over=_handed_over(config, cutover, before, state.phase),
        back=_back(config, cutover, state.phase),
    )


def _served(config: Config, cutover: str, state: CutoverState) -> str:
    if state.phase == "shadow":
        return "legacy answers everybody, the candidate is asked what only reads"
    if state.phase == "retired":
        return "the candidate answers everybody, legacy is asked nothing"
    if state.phase == "candidate":
        return "the candidate answers everybody, legacy is asked what only reads"
    pinned = len(config.cutovers[cutover].pinned)
    named = f" and {pinned} pinned" if pinned else ""
    return f"the candidate answers customers of buckets below {state.weight:,} of {BUCKETS:,}{named}, legacy the rest"


def _handed_over(config: Config, cutover: str, before: Phase, after: Phase) -> tuple[str, ...]:
    effects = config.cutovers[cutover].effects or {}
    return tuple(
        name for name, effect in effects.items() if owner_in(effect, before) != owner_in(effect, after)
    )


def _back(config: Config, cutover: str, phase: Phase) -> str:
    if phase == "shadow":
        return "nothing to take back"
    if phase == "canary":
        return "`rollback` at any time; legacy holds the record throughout"
    if phase == "retired":
        return "none: legacy is asked nothing any more"
    if plan_of(config, cutover).unsafe:
        return "`rollback` at any time; legacy's copy, shared or synced, is the record again"
    return "`rollback` at any time; the routes only read"


def encoded(plan: PlanFile) -> str:
    """As it is written to a file."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=2).decode() + "\n"


def decoded(body: bytes, where: str) -> PlanFile:
    """A plan from a file of unknown origin. Raises UsageError, also where its id is not that of its content."""
    if len(body) > LARGEST:
        raise UsageError(f"is over {LARGEST >> 20} MiB; no plan is", where=where)
    try:
        plan = msgspec.json.decode(body, type=PlanFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            f"is no plan: {error}", where=where, remedy="`strangler cutover plan NAME -o FILE` writes one"
        ) from None
    if not plan.steps:
        raise UsageError("it has no steps", where=where)
    if plan.id != id_of(plan):
        raise UsageError(
            "it was changed after it was made: its id is not that of its content",
            where=where,
            remedy="`strangler cutover plan NAME -o FILE` makes another",
        )
    return plan


def stale(plan: PlanFile, now: Basis, now_ns: int) -> tuple[str, ...]:
    """Everything that is no longer as it was when the plan was made (or its last step was taken), in words."""
    return tuple(_stale(plan, now, now_ns))


def _stale(plan: PlanFile, now: Basis, now_ns: int) -> Iterator[str]:
    if now_ns >= plan.expires_ns:
        yield f"it expired at {_utc(plan.expires_ns)}"
    if now_ns < plan.made_ns - SKEW_NS:
        yield f"it was made at {_utc(plan.made_ns)}, which is yet to come"
    if changed := _changed(plan.basis.configuration, now.configuration, plan.cutover):
        yield f"the configuration is another: {', '.join(changed)} changed"
    if plan.basis.generation != now.generation:
        yield f"the cutover was moved: it stood at generation {plan.basis.generation}, and is at {now.generation}"
    elif plan.basis.epoch != now.epoch:
        yield "the evidence is of another epoch: the candidate's version, the rules or the settings are others"
    elif plan.basis.findings != now.findings:
        yield "the findings are others: something was seen, or a rule expired, since it was made"


def _changed(before: Mapping[str, str], after: Mapping[str, str], cutover: str) -> list[str]:
    return [words.format(cutover) for part, words in _PARTS.items() if before.get(part) != after.get(part)]


def _utc(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S} UTC"
