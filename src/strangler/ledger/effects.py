"""Effects in the ledger: what probes said (facts of kind `effect`), and what persons acknowledged."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, delete

from strangler.canonical import digest
from strangler.config.effects import Effect, Probe
from strangler.config.model import Config
from strangler.cutover import CutoverState, next_step, plan_of
from strangler.effects import SIDES, Acknowledged, Quiet, Said, Standing, owner_in
from strangler.errors import UsageError
from strangler.exchange import Side
from strangler.ledger import audit, tables
from strangler.ledger.cutovers import state_of
from strangler.ledger.facts import Fact, facts, put
from strangler.routing.table import Phase

KIND = "effect"
_ACKNOWLEDGED = "effect-acknowledged"
_ENTRIES = 20
"""Entries of the audit looked through for a cutover's latest move."""


def fact_of(cutover: str, effect: str, side: Side, probe: Probe, said: Said) -> Fact:
    """What a probe said, to be put with the other facts. It holds for this probe as the file declares it."""
    body = msgspec.json.encode((said.word, said.detail)).decode()
    return Fact(KIND, _subject(cutover, effect, side), body, _digest(probe), said.at_ns)


def hear(connection: Connection, fact: Fact) -> None:
    """Write what a probe said. One that shows a side at work ends what a person said of it before: they were wrong, or
    it began again, and it must not be quiet by that word once the probe falls silent.
    """
    put(connection, fact)
    if msgspec.json.decode(fact.phase)[0] == "active":
        table = tables.facts
        of_it = (table.c.kind == _ACKNOWLEDGED) & (table.c.subject == fact.subject)
        connection.execute(delete(table).where(of_it))


def standings(
    connection: Connection, config: Config, cutover: str, state: CutoverState | None = None
) -> tuple[Standing, ...]:
    """The effects of a cutover as they stand, in the order of the file. `state`: where it stands, if that is known."""
    declared = config.cutovers[cutover].effects
    if not declared:
        return ()
    state = state or state_of(connection, cutover)
    said = {fact.subject: fact for fact in facts(connection, KIND)}
    acknowledged = {fact.subject: fact for fact in facts(connection, _ACKNOWLEDGED)}
    following = _following(config, state)
    left = _left(connection, state)

    def quiet(name: str, effect: Effect, side: Side) -> Quiet:
        subject = _subject(cutover, name, side)
        return Quiet(
            effect.probe(side) is not None,
            _said(said.get(subject), effect.probe(side)),
            _word(acknowledged.get(subject), state.generation),
        )

    return tuple(
        Standing(
            name,
            effect.kind,
            owner_in(effect, state.phase),
            owner_in(effect, following),
            quiet(name, effect, "legacy"),
            quiet(name, effect, "candidate"),
            back=left is not None and owner_in(effect, left) != owner_in(effect, state.phase),
        )
        for name, effect in declared.items()
    )


def acknowledge(
    connection: Connection,
    config: Config,
    cutover: str,
    effect: str,
    side: Side,
    *,
    actor: str,
    reason: str,
    now_ns: int,
) -> Acknowledged:
    """A person says that a side's is quiet; with an audit entry. It holds until the cutover moves, or is paused or
    resumed, or a probe shows it at work, and for `policy.acknowledged` at most. Raises UsageError: no such effect, no
    reason.
    """
    plan_of(config, cutover)
    declared = config.cutovers[cutover].effects or {}
    if effect not in declared:
        known = ", ".join(declared) or "none"
        raise UsageError(f"`{cutover}` has no effect `{effect}`", remedy=f"known: {known}")
    if not reason.strip():
        raise UsageError("a reason is missing", remedy="say with --reason how you know that it is quiet")
    generation = state_of(connection, cutover).generation
    word = Acknowledged(actor, reason, now_ns, generation)
    subject = _subject(cutover, effect, side)
    put(connection, Fact(_ACKNOWLEDGED, subject, msgspec.json.encode(word).decode(), "", now_ns))
    audit.append(
        connection,
        at_ns=now_ns,
        actor=actor,
        action="effect.acknowledged",
        subject=cutover,
        reason=reason,
        after={"effect": effect, "side": side, "quiet": True, "generation": generation},
    )
    return word


def handed_back(config: Config, cutover: str, before: Phase, after: Phase) -> tuple[str, ...]:
    """The effects that a rollback gives back to legacy."""
    return tuple(
        name
        for name, effect in (config.cutovers[cutover].effects or {}).items()
        if owner_in(effect, before) == "candidate" and owner_in(effect, after) == "legacy"
    )


def probes(config: Config) -> Mapping[tuple[str, str, Side], Probe]:
    """Every probe of the file, by cutover, effect and side."""
    return {
        (cutover, name, side): probe
        for cutover, plan in config.cutovers.items()
        for name, effect in (plan.effects or {}).items()
        for side in SIDES
        if (probe := effect.probe(side)) is not None
    }


def _following(config: Config, state: CutoverState) -> Phase:
    """The phase that the next step leads to."""
    words = next_step(plan_of(config, state.name), state).partition(" ")[0]
    phases: dict[str, Phase] = {
        "shadow": "shadow",
        "canary": "canary",
        "candidate": "candidate",
        "retired": "retired",
    }
    return phases.get(words, state.phase)


def _left(connection: Connection, state: CutoverState) -> Phase | None:
    """The phase it was rolled back from, if that was its latest move."""
    if state.phase != "shadow":
        return None
    for entry in audit.entries(connection, subject=state.name, limit=_ENTRIES):
        before, after = entry.body["before"] or {}, entry.body["after"] or {}
        if before.get("phase") != after.get("phase"):
            found: Phase | None = before.get("phase")
            return found if found in ("canary", "candidate") else None
    return None


def _said(fact: Fact | None, probe: Probe | None) -> Said | None:
    if fact is None or probe is None or fact.digest != _digest(probe):
        return None
    word, detail = msgspec.json.decode(fact.phase)
    return Said(word, detail, fact.at_ns)


def _word(fact: Fact | None, generation: int) -> Acknowledged | None:
    if fact is None:
        return None
    word = msgspec.json.decode(fact.phase, type=Acknowledged)
    return word if word.generation == generation else None


def _digest(probe: Probe) -> str:
    """Of what a probe asks and takes as quiet; what it sends along does not matter."""
    return digest([probe.url, probe.path, probe.quiet])[:16]


def _subject(cutover: str, effect: str, side: Side) -> str:
    return f"{cutover}/{effect}/{side}"
