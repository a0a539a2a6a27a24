"""Several files planned in turn: each over the catalogue that the one before leaves. Reads only; `start` takes one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from strangler.errors import UsageError
from strangler_migrations.after import after, foreseen
from strangler_migrations.migration import Loaded
from strangler_migrations.plan import Plan, plan
from strangler_migrations.running import store
from strangler_migrations.running.lifecycle import planned
from strangler_migrations.running.session import Session
from strangler_migrations.running.states import State


def in_turn(session: Session, migrations: Sequence[Loaded]) -> list[Plan]:
    """The plans, the first over the database as it is. Of several files, those that are done are left out.

    Raises UsageError for the first that cannot be done.
    """
    going = list(migrations if len(migrations) == 1 else _open(session, migrations))
    if not going:
        return []
    plans = [planned(session, going[0])]
    for before, each in pairwise(going):
        catalog = after(plans[-1], before)
        try:
            plans.append(plan(each, catalog, plans[-1].version))
        except UsageError as error:
            raise _unforeseen(error, going[: len(plans)]) from None
    return plans


def _open(session: Session, migrations: Iterable[Loaded]) -> Iterator[Loaded]:
    states = {record.name: record.state for record in store.migrations(session.connection)}
    for each in migrations:
        state = states.get(each.name)
        if state is State.DROPPED:
            session.tell(f"{each.name} is dropped already: left out")
            continue
        if state not in {None, State.ROLLED_BACK}:
            session.tell(f"{each.name} is {state}: its plan is over tables that have both forms already")
        yield each


def _unforeseen(error: UsageError, before: Sequence[Loaded]) -> UsageError:
    """What SQL of the user's makes is not foreseen: then the refusal may be wrong, and says so."""
    blind = [each.name for each in before if not foreseen(each)]
    if not blind:
        return error
    hint = (
        f"{', '.join(blind)} runs SQL, and what that makes is not foreseen: plan this file once it is started"
    )
    return UsageError(error.what, where=error.where, remedy="; ".join(filter(None, (error.remedy, hint))))
