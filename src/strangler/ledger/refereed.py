"""What the referee (DeepDiff, the second judge) said of live comparisons: a fact per worker process, summed here."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Connection

from strangler.errors import UsageError
from strangler.ledger import audit
from strangler.ledger.facts import Fact, facts, put

_KIND: Final = "referee"
_SEEN: Final = "referee-acknowledged"


class Refereed(msgspec.Struct, frozen=True):
    """`judged`: comparisons it had a say on; `passed_over`: drawn for it, but too large, or it was busy or too slow.

    `disagreed`: alarms about strangler itself; `route`, `said` and `at_ns` are of the latest. `acknowledged`: so many
    of them somebody has looked at.
    """

    judged: int = 0
    passed_over: int = 0
    disagreed: int = 0
    route: str = ""
    said: str = ""
    at_ns: int = 0
    acknowledged: int = 0

    @property
    def open(self) -> int:
        """Disagreements that nobody has looked at."""
        return max(0, self.disagreed - self.acknowledged)

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
        acknowledged=_acknowledged(connection),
    )


def _acknowledged(connection: Connection) -> int:
    return sum(int(fact.phase) for fact in facts(connection, _SEEN))


def acknowledge(connection: Connection, *, actor: str, reason: str, now_ns: int) -> Refereed:
    """Somebody has looked at all disagreements there are now; with an audit entry. A further one is an alarm again.

    Raises UsageError without a reason, and where there is nothing to look at.
    """
    if not reason.strip():
        raise UsageError("a reason is missing", remedy="say what came of it with --reason")
    found = refereed(connection)
    if not found.open:
        raise UsageError("the referee disagrees with nothing that is not acknowledged already")
    put(connection, Fact(_SEEN, _KIND, str(found.disagreed), "", now_ns))
    audit.append(
        connection,
        at_ns=now_ns,
        actor=actor,
        action="referee.acknowledged",
        subject=_KIND,
        reason=reason,
        before={"acknowledged": found.acknowledged},
        after={"acknowledged": found.disagreed, "route": found.route, "said": found.said},
    )
    return refereed(connection)
