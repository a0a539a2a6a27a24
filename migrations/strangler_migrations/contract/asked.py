"""What a contract asks the file and the ledger: the policy, cutovers that keep the old form, a published proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, get_args

from strangler.ledger.cutovers import states
from strangler.ledger.facts import facts
from strangler_migrations.contract.model import LAX, Need, Policy, Proof
from strangler_migrations.parity.model import Verdict
from strangler_migrations.parity.publish import KIND

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config.migrations import MigrationsConfig
    from strangler.config.model import Config
    from strangler_migrations.running.session import Connection as Database


def policy_of(settings: MigrationsConfig | None) -> Policy:
    """What the file says; without a file, the lax one."""
    if settings is None:
        return LAX
    window, parity = timedelta(milliseconds=settings.window), timedelta(milliseconds=settings.parity)
    return Policy(window, settings.month_end, settings.zone, parity)


def needs(config: Config, migration: str, ledger: Connection | None) -> tuple[Need, ...]:
    """The cutovers that keep the old form, and where the ledger says they stand; None: it does not answer."""
    known = {} if ledger is None else states(ledger, config)
    return tuple(
        Need(name, plan.keeps[migration], known[name].phase if name in known else None)
        for name, plan in config.cutovers.items()
        if migration in plan.keeps
    )


def told(ledger: Connection, migration: str) -> Proof | None:
    """The proof that was published."""
    found = [
        Proof(verdict, datetime.fromtimestamp(fact.at_ns // 1_000_000_000, UTC), digest=fact.digest)
        for fact in facts(ledger, KIND)
        for verdict in get_args(Verdict.__value__)
        if (fact.subject, fact.phase) == (migration, verdict)
    ]
    return found[0] if found else None


def later(*proofs: Proof | None) -> Proof | None:
    """The latest of them; of two of one moment the first."""
    return max((each for each in proofs if each is not None), key=lambda each: each.at, default=None)


def begun(database: Database, migration: str) -> datetime | None:
    """Since when both forms are there; None: not yet."""
    row = database.execute(
        "SELECT max(at) FROM strangler.history WHERE migration = %s AND event = 'expanded'", (migration,)
    ).fetchone()
    return row[0] if row else None
