"""The window of time in which nobody may have used the old form: a billing cycle that contains a month's end. Pure.

A month's end is the last day of the month and the first three of the next: its runs are not over at midnight.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from strangler_migrations.contract.model import NOW, SHORTEST, Policy

BEFORE: Final = timedelta(days=1)
AFTER: Final = timedelta(days=3)


def begins(policy: Policy, now: datetime) -> datetime:
    """When the window that ends now begins, in UTC."""
    start = now.astimezone(UTC) - _least(policy)
    if not _with_month_end(policy):
        return start
    turn = _turn(now.astimezone(ZoneInfo(policy.zone)), 0)
    months = 0
    while turn + AFTER > now:
        months -= 1
        turn = _turn(now.astimezone(ZoneInfo(policy.zone)), months)
    return min(start, turn - BEFORE)


def opens(policy: Policy, since: datetime) -> datetime:
    """When a time without anybody that began at `since` is long enough: the earliest `t` with `begins(t) >= since`."""
    end = since.astimezone(UTC) + _least(policy)
    if not _with_month_end(policy):
        return end
    months, turn = 0, _turn(since.astimezone(ZoneInfo(policy.zone)), 0)
    while turn - BEFORE < since:
        months += 1
        turn = _turn(since.astimezone(ZoneInfo(policy.zone)), months)
    return max(end, turn + AFTER)


def _least(policy: Policy) -> timedelta:
    return max(policy.window, SHORTEST) if policy.window else NOW


def _with_month_end(policy: Policy) -> bool:
    return policy.month_end and policy.window > timedelta(0)


def _turn(local: datetime, months: int) -> datetime:
    """The midnight that begins the month, so many months from that of a local time; in UTC."""
    month = local.year * 12 + local.month - 1 + months
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=local.tzinfo).astimezone(UTC)
