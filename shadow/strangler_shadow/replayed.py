"""What a replay found, into the ledger: settled as the worker settles, under a stream of its own."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from strangler.comparison.learning.evidence import Learned
from strangler.comparison.model import Outcome
from strangler.comparison.observations import Observations
from strangler.exchange import VERSION, Exchange, Failure, Origin, Response
from strangler.ledger import census
from strangler.ledger.census import Labels
from strangler.ledger.flush import flush
from strangler.ledger.noise import observations
from strangler.ledger.settled import EpochKey, Settled, StreamReport
from strangler.ledger.store import Ledger
from strangler_shadow.recordings.cycle import Cycle
from strangler_shadow.replay import Asked
from strangler_shadow.worker.case import Case
from strangler_shadow.worker.ground import Ground
from strangler_shadow.worker.learning import Learners, evidence, sight_of
from strangler_shadow.worker.marks import answered
from strangler_shadow.worker.settling import known_pairs, settled
from strangler_shadow.worker.shown import Shown
from strangler_shadow.worker.version import VersionSource

PLANE: Final = "replay"
"""The name of the stream's plane; `boot` tells one replay from another."""
_BATCH: Final = 200
_EVERY_NS: Final = 2_000_000_000


class Replayed:
    """Takes what was asked; writes every two seconds, or when much has come, and in the end.

    What was written is whole at any moment, so a replay that is ended early leaves no gap in the accounts. A recorded
    answer has no latency. Exchanges whose route is in no cutover are not for the ledger: `takes` says which.
    """

    def __init__(
        self, ground: Ground, ledger: Ledger, version: VersionSource, boot: str, now_ns: Callable[[], int]
    ) -> None:
        self._ground, self._ledger, self._version = ground, ledger, version
        self._boot, self._now_ns = boot, now_ns
        self._waiting: list[Settled] = []
        self._written_ns = now_ns()
        self._shown = Shown()
        self._learners = Learners()
        self.count = 0
        self._compared: dict[tuple[EpochKey, str, Labels], tuple[int, int]] = {}
        self._recorded: Counter[tuple[str, Labels]] = Counter()
        self._missed: Counter[str] = Counter()
        with ledger.read() as connection:
            self._known = Observations(
                (pair.rule, pair.legacy, pair.candidate) for pair in observations(connection)
            )

    def takes(self, route: str) -> bool:
        """Whether what is asked on a route can be evidence of a cutover."""
        return route in self._ground.cutovers

    def take(self, asked: Asked, outcome: Outcome) -> Outcome:
        """One question that was asked; its outcome in the light of all known ids. Raises LedgerUnavailable."""
        self.count += 1
        outcome = known_pairs(outcome, self._known, self._ground.redactor)
        if outcome.verdict != "failed":
            self._known.learn(outcome.pairings)
        case = self._case(asked)
        answer = answered(case) if outcome.verdict == "equal" else b""
        item = settled(case, outcome, self._shown, self._learned(case, outcome), answer)
        # When a recorded answer was given, and how long it took, nobody wrote down.
        self._waiting.append(item if asked.live else replace(item, legacy_ns=None))
        self._noted(item)
        late = self._now_ns() - self._written_ns >= _EVERY_NS
        if len(self._waiting) >= _BATCH or (late and self._waiting):
            self._write()
        return outcome

    def _learned(self, case: Case, outcome: Outcome) -> Learned | None:
        sight = sight_of(case, outcome)
        if sight is None:
            return None
        learner = self._learners.of(
            self._ground.epoch(case.cutover, case.version).digest, case.exchange.route
        )
        shown = evidence(sight, learner.watched, learner.kept, self._ground.redactor)
        learner.take(sight, shown)
        return shown

    def miss(self, route: str) -> None:
        """One of a route that could not be asked."""
        self._missed[route] += 1

    def conclude(self, cycle: Cycle, actor: str) -> None:
        """Write what is left, and that all of a cycle's recording was asked. Raises LedgerUnavailable."""
        self._write()
        counted = (self._compared, self._recorded, self._missed)
        replay = census.Replay(cycle.name, cycle.first_ns, cycle.end_ns, *counted)
        with self._ledger.begin() as connection:
            limits, now = self._ground.labels, self._now_ns()
            census.write(connection, replay, limits, now_ns=now, actor=actor)

    def _noted(self, item: Settled) -> None:
        key = (item.epoch, item.route, item.labels)
        n, k = self._compared.get(key, (0, 0))
        mismatch = item.outcome.verdict == "different" or item.candidate_failed
        counts = mismatch or item.outcome.verdict == "equal"
        self._compared[key] = (n + counts, k + mismatch)
        self._recorded[item.route, item.labels] += 1

    def finish(self) -> None:
        """Write what is left. Raises LedgerUnavailable."""
        self._write(ended=True)

    def _case(self, asked: Asked) -> Case:
        question, now = asked.question, self._now_ns()
        exchange = Exchange(
            version=VERSION,
            origin=Origin(PLANE, self._boot, self.count),
            at_ns=now,
            route=question.route,
            cutover=self._ground.cutovers[question.route],
            generation=0,
            primary="legacy",
            bucket=None,
            identity_hash=b"",
            strata=question.strata,
            request=question.request,
            response=asked.legacy if isinstance(asked.legacy, Response) else None,
            failure=asked.legacy if isinstance(asked.legacy, Failure) else None,
        )
        case = Case(exchange, self._ground, 0, 0, self._version.of_answer(asked.candidate))
        case.shadow, case.seen_ns = asked.candidate, now
        case.first, case.noise = asked.first, list(asked.noise)
        return case

    def _write(self, *, ended: bool = False) -> None:
        now = self._now_ns()
        report = StreamReport(PLANE, self._boot, os.getpid(), now, sent=self.count, ended=ended)
        with self._ledger.begin() as connection:
            flush(
                connection,
                self._waiting,
                (report,),
                now_ns=now,
                worker=None,
                documents=self._ground.config.worker.exemplars,
                limits=self._ground.labels,
            )
        self._waiting, self._written_ns = [], now
