"""Who goes first where two cores have to do for everything."""

from __future__ import annotations

import contextlib
import os
from typing import Final

_NICER: Final = 5


def give_way(pid: int) -> None:
    """What carries the traffic lets the operator's commands go first, who would sit at another machine.

    To be called before the process starts others: they inherit it.
    """
    with contextlib.suppress(OSError):  # it has ended already, which its starter finds out
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid) + _NICER)
