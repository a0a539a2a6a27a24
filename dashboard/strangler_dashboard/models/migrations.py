"""Migrations: how far each is, who uses the old form, why its contract is refused, and what is next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from strangler.ledger.facts import facts
from strangler.routing.table import PHASES
from strangler.views.gate import GateView, gate_view
from strangler.views.standing import command
from strangler.views.words import iso
from strangler_dashboard.errors import NotFound
from strangler_dashboard.models.migration_parts import (
    BrownoutView,
    CheckView,
    EventView,
    FillView,
    PauseView,
    ReaderView,
    StageView,
    UnknownView,
    WaitView,
    brownout_view,
    check_view,
    event_view,
    fill_view,
    moment,
    reader_view,
    stages,
    unknown_view,
    wait_view,
)
from strangler_migrations.contract import Case, Proof, judge
from strangler_migrations.contract.asked import later, needs, policy_of, told
from strangler_migrations.contract.window import begins
from strangler_migrations.parity.publish import KIND
from strangler_migrations.running.states import COMMAND, NEXT, OVER, State

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.gate import Reason, Verdict
    from strangler_dashboard.migrated import Looked
    from strangler_migrations.contract import Need
    from strangler_migrations.overview import Known, Overview
    from strangler_migrations.readers import Standing

_STALE: Final = timedelta(minutes=2)


class ParityView(msgspec.Struct, frozen=True):
    """Whether both forms agree: `verdict` is `equal`, `different` or `unfinished`. `rows` is None where only the ledger
    has it; `example`: a place that differs. `holds`: it is of this start, and not older than the file allows.
    """

    verdict: str
    at: str | None
    rows: int | None
    apart: int
    example: str
    digest: str
    holds: bool


class NeedView(msgspec.Struct, frozen=True):
    """A cutover that keeps the old form until it is in `required`; `phase`: where it is, None where nobody knows."""

    cutover: str
    required: str
    phase: str | None
    met: bool


class OldFormView(msgspec.Struct, frozen=True):
    """Who uses it, the latest first, and what nobody can see. `watched_since`, `watched_until`: between these it was
    looked at without a long gap, None: never; `watching`: that is so now. `window`: since when nobody may have used it.
    `blind`: the role that looks here does not see what other roles' sessions are called.
    """

    readers: tuple[ReaderView, ...]
    unknown: tuple[UnknownView, ...]
    watched_since: str | None
    watched_until: str | None
    watching: bool
    window: str | None
    blind: bool


class MigrationView(msgspec.Struct, frozen=True):
    """One migration, as `migrate status --json` has it, with what the server knows beside.

    `contract`: the verdict on `complete`, and `old_form` who uses it; both None where there is one form only.
    """

    name: str
    state: str
    version: str
    previous: str | None
    digest: str
    actor: str
    started_at: str | None
    changed_at: str | None
    over: bool
    next: str
    command: str
    paused: PauseView | None
    stages: tuple[StageView, ...]
    fills: tuple[FillView, ...]
    checks: tuple[CheckView, ...]
    waits: tuple[WaitView, ...]
    obstacles: tuple[str, ...]
    contract: GateView | None
    parity: ParityView | None
    needs: tuple[NeedView, ...]
    old_form: OldFormView | None
    brownout: BrownoutView | None
    history: tuple[EventView, ...]


class ShortView(msgspec.Struct, frozen=True):
    """One in a line."""

    name: str
    state: str
    over: bool
    actor: str
    started_at: str | None
    changed_at: str | None


class PublishedView(msgspec.Struct, frozen=True):
    """What the ledger was told of a migration: the phase that a gate may lean on, and the last proof of parity."""

    name: str
    phase: str
    at: str | None
    parity: str
    parity_at: str | None


class MigrationsView(msgspec.Struct, frozen=True):
    """`database`: its address without user and password, empty: the file names none; `problem`: why it was not read;
    `holder`: the command that is at work on it. `shown`: one of them in full, None: there is none.
    """

    database: str
    problem: str
    remedy: str
    at: str | None
    holder: str
    migrations: tuple[ShortView, ...]
    shown: MigrationView | None
    published: tuple[PublishedView, ...]


def migrations_view(ledger: Connection, loaded: Loaded, looked: Looked, name: str | None) -> MigrationsView:
    """All of them, and one in full: that of the name, else the one under way, else the latest. Raises NotFound."""
    found = looked.overview
    return MigrationsView(
        database=looked.database,
        problem=looked.problem,
        remedy=looked.remedy,
        at=None if found is None else moment(found.at),
        holder="" if found is None else found.holder,
        migrations=() if found is None else tuple(map(_short, found.known)),
        shown=None if found is None else _shown(ledger, loaded, found, name),
        published=_published(ledger),
    )


def _shown(ledger: Connection, loaded: Loaded, found: Overview, name: str | None) -> MigrationView | None:
    if name is None:
        going = [each for each in found.known if each.record.state not in OVER]
        chosen = (going or list(found.known))[:1]
    else:
        chosen = [each for each in found.known if each.record.name == name]
        if not chosen:
            raise NotFound(f"no migration `{name}` was started", remedy="`/migrations` has them all")
    return _view(ledger, loaded, found, chosen[0]) if chosen else None


def _view(ledger: Connection, loaded: Loaded, found: Overview, known: Known) -> MigrationView:
    record, policy = known.record, policy_of(loaded.config.migrations)
    standing, pause, last = known.standing, known.pause, known.brownout
    verdict, asked, proof = _judged(ledger, loaded, known)
    oldest = max(filter(None, (known.begun, found.at - policy.parity)))
    return MigrationView(
        name=record.name,
        state=record.state.value,
        version=record.version,
        previous=record.previous,
        digest=record.digest,
        actor=record.actor,
        started_at=moment(record.started_at),
        changed_at=moment(record.changed_at),
        over=record.state in OVER,
        next=_next(known, verdict),
        command=_command(loaded, known, verdict),
        paused=PauseView(pause.actor, pause.reason, moment(pause.at)) if pause else None,
        stages=stages(record.state, known.phases),
        fills=tuple(map(fill_view, known.fills)),
        checks=tuple(view for each in known.checks if (view := check_view(each))),
        waits=tuple(map(wait_view, known.waits)),
        obstacles=tuple(map(str, known.obstacles)),
        contract=gate_view(verdict, str(loaded.file)) if verdict else None,
        parity=_parity(proof, oldest) if proof else None,
        needs=tuple(map(_need, asked)),
        old_form=_old_form(standing, begins(policy, found.at)) if standing else None,
        brownout=brownout_view(last, found.at) if last else None,
        history=tuple(map(event_view, reversed(known.history))),
    )


def _judged(
    ledger: Connection, loaded: Loaded, known: Known
) -> tuple[Verdict | None, tuple[Need, ...], Proof | None]:
    """What `complete` would be told now, the cutovers that keep the old form, and the latest proof of parity."""
    name, policy = known.record.name, policy_of(loaded.config.migrations)
    asked = needs(loaded.config, name, ledger)
    proof = later(known.proof, told(ledger, name))
    if known.standing is None:
        return None, asked, proof
    case = Case(known.standing, known.begun, proof, asked, policy, loaded.line_of, known.brownout)
    return judge(case), asked, proof


def _old_form(standing: Standing, window: datetime) -> OldFormView:
    return OldFormView(
        readers=tuple(reader_view(each, window) for each in standing.seen),
        unknown=tuple(map(unknown_view, standing.unknown)),
        watched_since=moment(standing.since),
        watched_until=moment(standing.until),
        watching=standing.until is not None and standing.now - standing.until < _STALE,
        window=moment(window),
        blind=standing.blind,
    )


def _next(known: Known, verdict: Verdict | None) -> str:
    if known.pause:
        return "resume, then start goes on with the backfill"
    if known.record.state is State.VERIFIED and verdict and verdict.reasons:
        return f"complete is refused: {len(verdict.reasons)} in the way; rollback takes it back"
    return NEXT[known.record.state]


def _command(loaded: Loaded, known: Known, verdict: Verdict | None) -> str:
    """What is typed now: where complete would be refused, what goes first against the first thing in the way."""
    name, state = known.record.name, known.record.state
    if known.pause:
        return command(loaded, "migrate", "resume", name)
    if state is State.VERIFIED and verdict and verdict.reasons:
        return command(loaded, *_against(verdict.reasons[0], known))
    if state not in COMMAND:
        return ""
    return command(
        loaded, "migrate", *(word.format(name=name, file="FILE") for word in COMMAND[state].split())
    )


def _against(reason: Reason, known: Known) -> tuple[str, ...]:
    """The words behind `strangler`."""
    if reason.code == "parity":
        return ("migrate", "verify")
    if reason.code == "unknown-reader" and known.standing:
        open_ = next(each.name for each in known.standing.unknown if each.acknowledged is None)
        return ("migrate", "readers", "acknowledge", open_, "--reason", "TEXT")
    if reason.code == "kept":
        return ("status",)
    return ("migrate", "readers", "--watch")


def _parity(proof: Proof, oldest: datetime) -> ParityView:
    return ParityView(
        verdict=proof.verdict,
        at=moment(proof.at),
        rows=proof.rows,
        apart=proof.apart,
        example=proof.example,
        digest=proof.digest,
        holds=proof.verdict == "equal" and proof.at >= oldest,
    )


def _need(need: Need) -> NeedView:
    met = need.phase is not None and PHASES.index(need.phase) >= PHASES.index(need.required)
    return NeedView(need.cutover, need.required, need.phase, met)


def _short(known: Known) -> ShortView:
    record = known.record
    return ShortView(
        name=record.name,
        state=record.state.value,
        over=record.state in OVER,
        actor=record.actor,
        started_at=moment(record.started_at),
        changed_at=moment(record.changed_at),
    )


def _published(ledger: Connection) -> tuple[PublishedView, ...]:
    proofs = {fact.subject: fact for fact in facts(ledger, KIND)}
    known = {fact.subject: fact for fact in facts(ledger, "migration")}
    return tuple(
        PublishedView(
            name=name,
            phase=known[name].phase if name in known else "",
            at=iso(known[name].at_ns) if name in known else None,
            parity=proofs[name].phase if name in proofs else "",
            parity_at=iso(proofs[name].at_ns) if name in proofs else None,
        )
        for name in sorted({*known, *proofs})
    )
