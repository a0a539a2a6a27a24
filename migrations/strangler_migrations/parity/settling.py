"""What differed at first is looked at again: the two sides may only have been at different moments.

Of one snapshot of one database there is nothing to wait for. Else both sides are asked for the row as it is now, after
a wait. The same: it moved. Different, and as it was: different. Different and changed meanwhile: looked at again, and
after some looks `unsettled`, which is no proof of anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from strangler_migrations.parity.judge import Judge
from strangler_migrations.parity.model import ColumnDifference, DifferenceKind, Key, Row
from strangler_migrations.parity.together import Together

LOOKS: Final = 4
type Rows = dict[Key, list[Row]]


class Settled(msgspec.Struct, frozen=True):
    """A key with what became of it: `kind` of the difference, or `tolerated`, `moved`, `unsettled`."""

    key: Key
    outcome: str
    columns: tuple[ColumnDifference, ...] = ()


@dataclass(slots=True)
class Settling:
    """`one_snapshot`: both sides are read in the same. `wait`: seconds from one look to the next."""

    sides: Together
    judge: Judge
    one_snapshot: bool
    wait: float
    sleep: Callable[[float], None]

    def settle(self, keys: Sequence[Key]) -> list[Settled]:
        """What became of keys whose sums differed. Raises Lost."""
        left, right = self.sides.ask(lambda side: side.rows(keys))
        first = [self._judged(key, left, right) for key in keys]
        if self.one_snapshot:
            return first
        done = [each for each in first if each.outcome == "tolerated"]
        open_keys = [each.key for each in first if each.outcome != "tolerated"]
        for _ in range(LOOKS):
            if not open_keys:
                return done
            self.sleep(self.wait)
            again = tuple(open_keys)
            now_left, now_right = self._as_of_now(again)
            open_keys = []
            for key in again:
                settled = self._judged(key, now_left, now_right)
                if settled.outcome == "tolerated":
                    done.append(Settled(key, "moved"))
                elif _as_it_was(key, left, now_left) and _as_it_was(key, right, now_right):
                    done.append(settled)
                else:
                    open_keys.append(key)
            left, right = now_left, now_right
        return [*done, *(Settled(key, "unsettled") for key in open_keys)]

    def _as_of_now(self, keys: Sequence[Key]) -> tuple[Rows, Rows]:
        return self.sides.ask(lambda side: side.rows(keys, now=True))

    def _judged(self, key: Key, left: Rows, right: Rows) -> Settled:
        ours, theirs = sorted(left.get(key, []), key=repr), sorted(right.get(key, []), key=repr)
        if not ours and not theirs:
            return Settled(key, "tolerated")
        if len(ours) == len(theirs) == 1:
            columns = self.judge.differences(ours[0], theirs[0])
            return Settled(key, "changed" if columns else "tolerated", columns)
        if len(ours) == len(theirs) and not any(
            self.judge.differences(a, b) for a, b in zip(ours, theirs, strict=True)
        ):
            return Settled(key, "tolerated")
        return Settled(key, _kind(len(ours), len(theirs)))


def _kind(ours: int, theirs: int) -> DifferenceKind:
    if ours > 1 or theirs > 1:
        return "duplicate"
    return "surplus" if not ours else "missing"


def _as_it_was(key: Key, before: Rows, now: Rows) -> bool:
    return sorted(before.get(key, []), key=repr) == sorted(now.get(key, []), key=repr)
