"""Death at the n-th write, of an operation or of a whole process.

`Writes` counts what is written to a ledger: each statement that writes is a point, and so is the moment before each
commit of what was written. At the point wished for it raises `Died`, or does what it is told to.

`serve(commands)` makes a script of it: it reads lines `COMMAND AT NOW URL` from standard input and forks a process for
each, which opens that ledger and ends with os._exit at its AT-th point (0: never). The answer is a line: the points
that a process passed that came to its end (`w`, `c`), and its exit code. The script itself opens no ledger and has no
threads, so nothing is shared with what it forks, and nothing is imported anew for each death.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event

from strangler.ledger.store import Ledger, open_ledger

CRASHED: Final = 86
_WRITING: Final = frozenset({"INSERT", "UPDATE", "DELETE"})


class Died(BaseException):
    """The operation ends here, and nothing after it is done."""


def _died() -> None:
    raise Died


class Writes:
    """Counts points, over all ledgers it is told of. `points`: those passed since `die_at` was called."""

    def __init__(self, death: Callable[[], None] = _died) -> None:
        self.points = ""
        self._at = 0
        self._death = death
        self._uncommitted = False

    def die_at(self, at: int) -> None:
        """From now on: at so many points from here, counted from 1; 0: never."""
        self.points, self._at, self._uncommitted = "", at, False

    def count(self, ledger: Ledger) -> None:
        """What this one writes counts."""
        event.listen(ledger.engine, "after_cursor_execute", self._executed)
        event.listen(ledger.engine, "commit", self._committing)

    def _executed(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.split(None, 1)[0].upper() in _WRITING:
            self._uncommitted = True
            self._passed("w")

    def _committing(self, _connection: Any) -> None:
        if self._uncommitted:
            self._uncommitted = False
            self._passed("c")

    def _passed(self, point: str) -> None:
        self.points += point
        if len(self.points) == self._at:
            self._death()


type Command = Callable[[Ledger, int], object]
"""What is done to a ledger at a time (Unix ns)."""


def serve(commands: Mapping[str, Command]) -> None:
    """Until standard input ends."""
    for line in sys.stdin:
        name, at, now_ns, url = line.split()
        pid = os.fork()
        if pid == 0:
            _child(commands[name], int(at), int(now_ns), url)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f" {os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _child(command: Command, at: int, now_ns: int, url: str) -> None:
    try:
        ledger = open_ledger(url, Path(), create=False)
        writes = Writes(lambda: os._exit(CRASHED))
        writes.count(ledger)
        writes.die_at(at)
        command(ledger, now_ns)
        os.write(1, writes.points.encode())
        os._exit(0)
    except BaseException:  # noqa: BLE001  whatever it is, it must not get into the parent's loop
        traceback.print_exc()
        os._exit(1)
