"""Epochs: evidence belongs to one candidate version under one set of rules and settings, and never outlives
it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

import msgspec
from sqlalchemy import Connection, RowMapping, case, func, insert, select, update

from strangler.canonical import digest
from strangler.clocks import SKEW_NS, ahead
from strangler.comparison.rules import Rules
from strangler.config.cutovers import CutoverConfig, SyncedState
from strangler.config.model import Config
from strangler.ledger import tables
from strangler.ledger.facts import facts
from strangler.ledger.settled import EpochKey

AT_ONCE_NS = 10_000_000_000
"""A version that came back within this time was not gone; one silent for longer no longer answers."""


class Epoch(msgspec.Struct, frozen=True):
    """An epoch with its number. `attempt` is None until a verdict was asked for; times in Unix nanoseconds.

    `recorded_before`: exchanges recorded of all routes before it began. `resumed_ns`: when its present run
    began (another epoch's answers came before). `last_ns`: its latest answer.
    """

    id: int
    cutover: str
    digest: str
    version: str
    rules: str
    settings: str
    created_ns: int
    resumed_ns: int
    last_ns: int
    attempt: int | None
    recorded_before: int = 0


def rules_digest(config: Config, cutover: str) -> str:
    """The effective rules of a cutover's routes, by meaning: reasons, owners and expiry dates change
    nothing.
    """
    routes = config.cutovers[cutover].routes
    effective = {name: Rules.of((*config.rules, *config.routes[name].rules)).digest for name in routes}
    return digest(effective)[:32]


def settings_digest(config: Config, cutover: str) -> str:
    """What else changes routing or comparison of the cutover's routes. Weights, steps and policy do not."""
    plan = config.cutovers[cutover]
    routes = {name: config.routes[name] for name in plan.routes}
    return digest(
        {
            "routes": {
                name: {
                    "match": route.match.model_dump(mode="json"),
                    "safe": route.safe,
                    "deadline": route.deadline,
                    # Only where it is said: what was recorded before there was such a setting stays in its epoch.
                    **({"decode": route.decode.model_dump(mode="json")} if route.decode else {}),
                }
                for name, route in routes.items()
            },
            "strata": {name: label.model_dump(mode="json") for name, label in config.strata.items()},
            "state": _state(plan),
            "urls": [config.legacy.url, config.candidate.url],
            "worker": config.worker.model_dump(mode="json", include={"timeout", "reask"}),
        }
    )[:32]


def _state(plan: CutoverConfig) -> dict[str, object]:
    """What the comparison waits for; what flows back changes nothing about it, and may be declared on the way."""
    state: dict[str, object] = plan.model_dump(mode="json", include={"state"})
    if isinstance(plan.state, SyncedState):
        state["state"] = {"synced": plan.state.synced.model_dump(mode="json", exclude={"back"})}
    return state


def epoch_key(config: Config, cutover: str, version: str) -> EpochKey:
    """The epoch that evidence of `cutover` belongs to while the candidate answers as `version`. Pure.

    It compiles rules: keep the key as long as configuration and version stay the same.
    """
    rules, settings = rules_digest(config, cutover), settings_digest(config, cutover)
    return EpochKey(cutover, digest([cutover, version, rules, settings])[:32], version, rules, settings)


def epoch_digest(config: Config, cutover: str, version: str) -> str:
    """`epoch_key(…).digest`."""
    return epoch_key(config, cutover, version).digest


def resume(connection: Connection, key: EpochKey, now_ns: int) -> Epoch:
    """The epoch of this key, made when it is new: a digest that returns resumes its own. (`flush` does it
    itself.)
    """
    found = note(connection, [(key, now_ns)], now_ns)[key.digest]
    return next(epoch for epoch in epochs(connection, key.cutover) if epoch.id == found)


def note(connection: Connection, seen: Iterable[tuple[EpochKey, int]], now_ns: int) -> dict[str, int]:
    """Write down which epochs answered when (Unix ns); digest to number. Needs a write transaction.

    What a clock that was ahead has dated is put right first: else its epoch would be the present one, and fresh, until
    that time comes, whatever answers meanwhile.
    """
    out: dict[str, int] = {}
    runs = _runs(sorted(seen, key=itemgetter(1)))
    for cutover in sorted({run.key.cutover for run in runs}):
        known = {epoch.digest: epoch for epoch in epochs(connection, cutover)}
        before = dict(known)
        known |= _set_right(connection, known.values(), now_ns)
        for run in runs:
            if run.key.cutover == cutover:
                known[run.key.digest] = _answered(known, run)
        for epoch in known.values():
            out[epoch.digest] = _write(connection, before.get(epoch.digest), epoch)
    return out


def _set_right(connection: Connection, known: Iterable[Epoch], now_ns: int) -> dict[str, Epoch]:
    """The epochs that are dated ahead of now, as they are to be. When they last answered nobody knows any more: not
    after their run began, as far as evidence is concerned.
    """
    wrong = [epoch for epoch in known if ahead(epoch.last_ns, now_ns)]
    if wrong:
        table, latest = tables.evidence, now_ns + SKEW_NS
        first = case((table.c.first_ns > latest, now_ns), else_=table.c.first_ns)
        last = case((table.c.first_ns > latest, 0), else_=table.c.first_ns)
        those = table.c.epoch.in_([epoch.id for epoch in wrong]) & (table.c.last_ns > latest)
        connection.execute(update(table).where(those).values(first_ns=first, last_ns=last))
    return {
        epoch.digest: msgspec.structs.replace(
            epoch,
            created_ns=min(epoch.created_ns, now_ns),
            resumed_ns=min(epoch.resumed_ns, now_ns),
            last_ns=min(epoch.resumed_ns, now_ns - AT_ONCE_NS),
        )
        for epoch in wrong
    }


@dataclass(slots=True)
class _Run:
    """Answers of one epoch with none of another between them, and no pause that could be the end of its run."""

    key: EpochKey
    first_ns: int
    last_ns: int


def _runs(answers: Iterable[tuple[EpochKey, int]]) -> list[_Run]:
    """From answers in order of time."""
    runs: list[_Run] = []
    for key, at_ns in answers:
        if runs and runs[-1].key.digest == key.digest and at_ns - runs[-1].last_ns < AT_ONCE_NS:
            runs[-1].last_ns = at_ns
        else:
            runs.append(_Run(key, at_ns, at_ns))
    return runs


def _answered(known: dict[str, Epoch], run: _Run) -> Epoch:
    key = run.key
    epoch = known.get(key.digest)
    if epoch is None:
        return Epoch(
            0,
            key.cutover,
            key.digest,
            key.version,
            key.rules,
            key.settings,
            run.first_ns,
            run.first_ns,
            run.last_ns,
            attempt=None,
        )
    latest = max(known.values(), key=lambda other: other.last_ns)
    returns = latest.digest != key.digest and run.first_ns - epoch.last_ns >= AT_ONCE_NS
    resumed = run.first_ns if returns else epoch.resumed_ns
    return msgspec.structs.replace(epoch, resumed_ns=resumed, last_ns=max(epoch.last_ns, run.last_ns))


def _write(connection: Connection, before: Epoch | None, after: Epoch) -> int:
    if before is None:
        recorded = connection.execute(select(func.sum(tables.streams.c.recorded))).scalar() or 0
        values = {**msgspec.structs.asdict(after), "recorded_before": int(recorded)}
        del values["id"]
        statement = insert(tables.epochs).values(values).returning(tables.epochs.c.id)
        return int(connection.execute(statement).scalar_one())
    if after != before:
        connection.execute(
            update(tables.epochs)
            .where(tables.epochs.c.id == after.id)
            .values(created_ns=after.created_ns, resumed_ns=after.resumed_ns, last_ns=after.last_ns)
        )
    return after.id


def current(connection: Connection, config: Config, cutover: str) -> Epoch | None:
    """The epoch of the present rules and settings and of the present version; None when there is none.

    The present version is the one fixed in the file (`candidate.version.value`), else the one the worker
    said last (fact `version` of `candidate`) or that answered last, whichever came later.
    """
    known = epochs(connection, cutover)
    if not known:
        return None
    declared = config.candidate.version.value if config.candidate.version else None
    wanted = epoch_digest(config, cutover, _said(connection, known[0]) if declared is None else declared)
    return next((epoch for epoch in known if epoch.digest == wanted), None)


def _said(connection: Connection, latest: Epoch) -> str:
    """The version that is there now: a candidate may be known to be another before anybody has asked it
    anything.
    """
    said = next((fact for fact in facts(connection, "version") if fact.subject == "candidate"), None)
    return said.phase if said is not None and said.at_ns > latest.last_ns else latest.version


def at_once(known: list[Epoch]) -> tuple[str, ...]:
    """The candidate versions that answer at the same time, the latest first; one when there is no doubt.
    Pure.

    Two answer at once when one still answered after the other's run had begun, less than ten seconds before
    the latest answer: a deployment that replaces all at once never looks so. (Versions that take turns with
    longer pauses than that look like deployments.)
    """
    if not known:
        return ()
    latest = max(known, key=lambda epoch: epoch.last_ns)
    others = {
        epoch.version: None
        for epoch in sorted(known, key=lambda epoch: -epoch.last_ns)
        if epoch.version != latest.version
        and epoch.last_ns > latest.resumed_ns
        and latest.last_ns - epoch.last_ns < AT_ONCE_NS
    }
    return (latest.version, *others)


def epochs(connection: Connection, cutover: str) -> list[Epoch]:
    """All epochs of a cutover, the latest answer first."""
    table = tables.epochs
    statement = (
        select(table).where(table.c.cutover == cutover).order_by(table.c.last_ns.desc(), table.c.id.desc())
    )
    return [_epoch(row) for row in connection.execute(statement).mappings()]


def _epoch(row: RowMapping) -> Epoch:
    return Epoch(**dict(row))


def ask(connection: Connection, epoch: Epoch) -> Epoch:
    """Note that a verdict was asked for in this epoch: it gets its attempt number, once. Needs a write
    transaction.
    """
    table = tables.epochs
    stored = connection.execute(select(table.c.attempt).where(table.c.id == epoch.id)).scalar_one()
    if stored is None:
        last = select(func.max(table.c.attempt)).where(table.c.cutover == epoch.cutover)
        stored = (connection.execute(last).scalar() or 0) + 1
        connection.execute(update(table).where(table.c.id == epoch.id).values(attempt=stored))
    return msgspec.structs.replace(epoch, attempt=stored)
