"""`verify`: parity of two tables or queries, in one pass, as evidence.

Each range is read on both sides at once. What differs is brought down to rows and columns, judged by the comparison's
rules and looked at again where the sides could have moved; then the range is done and its end is kept. A side that goes
away is connected anew and its range begun anew, from new snapshots.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from strangler.canonical import digest
from strangler.redaction import Redactor
from strangler_migrations.parity import state as states
from strangler_migrations.parity.descent import look
from strangler_migrations.parity.judge import Judge
from strangler_migrations.parity.layout import Layout, layout
from strangler_migrations.parity.listing import DIFFERING, listed
from strangler_migrations.parity.model import Counts, Evidence, Key, SideSeen
from strangler_migrations.parity.pace import Pace
from strangler_migrations.parity.pushed import plan
from strangler_migrations.parity.ranges import Ranges
from strangler_migrations.parity.settling import Settled, Settling
from strangler_migrations.parity.side import Insufficient, Lost, Shape, Side
from strangler_migrations.parity.standing import Standing, standing
from strangler_migrations.parity.together import Together

if TYPE_CHECKING:
    from strangler.config.rules import Rule

_TRIES: Final = 6
_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Progress:
    """Rows done and expected of the left side, rows that differ so far, rows per second of late."""

    done: int
    total: int
    differing: int
    rate: float


@dataclass(frozen=True, slots=True)
class Options:
    """How a pass is made. `key` and `columns` empty: the primary key, every column. `wait`: seconds between looks at
    what differs. `target`: seconds that a range should take. `hold`: seconds after which new snapshots are taken.
    `listed`: differences kept in the evidence. `stop_after`: rows that differ, then the pass ends; 0: never.
    """

    key: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    wait: float = 1.0
    target: float = 1.0
    hold: float = 600.0
    listed: int = 20
    stop_after: int = 0
    state: Path | None = None


@dataclass(slots=True)
class Around:
    """What a pass needs of the world: Unix nanoseconds, seconds that only grow, waiting, who is told."""

    now_ns: Callable[[], int]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    told: Callable[[Progress], None] = field(default=lambda _: None)


def verify(left: Side, right: Side, options: Options, redactor: Redactor, around: Around) -> Evidence:
    """Compare them. Closes both sides. Raises Insufficient, UsageError, Refused, Unreachable."""
    sides = Together(left, right)
    try:
        return _Pass(sides, options, redactor, around).run()
    finally:
        sides.close()
        left.close()
        right.close()


class _Pass:
    def __init__(self, sides: Together, options: Options, redactor: Redactor, around: Around) -> None:
        self.sides, self.options, self.redactor, self.around = sides, options, redactor, around
        self.pace = Pace(options.target)
        self.rules = plan(options.rules)
        self.shapes = self._kept_trying(lambda: sides.ask(lambda side: side.shape()))
        key = options.key or self._key()
        self.layout: Layout = layout(
            self.shapes[0].columns, self.shapes[1].columns, key, options.columns, self.rules
        )
        self.standing: Standing = standing(self.shapes, self.layout)
        for side in (sides.left, sides.right):
            side.prepare(self.layout, self.standing.method)
        self.judge = Judge.of(self.layout, self.rules.kept)
        self.state = self._begun()
        self.taken = 0.0
        self.stopped = False
        self.reconnects = self.state.reconnects

    def run(self) -> Evidence:
        ranges = self._kept_trying(self._ready)
        while not self.state.done:
            self._kept_trying(lambda: self._step(ranges), ranges)
            if self.stopped:
                break
            if self.options.state is not None:
                states.save(self.options.state, self.state)
            counts = self.state.counts
            rows = max(self.state.rows)
            self.around.told(Progress(rows, max(ranges.total, rows), counts.different, self.pace.rate))
        return self._evidence()

    def _begun(self) -> states.State:
        about = digest(
            [self.standing.about, self.judge.rules.digest, msgspec.to_builtins(self.rules.renamed)]
        )
        file = self.options.state
        found = states.load(file, about) if file is not None else None
        return found or states.State(about, self.around.now_ns())

    def _key(self) -> tuple[str, ...]:
        for shape in self.shapes:
            if shape.key:
                return shape.key
        raise Insufficient(
            "there is no primary key, nor a unique index over columns that are never NULL",
            where=" and ".join(side.label for side in (self.sides.left, self.sides.right)),
            remedy="name the columns that tell a row from all others (--key)",
        )

    def _ready(self) -> Ranges:
        """Snapshots, and what is known of the whole in them."""
        self._snapshots()
        if any(part.left.nullable or part.right.nullable for part in self.layout.key):
            self._refuse_null()
        total = max(self._estimates())
        ordered = all(self.sides.ask(lambda side: side.in_order()))
        ranges = Ranges(self.sides, self.layout.whole, ordered, total)
        ranges.begin()
        return ranges

    def _snapshots(self) -> None:
        if self.standing.one_place:
            shared = self.sides.left.snapshot()
            self.sides.right.snapshot(shared or None)
            same = bool(shared)
        else:
            self.sides.ask(lambda side: side.snapshot())
            same = False
        self.taken = self.around.monotonic()
        times = tuple(
            each.and_at(side.read_at())
            for each, side in zip(self.state.times, (self.sides.left, self.sides.right), strict=True)
        )
        self.state = msgspec.structs.replace(
            self.state, times=times, one_snapshot=self.state.one_snapshot and same
        )

    def _estimates(self) -> tuple[int, int]:
        from strangler_migrations.parity.model import Range

        return self.sides.ask(lambda side: side.estimated(Range()))

    def _refuse_null(self) -> None:
        for side, rows in zip(
            (self.sides.left, self.sides.right), self.sides.ask(lambda side: side.without_key()), strict=True
        ):
            if rows:
                raise Insufficient(
                    f"{rows:,} rows have NULL in their key",
                    where=side.label,
                    remedy="name a key that is never NULL (--key), or leave those rows out with a query",
                )

    def _step(self, ranges: Ranges) -> None:
        """One range, whole."""
        if self.around.monotonic() - self.taken > self.options.hold:
            self._snapshots()
            self._unchanged()
            ranges.begin()
        began = self.around.monotonic()
        within, grid = ranges.following(self.state.low, self.pace.rows())
        found = look(self.sides, within, grid)
        self.pace.took(max(found.left, found.right), self.around.monotonic() - began)
        settled = self._settled(found.keys)
        self._keep(settled, (found.left, found.right), within.high)

    def _settled(self, keys: Sequence[tuple[Key, str]]) -> list[Settled]:
        work = Settling(self.sides, self.judge, self.state.one_snapshot, self.options.wait, self.around.sleep)
        settled: list[Settled] = []
        wanted = sorted(key for key, _ in keys)
        for start in range(0, len(wanted), _BATCH):
            settled += work.settle(wanted[start : start + _BATCH])
            differing = sum(each.outcome in DIFFERING for each in settled)
            if 0 < self.options.stop_after <= self.state.counts.different + differing:
                # The range is not done: nothing of it is kept for a pass that goes on from here.
                self.stopped = True
                break
        return settled

    def _keep(self, settled: Sequence[Settled], rows: tuple[int, int], high: Key | None) -> None:
        before = self.state
        counts = msgspec.structs.asdict(before.counts)
        for each in settled:
            counts[each.outcome] += 1
        room = self.options.listed - len(before.differences)
        self.state = msgspec.structs.replace(
            before,
            low=before.low if self.stopped else high,
            done=high is None and not self.stopped,
            ranges=before.ranges + 1,
            rows=(before.rows[0] + rows[0], before.rows[1] + rows[1]),
            counts=Counts(**counts),
            differences=(*before.differences, *listed(settled, self.layout, self.redactor, room)),
            silenced={**before.silenced, **self.judge.silenced},
            reconnects=self.reconnects,
        )

    def _kept_trying[T](self, action: Callable[[], T], ranges: Ranges | None = None) -> T:
        """Do it; when a side went away, connect anew, take new snapshots and do it anew."""
        why = ""
        for attempt in range(_TRIES):
            try:
                if attempt:
                    self._again(ranges)
                return action()
            except Lost as error:
                why = str(error)
                if attempt < _TRIES - 1:
                    self.around.sleep(0.2 * 2**attempt)
        raise Insufficient(
            f"a side stays away: {why}",
            remedy="call it again when it is back; with --state it goes on where it was",
        )

    def _again(self, ranges: Ranges | None) -> None:
        self.sides.ask(lambda side: side.again())
        if ranges is None:
            return
        self.reconnects += 1
        self._unchanged()
        for side in (self.sides.left, self.sides.right):
            side.prepare(self.layout, self.standing.method)
        self._snapshots()
        ranges.begin()

    def _unchanged(self) -> None:
        """Raises Refused where a table was altered meanwhile."""
        from strangler.errors import Refused

        now: tuple[Shape, Shape] = self.sides.ask(lambda side: side.shape())
        for side, before, after in zip((self.sides.left, self.sides.right), self.shapes, now, strict=True):
            if before.columns != after.columns:
                raise Refused(
                    "its columns were altered while it was compared",
                    where=side.label,
                    remedy="begin anew when the schema stands still",
                )

    def _evidence(self) -> Evidence:
        state = self.state
        seen = [
            SideSeen(shape.server, shape.version, self.standing.relations[place], state.rows[place],
                     state.times[place].count, state.times[place].first, state.times[place].last)
            for place, shape in enumerate(self.shapes)
        ]  # fmt: skip
        return Evidence(
            left=seen[0],
            right=seen[1],
            key=tuple(part.left.name for part in self.layout.key),
            columns=tuple(pair.name for pair in self.layout.pairs),
            method=self.standing.method,
            rules=self.judge.rules.digest,
            counts=state.counts,
            differences=state.differences,
            silenced=state.silenced,
            ranges=state.ranges,
            reconnects=state.reconnects,
            started_ns=state.started_ns,
            ended_ns=self.around.now_ns(),
            complete=state.done,
            one_snapshot=state.one_snapshot,
        )
