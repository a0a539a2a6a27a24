"""Whether a moment lies in a freeze window, and until when. Pure.

A window begins whenever its cron expression says, by the clocks of its zone, and lasts its duration. A deny beats an
allow; where there is any allow, what lies in none is frozen too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from strangler.config.freeze import FreezeWindow

_MINUTE: Final = timedelta(minutes=1)
_STEPS: Final = 1_000
"""Windows that may follow on one another before it is called without an end."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """`window`: its number in the list that was asked about; None where nothing is allowed now. `until`: when something
    may move again, in UTC; None where no end is in sight.
    """

    window: int | None
    until: datetime | None


def frozen(windows: Sequence[FreezeWindow], at: datetime) -> Frozen | None:
    """What stands in the way at a moment; None where nothing does."""
    holding = _denying(windows, at)
    if holding is None and not _closed(windows, at):
        return None
    return Frozen(holding, _opens(windows, at))


def _opens(windows: Sequence[FreezeWindow], at: datetime) -> datetime | None:
    for _ in range(_STEPS):
        holding = _denying(windows, at)
        if holding is not None:
            at = _end(windows[holding], at) or at
        elif _closed(windows, at):
            later = [_next(window, at) for window in windows if window.allow is not None]
            at = min(later)
        else:
            return at
    return None


def _denying(windows: Iterable[FreezeWindow], at: datetime) -> int | None:
    """The one that ends last, of those that deny."""
    ends = [
        (end, number)
        for number, window in enumerate(windows)
        if window.deny is not None and (end := _end(window, at)) is not None
    ]
    return max(ends)[1] if ends else None


def _closed(windows: Iterable[FreezeWindow], at: datetime) -> bool:
    allowing = [window for window in windows if window.allow is not None]
    return bool(allowing) and all(_end(window, at) is None for window in allowing)


def _end(window: FreezeWindow, at: datetime) -> datetime | None:
    """When it ends, if the moment lies in it. All of one length: the one that began last ends last."""
    from cronsim import CronSim

    local = at.astimezone(ZoneInfo(window.zone)).replace(second=0, microsecond=0)
    began = next(CronSim(window.cron, local + _MINUTE, reverse=True), None)
    if began is None:
        return None
    end = began.astimezone(UTC) + timedelta(milliseconds=window.duration)
    return end if end > at else None


def _next(window: FreezeWindow, at: datetime) -> datetime:
    from cronsim import CronSim

    return next(CronSim(window.cron, at.astimezone(ZoneInfo(window.zone)))).astimezone(UTC)
