"""All that is known of who uses the old form of a migration."""

from __future__ import annotations

from strangler_migrations.plan import Plan
from strangler_migrations.readers.model import Call, OldForm, Standing
from strangler_migrations.readers.sightings import look, seen
from strangler_migrations.readers.statements import observe
from strangler_migrations.readers.unknown import unknown
from strangler_migrations.running import store
from strangler_migrations.running.session import Connection
from strangler_migrations.running.states import State
from strangler_migrations.running.store import Record
from strangler_migrations.statement import Phase

BOTH = frozenset(
    {
        State.EXPANDED,
        State.BACKFILLING,
        State.BACKFILLED,
        State.VERIFYING,
        State.VERIFIED,
        State.CONTRACTING,
    }
)
"""States in which both forms are there."""


def old_form(connection: Connection, record: Record) -> OldForm:
    """What goes when it completes."""
    steps = store.steps(connection, record.name, Phase.COMPLETE)
    tables = {table for step in steps for table in step.statement.targets}
    there = connection.execute(
        "SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relname = ANY (%s) AND c.relkind IN ('r', 'p') ORDER BY 1",
        (record.base, sorted(tables)),
    ).fetchall()
    return OldForm(
        record.name, record.base, record.version, record.previous, tuple(name for (name,) in there)
    )


def form_of_plan(plan: Plan) -> OldForm:
    """What would go, of one that has not started."""
    targets = {table for statement in plan.phases[Phase.COMPLETE] for table in statement.targets}
    tables = tuple(sorted(targets & plan.catalog.tables.keys()))
    return OldForm(plan.name, plan.catalog.schema, plan.version, plan.previous, tables)


def under_way(connection: Connection) -> Record | None:
    """The migration of which both forms are there now; there is one at most."""
    return next((each for each in store.migrations(connection) if each.state in BOTH), None)


def standing(connection: Connection, record: Record) -> Standing:
    """Look, and say all that is known. Raises UsageError with insufficient rights."""
    store.prepare(connection)
    form = old_form(connection, record)
    if record.state in BOTH:
        look(connection, form)
    calls = observe(connection, form) if record.state in BOTH else None
    return _known(connection, form, calls)


def remembered(connection: Connection, record: Record) -> Standing:
    """The same without a look: what others saw and wrote down. Reads only; `calls` is not asked for."""
    return _known(connection, old_form(connection, record), None)


def _known(connection: Connection, form: OldForm, calls: tuple[Call, ...] | None) -> Standing:
    watched = connection.execute(
        "SELECT since, until FROM strangler.watched WHERE migration = %s", (form.migration,)
    ).fetchone()
    since, until = watched or (None, None)
    row = connection.execute(
        "SELECT clock_timestamp(), NOT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')"
    ).fetchone()
    assert row is not None
    now, blind = row
    found = seen(connection, form.migration)
    return Standing(form, found, unknown(connection, form), calls, since, until, blind, now)
