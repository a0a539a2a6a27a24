"""Do what was found to be done, each in a transaction of its own with its entry in the history."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from strangler.errors import UsageError
from strangler_migrations.repair.find import find
from strangler_migrations.repair.model import Finding
from strangler_migrations.running import store
from strangler_migrations.running.lease import Lease, held
from strangler_migrations.running.locking import patiently
from strangler_migrations.running.session import Session, refusals


def mend(session: Session, drop_data: Collection[str] = ()) -> list[tuple[Finding, bool]]:
    """What was found, and whether it was mended. Values go only where their column or table is in `drop_data`.

    Looks anew under the lock. Raises Conflict while another is at work; UsageError for a name of data that was not
    found, before anything is changed; MigrationFailed where PostgreSQL refuses, with all before it done.
    """
    store.prepare(session.connection)
    leases = [each for each in find(session) if each.kind == "lease" and each.statements]
    done: list[tuple[Finding, bool]] = [(each, True) for each in leases]
    with held(session) as lease:  # a lease that is left goes by being taken over
        found = [each for each in find(session) if each.kind != "lease"]
        _known(found, drop_data)
        for each in found:
            wanted = bool(each.statements) and (not each.data or each.name in drop_data)
            if wanted:
                _mended(session, lease, each)
            done.append((each, wanted))
    return done


def _known(found: Sequence[Finding], drop_data: Collection[str]) -> None:
    from strangler.config.problems import did_you_mean

    names = {each.name for each in found if each.data}
    for name in drop_data:
        if name not in names:
            remedy = (
                did_you_mean(name, names) or "`strangler migrate repair --dry-run` lists what holds values"
            )
            raise UsageError(f"nothing that is left and holds values is called `{name}`", remedy=remedy)


def _mended(session: Session, lease: Lease, finding: Finding) -> None:
    alone = [each for each in finding.statements if not each.transactional]
    detail = f"{finding.kind} {finding.name}"
    for each in alone:
        session.connection.execute("SET lock_timeout = 0")
        with refusals(each.sql):
            session.connection.execute(each.sql.encode())
        store.note(session.connection, "", "repaired", session.actor, detail)
    together = [each for each in finding.statements if each.transactional]
    if not together:
        return

    def attempt(timeout_ms: int) -> None:
        with session.connection.transaction():
            session.connection.execute(f"SET LOCAL lock_timeout = {timeout_ms}".encode())
            lease.extend(session)
            session.set_path()
            for each in together:
                with refusals(each.sql):
                    session.connection.execute(each.sql.encode())
            store.note(session.connection, "", "repaired", session.actor, detail)

    patiently(session, together, attempt)
