"""An operator in a hurry, as a process of its own: `python -m strangler.testing.operator URL NAME ROUNDS`.

Each round reads where the cutover `reads` of `judged.CONFIG` stands and moves it by compare-and-swap, forward with a
verdict that passes, or back. What came of it goes to standard output as JSON: `won`, `lost` (somebody was first),
`busy` (others wrote for as long as it waits: nothing moved) and `same` (nothing to do).
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

from strangler.cutover import Event, EventName, decide, plan_of
from strangler.errors import Conflict, LedgerUnavailable
from strangler.gate import Verdict
from strangler.ledger.cutovers import state_of, transition
from strangler.ledger.store import Ledger, open_ledger
from strangler.testing.judged import configuration


def hurry(ledger: Ledger, name: str, rounds: int) -> Counter[str]:
    """So many attempts; how they ended."""
    config = configuration().config
    draw, counts = random.Random(name), Counter[str]()  # noqa: S311  which way it goes is no secret
    for turn in range(rounds):
        with ledger.read() as connection:
            before = state_of(connection, "reads")
        back = before.phase == "candidate" or draw.random() < 0.3
        event: EventName = "rollback" if back else "advance"
        after, actions = decide(
            plan_of(config, "reads"), before, Event(event, name, str(turn), _passes()), time.time_ns()
        )
        if not actions:
            counts["same"] += 1
            continue
        try:
            with ledger.begin() as connection:
                transition(
                    connection,
                    config,
                    after,
                    expected_generation=before.generation,
                    event=event,
                    now_ns=time.time_ns(),
                )
            counts["won"] += 1
        except Conflict:
            counts["lost"] += 1
        except LedgerUnavailable:
            counts["busy"] += 1
    return counts


def _passes() -> Verdict:
    return Verdict("reads", "pass", ())


if __name__ == "__main__":
    opened = open_ledger(sys.argv[1], Path(), create=False)
    sys.stdout.write(json.dumps(hurry(opened, sys.argv[2], int(sys.argv[3]))))
    opened.close()
