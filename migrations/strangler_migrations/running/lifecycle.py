"""A migration's life: start, backfill, verify, complete, drop; rollback from every state but the last.

Each function goes on where it was interrupted, with the statements that were recorded when the migration started.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from strangler.errors import Refused, UsageError
from strangler_migrations import versions
from strangler_migrations.catalog.model import Catalog, Table
from strangler_migrations.catalog.read import read
from strangler_migrations.draft import Shown
from strangler_migrations.migration import Loaded
from strangler_migrations.plan import Plan, plan
from strangler_migrations.running import checking, execute, preflight, store
from strangler_migrations.running.backfill import Throttle, Watch, backfill
from strangler_migrations.running.lease import Lease, held
from strangler_migrations.running.obstacles import obstacles
from strangler_migrations.running.session import Session, refusals
from strangler_migrations.running.states import NEXT, OVER, RETURNABLE, STEPS, State
from strangler_migrations.running.store import Record
from strangler_migrations.sql.names import is_ours
from strangler_migrations.statement import Phase


def planned(session: Session, migration: Loaded) -> Plan:
    """The plan over the database as it is. Reads only."""
    records = store.migrations(session.connection)
    with refusals("reading the catalogue"):
        catalog = read(session.connection, session.schema)
    if not catalog.tables and not _schema_exists(session):
        raise UsageError(f"there is no schema `{session.schema}`", remedy="`--schema NAME` names another")
    return plan(migration, _without_versions(catalog, records), previous(records))


def previous(records: Sequence[Record]) -> str | None:
    """The schema of the version that clients use now; None: they use the tables."""
    return next((record.version for record in reversed(records) if record.state is State.DROPPED), None)


def start(
    session: Session, migration: Loaded, throttle: Throttle, watch: Watch, *, allow_loss: bool = False
) -> Record:
    """Expand, backfill and verify; afterwards clients of both versions work, and rows have both forms.

    Raises UsageError and Refused before anything is changed; MigrationFailed and Unreachable with all recorded.
    """
    if (known := _known(session, migration)) is None:
        prepared = planned(session, migration)
        for note in (*prepared.warnings, *preflight.check(session, prepared, allow_loss=allow_loss)):
            session.tell(note)
        tables = {name for steps in prepared.phases.values() for each in steps for name in each.targets}
        for each in obstacles(session, tables):
            session.tell(f"in the way now: {each}")
    store.prepare(session.connection)
    with held(session) as lease:
        known = _known(session, migration)
        if known is None:
            # Once more under the lock: what was read before may have changed.
            prepared = planned(session, migration)
            with session.connection.transaction():
                lease.extend(session)
                store.add(session.connection, migration, prepared, session.actor)
                checking.put(session.connection, prepared)
                store.move(session.connection, prepared.name, State.EXPANDING, session.actor)
        record = get(session, migration.name)
        _expand(session, lease, record)
        record = get(session, migration.name)
        _phase(
            session, lease, record, Phase.BACKFILL, lambda: _filled(session, lease, record, throttle, watch)
        )
        record = get(session, migration.name)
        _phase(session, lease, record, Phase.VERIFY, lambda: _verified(session, lease, record))
    return get(session, migration.name)


def complete(session: Session, name: str, agreed: Callable[[Record], None] = lambda _: None) -> Record:
    """Contract: the old version is gone, the tables have the new form, the old columns are kept and fed.

    `agreed` is asked under the lock before anything is changed, and raises what is in the way; what was interrupted
    goes on without asking again.
    """
    return _later(session, name, Phase.COMPLETE, agreed)


def drop(session: Session, name: str) -> Record:
    """End the grace time: the old columns and tables go. There is no way back from here."""
    return _later(session, name, Phase.DROP)


def rollback(session: Session, name: str, begins: Callable[[Record], None] = lambda _: None) -> Record:
    """Back to what was before `start`, from every state up to contracted. Raises Refused where there is no way.

    `begins` is told before anything is undone, so that nobody leans on a phase that is about to go.
    """
    with held(session) as lease:
        record = get(session, name)
        if record.state not in RETURNABLE:
            raise Refused(f"{name} is {record.state}: there is no way back", remedy=NEXT[record.state])
        steps = store.steps(session.connection, name)
        execute.check_undo(session, name, steps)
        begins(replace(record, state=State.ROLLING_BACK))
        _moved(session, lease, name, State.ROLLING_BACK)
        execute.undo(session, lease, name, steps)
        _moved(session, lease, name, State.ROLLED_BACK)
    return get(session, name)


def get(session: Session, name: str) -> Record:
    """A migration that was started. Raises UsageError, with a suggestion."""
    from strangler.config.problems import did_you_mean

    records = {record.name: record for record in store.migrations(session.connection)}
    if name not in records:
        remedy = did_you_mean(name, records) or "`strangler migrate start FILE` starts one"
        raise UsageError(f"no migration `{name}` was started here", remedy=remedy)
    return records[name]


def _known(session: Session, migration: Loaded) -> Record | None:
    """The record of the same migration, if it is to go on. Raises Refused when it, or another, is in the way."""
    for record in store.migrations(session.connection):
        if record.name != migration.name:
            if record.state not in OVER:
                raise Refused(
                    f"{record.name} is {record.state}: one migration at a time",
                    remedy=f"its next step: {NEXT[record.state]}",
                )
        elif record.state is State.ROLLED_BACK:
            return None
        elif record.state in {
            State.CONTRACTING,
            State.CONTRACTED,
            State.DROPPING,
            State.DROPPED,
            State.ROLLING_BACK,
        }:
            raise Refused(f"{record.name} is {record.state} already", remedy=NEXT[record.state])
        elif record.digest != migration.digest:
            raise Refused(
                f"{record.name} is {record.state}, and its file has changed since it was started",
                where=migration.file,
                remedy="roll it back first, then start the changed file",
            )
        else:
            return record
    return None


def _expand(session: Session, lease: Lease, record: Record) -> None:
    if record.state is not State.EXPANDING:
        return
    steps = store.steps(session.connection, record.name, Phase.START)
    execute.run(session, lease, record.name, [step for step in steps if step.statement.unit != "version"])
    if record.sql and not all(step.done for step in steps if step.statement.unit == "version"):
        _replan_version(session, lease, record)
    _run(session, lease, record, Phase.START)
    _moved(session, lease, record.name, State.EXPANDED)


def _replan_version(session: Session, lease: Lease, record: Record) -> None:
    """SQL of the user's may have made tables and columns that no plan foresaw: the version shows them, too."""
    catalog = read(session.connection, session.schema)
    statements = tuple(versions.published(catalog, seen(record.shown, catalog), record.version))
    with session.connection.transaction():
        lease.extend(session)
        store.put_version(session.connection, record.name, statements)


