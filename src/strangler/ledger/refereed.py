"""What the referee (DeepDiff, the second judge) said of live comparisons: a fact per worker process, summed here."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Connection

from strangler.ledger.facts import Fact, facts

_KIND: Final = "referee"


class Refereed(msgspec.Struct, frozen=True):
    """`judged`: comparisons it had a say on; `passed_over`: drawn for it, but too large, or it was busy or too slow.

    `disagreed`: alarms about strangler itself; `route`, `said` and `at_ns` are of the latest.
    """

    judged: int = 0
    passed_over: int = 0
    disagreed: int = 0
    route: str = ""
    said: str = ""
    at_ns: int = 0

    def fact(self, worker: str, now_ns: int) -> Fact:
        """As the worker of that name publishes it."""
        return Fact(_KIND, worker, msgspec.json.encode(self).decode(), "", now_ns)


def refereed(connection: Connection) -> Refereed:
    """Over all workers there ever were."""
    known = [msgspec.json.decode(fact.phase, type=Refereed) for fact in facts(connection, _KIND)]
    latest = max(known, key=lambda each: each.at_ns, default=Refereed())
    return Refereed(
        judged=sum(each.judged for each in known),
        passed_over=sum(each.passed_over for each in known),
        disagreed=sum(each.disagreed for each in known),
        route=latest.route,
        said=latest.said,
        at_ns=latest.at_ns,
    )
