"""Where a migration stands, and what may be done from there: a table.

    start:     —, rolled back → expanding → expanded
    backfill:  expanded → backfilling → backfilled
    verify:    backfilled → verifying → verified
    complete:  verified → contracting → contracted
    drop:      contracted → dropping → dropped                    (from here there is no way back)
    rollback:  every state up to contracted → rolling back → rolled back

A state that ends in -ing was interrupted: the same command goes on, and rollback goes back.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from strangler_migrations.statement import Phase


class State(StrEnum):
    """The states of a migration."""

    EXPANDING = "expanding"
    EXPANDED = "expanded"
    BACKFILLING = "backfilling"
    BACKFILLED = "backfilled"
    VERIFYING = "verifying"
    VERIFIED = "verified"
    CONTRACTING = "contracting"
    CONTRACTED = "contracted"
    DROPPING = "dropping"
    DROPPED = "dropped"
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"


STEPS: Final[dict[Phase, tuple[frozenset[State], State, State]]] = {
    Phase.START: (frozenset({State.EXPANDING}), State.EXPANDING, State.EXPANDED),
    Phase.BACKFILL: (
        frozenset({State.EXPANDED, State.BACKFILLING}),
        State.BACKFILLING,
        State.BACKFILLED,
    ),
    Phase.VERIFY: (frozenset({State.BACKFILLED, State.VERIFYING}), State.VERIFYING, State.VERIFIED),
    Phase.COMPLETE: (frozenset({State.VERIFIED, State.CONTRACTING}), State.CONTRACTING, State.CONTRACTED),
    Phase.DROP: (frozenset({State.CONTRACTED, State.DROPPING}), State.DROPPING, State.DROPPED),
}
"""Per phase: where it may begin or go on, what it is while it runs, what it is afterwards."""

OVER: Final = frozenset({State.DROPPED, State.ROLLED_BACK})
"""States in which the next migration may start."""
RETURNABLE: Final = frozenset(State) - OVER - {State.DROPPING}
"""States from which there is a way back."""

NEXT: Final[dict[State, str]] = {
    State.EXPANDING: "start goes on, rollback takes it back",
    State.EXPANDED: "start goes on with the backfill",
    State.BACKFILLING: "start goes on with the backfill",
    State.BACKFILLED: "start goes on with verifying",
    State.VERIFYING: "start goes on with verifying",
    State.VERIFIED: "complete, once nobody uses the old version; or rollback",
    State.CONTRACTING: "complete goes on, rollback takes it back",
    State.CONTRACTED: "drop, once the grace time is over; or rollback",
    State.DROPPING: "drop goes on",
    State.DROPPED: "nothing: it is done",
    State.ROLLING_BACK: "rollback goes on",
    State.ROLLED_BACK: "start, to try again",
}
COMMAND: Final[dict[State, str]] = {
    State.EXPANDING: "start {file}",
    State.EXPANDED: "start {file}",
    State.BACKFILLING: "start {file}",
    State.BACKFILLED: "start {file}",
    State.VERIFYING: "start {file}",
    State.VERIFIED: "complete {name}",
    State.CONTRACTING: "complete {name}",
    State.CONTRACTED: "drop {name}",
    State.DROPPING: "drop {name}",
    State.ROLLING_BACK: "rollback {name}",
    State.ROLLED_BACK: "start {file}",
}
"""What is typed behind `strangler migrate` for the next step; of what is done, nothing."""
PUBLISHED: Final[dict[State, str]] = {
    State.EXPANDED: "expand",
    State.BACKFILLING: "expand",
    State.BACKFILLED: "backfill",
    State.VERIFYING: "backfill",
    State.VERIFIED: "verify",
    State.CONTRACTING: "verify",
    State.CONTRACTED: "contract",
    State.DROPPING: "contract",
    State.DROPPED: "drop",
    State.ROLLING_BACK: "rolling back",
    State.ROLLED_BACK: "rolled back",
}
"""The phase a gate may lean on: the last one that is done. Going back it may lean on none."""