def seen(shown: Mapping[str, Shown], catalog: Catalog) -> dict[str, Shown]:
    """What a version shows of a catalogue that SQL has changed meanwhile."""
    held_by = {each.table: name for name, each in shown.items()}
    found: dict[str, Shown] = {}
    for table in catalog.tables.values():
        if table.name in held_by:
            found[held_by[table.name]] = _seen(shown[held_by[table.name]], table)
        elif not is_ours(table.name):
            found[table.name] = Shown(table.name, {name: name for name in table.columns if not is_ours(name)})
    return found


def _seen(shown: Shown, table: Table) -> Shown:
    return replace(shown, columns={n: c for n, c in shown.columns.items() if c in table.columns})


def _filled(session: Session, lease: Lease, record: Record, throttle: Throttle, watch: Watch) -> None:
    backfill(session, lease, record.name, throttle, watch)
    for progress in store.fillings(session.connection, record.name):
        row = session.connection.execute(progress.filling.left.encode()).fetchone()
        if progress.filling.writes and row and row[0]:
            raise Refused(
                f"{progress.filling.table} has rows without a second form after its backfill",
                remedy="a trigger or rule keeps them from being written; see the plan's warnings",
            )


def _run(session: Session, lease: Lease, record: Record, phase: Phase) -> None:
    execute.run(session, lease, record.name, store.steps(session.connection, record.name, phase))


def _verified(session: Session, lease: Lease, record: Record) -> None:
    _run(session, lease, record, Phase.VERIFY)
    checking.whole(session, lease, record, Phase.VERIFY)


def _later(
    session: Session, name: str, phase: Phase, agreed: Callable[[Record], None] = lambda _: None
) -> Record:
    with held(session) as lease:
        record = get(session, name)
        if record.state not in STEPS[phase][0]:
            raise Refused(f"{name} is {record.state}", remedy=f"its next step: {NEXT[record.state]}")
        if phase is Phase.COMPLETE and record.state is State.VERIFIED:
            checking.whole(session, lease, record, phase)
            agreed(record)
        _phase(session, lease, record, phase, lambda: _run(session, lease, record, phase))
    return get(session, name)


def _phase(session: Session, lease: Lease, record: Record, phase: Phase, work: Callable[[], None]) -> None:
    """Do a phase's work, if it is its turn."""
    before, during, after = STEPS[phase]
    if record.state in before:
        if record.state is not during:
            _moved(session, lease, record.name, during)
        work()
        _moved(session, lease, record.name, after)


def _moved(session: Session, lease: Lease, name: str, state: State) -> None:
    with session.connection.transaction():
        lease.extend(session)
        store.move(session.connection, name, state, session.actor)


def _without_versions(catalog: Catalog, records: Sequence[Record]) -> Catalog:
    """Views of versions are ours to make anew: nothing is refused because of them."""
    ours = {record.version for record in records}
    views = {
        name: reads for name, reads in catalog.foreign_views.items() if name.partition(".")[0] not in ours
    }
    return replace(catalog, foreign_views=views)


def _schema_exists(session: Session) -> bool:
    row = session.connection.execute(
        "SELECT to_regnamespace(quote_ident(%s)) IS NOT NULL", (session.schema,)
    ).fetchone()
    return bool(row and row[0])
