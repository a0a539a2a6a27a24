"""`op.strangler`: a strangler file as a step of an Alembic revision. Importing this module registers it.

    from alembic import op
    import strangler_migrations.bridges.alembic

    def upgrade():
        op.strangler("07_amounts.yaml")

    def downgrade():
        op.strangler("07_amounts.yaml", phase="rollback")

It works on a connection of its own, and what the revision did before is committed first: a backfill is no transaction.
`start` and `rollback` are done; `complete` and `drop` are only asked for, because they wait for the readers of the old
form, for parity and for cutovers, which is not a matter of a deployment.
"""

from __future__ import annotations

import getpass
import logging
from pathlib import Path
from typing import Any, Final, Literal

from alembic.operations import MigrateOperation, Operations

from strangler.errors import Refused, UsageError
from strangler_migrations.contract import prove, refuse_loss
from strangler_migrations.migration import Loaded, load
from strangler_migrations.running import lifecycle, store
from strangler_migrations.running.session import Session, connected
from strangler_migrations.running.states import NEXT, State
from strangler_migrations.running.throttle import Throttle

type Asked = Literal["start", "complete", "drop", "rollback"]

_LOG: Final = logging.getLogger("alembic.runtime.migration")
_CONTRACTED: Final = frozenset({State.CONTRACTED, State.DROPPING, State.DROPPED})
_REACHED: Final = {"complete": _CONTRACTED, "drop": frozenset({State.DROPPED})}


@Operations.register_operation("strangler")
class StranglerOp(MigrateOperation):
    """What a revision asks for."""

    def __init__(
        self,
        file: str,
        phase: Asked,
        schema: str,
        database: str | None,
        throttle: Throttle | None,
        *,
        allow_loss: bool,
    ) -> None:
        self.file = file
        self.phase = phase
        self.schema = schema
        self.database = database
        self.throttle = throttle
        self.allow_loss = allow_loss

    @classmethod
    def strangler(
        cls,
        operations: Operations,
        file: str,
        phase: Asked = "start",
        *,
        schema: str = "public",
        database: str | None = None,
        throttle: Throttle | None = None,
        allow_loss: bool = False,
    ) -> None:
        """Run a phase of a strangler file, found beside env.py or where Alembic was called.

        `database`: its address, where that of Alembic's own engine is not it. Raises StranglerError, as the commands
        do: then the revision is not stamped, and the next `alembic upgrade` goes on.
        """
        if phase not in {"start", "complete", "drop", "rollback"}:
            raise UsageError(
                f"there is no phase `{phase}`", where=file, remedy="start, complete, drop or rollback"
            )
        operations.invoke(cls(file, phase, schema, database, throttle, allow_loss=allow_loss))


@Operations.implementation_for(StranglerOp)
def run(operations: Operations, asked: StranglerOp) -> None:
    """Do it; in offline mode only say it."""
    context = operations.migration_context
    migration = load(_found(context, asked.file))
    if context.as_sql:
        context.impl.static_output(f"-- strangler migrate {asked.phase} {asked.file}: not part of a script\n")
        return
    with context.autocommit_block(), connected(asked.database or _address(operations)) as connection:
        session = Session(connection, asked.schema, f"{getpass.getuser()} by alembic", tell=_LOG.info)
        _done(session, migration, asked)


def _done(session: Session, migration: Loaded, asked: StranglerOp) -> None:
    states = {record.name: record.state for record in store.migrations(session.connection)}
    state = states.get(migration.name)
    if asked.phase == "start":
        if state not in _CONTRACTED:
            lifecycle.start(
                session, migration, asked.throttle or Throttle(), _watch, allow_loss=asked.allow_loss
            )
    elif asked.phase == "rollback":
        if state not in {None, State.ROLLED_BACK}:
            if state is State.CONTRACTED and not asked.allow_loss:
                refuse_loss(migration.name, prove(session, lifecycle.get(session, migration.name)))
            lifecycle.rollback(session, migration.name)
    elif state not in _REACHED[asked.phase]:
        raise Refused(
            f"{migration.name} is {state or 'not started'}, and this revision needs its `{asked.phase}`",
            where=asked.file,
            remedy=f"`strangler migrate {asked.phase}`" + (f": {NEXT[state]}" if state else ""),
        )


def _watch(table: str, rows: int, total: int, rate: float | None) -> None:
    speed = f", {rate:,.0f}/s" if rate else ""
    _LOG.info("filled %s of %s rows of %s%s", f"{rows:,}", f"{total:,}" if total >= 0 else "?", table, speed)


def _address(operations: Operations) -> str:
    url = operations.get_bind().engine.url
    if url.get_backend_name() != "postgresql":
        raise UsageError(f"Alembic works on {url.get_backend_name()}: strangler migrates PostgreSQL only")
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _found(context: Any, name: str) -> Path:
    file = Path(name)
    home = getattr(getattr(context.environment_context, "script", None), "dir", None)
    places = [file] if file.is_absolute() or home is None else [Path(home) / file, file]
    return next((each for each in places if each.is_file()), places[0])
