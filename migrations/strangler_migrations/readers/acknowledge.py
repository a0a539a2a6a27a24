"""A person's word for what cannot be observed."""

from __future__ import annotations

from strangler.errors import Conflict, UsageError
from strangler_migrations.readers.model import OldForm, Unknown
from strangler_migrations.readers.unknown import unknown
from strangler_migrations.running import store
from strangler_migrations.running.session import Session


def acknowledge(session: Session, form: OldForm, name: str, reason: str) -> Unknown:
    """Note that something unknown needs the old form no more; in the history, too. It holds for this migration, and as
    long as that thing stays what it is.

    Raises UsageError: nothing is called so, or there is no reason; Conflict: it is acknowledged already.
    """
    from strangler.config.problems import did_you_mean

    if not reason.strip():
        raise UsageError("an acknowledgement needs its reason", remedy="--reason TEXT: how you know")
    with session.connection.transaction():
        known = {each.name: each for each in unknown(session.connection, form)}
        if name not in known:
            remedy = did_you_mean(name, known) or "`strangler migrate readers` lists what is unknown, by name"
            raise UsageError(f"nothing unknown is called `{name}`", where=form.migration, remedy=remedy)
        if (word := known[name].acknowledged) is not None:
            raise Conflict(f"`{name}` is acknowledged already, by {word.actor}: {word.reason}")
        session.connection.execute(
            "INSERT INTO strangler.acknowledged (migration, name, digest, actor, reason) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (migration, name) DO UPDATE SET digest = excluded.digest, actor = excluded.actor,"
            " reason = excluded.reason, at = excluded.at",
            (form.migration, name, known[name].digest, session.actor, reason),
        )
        store.note(session.connection, form.migration, "acknowledged", session.actor, f"{name}: {reason}")
    return known[name]
