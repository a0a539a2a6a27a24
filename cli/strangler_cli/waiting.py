"""Ask the gate until it has decided, or until there is no more time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from strangler_cli import asking, session

if TYPE_CHECKING:
    from strangler_cli.formats.verdict import Asked

EVERY_NS: Final = 5_000_000_000
_SECOND: Final = 1_000_000_000
_DECIDED: Final = frozenset({"pass", "blocked"})


def decided(config: str, cutover: str, timeout_ns: int) -> Asked:
    """The first verdict that is pass or blocked, or the last one within the time. Asking again in an epoch is the same
    attempt. File and ledger are opened for each question: a rule may be accepted meanwhile, and a ledger that is away
    for a while ends nothing.
    """
    from strangler.errors import LedgerUnavailable

    until = session.now_ns() + timeout_ns
    while True:
        now = session.now_ns()
        loaded = session.configuration(config)
        try:
            with session.ledger_of(loaded) as ledger:
                found = asking.ask(ledger, loaded, cutover, now)
        except LedgerUnavailable:
            if now >= until:
                raise
        else:
            if found.verdict.status in _DECIDED or now >= until:
                return found
            _told(found, until - now)
        session.pause(min(EVERY_NS, max(0, until - now)) / _SECOND)


def _told(found: Asked, left_ns: int) -> None:
    if sys.stderr.isatty():
        first = found.verdict.reasons[0].measured
        sys.stderr.write(f"\r\033[K{found.verdict.status}: {first[:100]} ({left_ns // _SECOND} s left)")
        sys.stderr.flush()
