"""Evidence: what was seen of one cutover in one epoch, as a value. The gate judges it; nothing here does
I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from operator import attrgetter

import msgspec

from strangler.canonical import digest
from strangler.comparison.model import Kind, Severity
from strangler.effects import Standing
from strangler.exchange import Side
from strangler.numbers import Finding
from strangler.routing.table import Phase


@dataclass(frozen=True, slots=True)
class Cell:
    """Counters of one route, stratum and primary side.

    `n`: comparisons that count in statistics (equal, different, failed by the candidate); `k`: those that
    mismatch (different, failed by the candidate). `failed`: reason to count, whoever caused it;
    `candidate_failed`: the part that is in n and k. `unsettled`: moved and lagged. `fallbacks`: legacy
    answered in the candidate's place. `duplicates`: equal comparisons that repeat one that counted, and are not in n;
    `repeats`: mismatches that do, and are in n and k all the same. `order`: the cell's place in the order in which
    strata were found. `stratum`: `country=DE,currency=EUR`, or "". `legacy_p99_most_ns`,
    `candidate_p99_least_ns`: what legacy's p99 is at most and the candidate's at least, 99 times of 100; None where
    there are too few to say.
    """

    route: str
    stratum: str
    primary: Side
    n: int = 0
    k: int = 0
    candidate_failed: int = 0
    unsettled: int = 0
    fallbacks: int = 0
    twins: int = 0
    duplicates: int = 0
    repeats: int = 0
    answers: int = 0
    legacy_errors: int = 0
    candidate_errors: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    first_ns: int = 0
    last_ns: int = 0
    legacy_p50_ns: int | None = None
    legacy_p99_ns: int | None = None
    candidate_p50_ns: int | None = None
    candidate_p99_ns: int | None = None
    legacy_p99_most_ns: int | None = None
    candidate_p99_least_ns: int | None = None

    @property
    def judged(self) -> int:
        """Exchanges that came to something: compared, unsettled, failed by whomever."""
        others = sum(self.failed.values()) - self.candidate_failed - self.unsettled
        return self.n + self.duplicates + self.unsettled + max(0, others)


@dataclass(frozen=True, slots=True)
class Sums:
    """The counters of a route (and stratum) over both primary sides: what the e-process is asked about."""

    route: str
    stratum: str
    n: int
    k: int
    candidate_failed: int
    unsettled: int
    last_ns: int
    order: int
    duplicates: int = 0
    repeats: int = 0

    @property
    def compared(self) -> int:
        """Every comparison as it came, repeats too: what shares of traffic are taken of."""
        return self.n + self.duplicates


class Seen(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A divergence seen in this epoch: `count` exchanges, `wrong_amounts` of them served by the candidate.

    `parts`: as how many it would count if nothing had been learned about it; a limit on divergences means those.

    There may be tens of thousands, and control reads them several times a second: hence a struct, read as an array.
    """

    id: str
    route: str
    location: str
    kind: Kind
    cause: str
    severity: Severity
    count: int
    wrong_amounts: int = 0
    parts: int = 1


@dataclass(frozen=True, slots=True)
class RouteStanding:
    """A route of the cutover. `comparable`: all its requests are safe by method or declared so."""

    name: str
    comparable: bool


@dataclass(frozen=True, slots=True)
class AskedFor:
    """Captured requests of a route in a canary step, with and without an identity."""

    route: str
    named: int
    nameless: int


@dataclass(frozen=True, slots=True)
class Split:
    """How the customers of a canary step were split: buckets, each counted once, where it was seen first.

    `weight`: basis points by the ledger's table, -1 where it has none. `log_e`: the highest so far of the test in
    `sample_ratio`. `wrong`: buckets that were seen on the side that is not theirs; `such_as`: the first of them.
    """

    weight: int
    legacy: int = 0
    candidate: int = 0
    log_e: float = 0.0
    wrong: int = 0
    such_as: tuple[int, ...] = ()
    asked: tuple[AskedFor, ...] = ()


@dataclass(frozen=True, slots=True)
class Returned:
    """Questions about a route that legacy was asked after the candidate, lately: what came of them."""

    route: str
    answered: int
    failed: int


@dataclass(frozen=True, slots=True)
class WayBack:
    """What a rollback would rest on. `leads_to`: the phase the next step leads to, empty at the end. `since_ns`: when
    the present step began. `routes`: of which the candidate serves somebody, and legacy can be asked the same.
    `recent`: minutes of this step. `writes`: some route writes, into records that are replicated; `back_within_ms`:
    how far legacy may be behind the candidate, None where nothing is declared.
    """

    leads_to: str
    since_ns: int = 0
    routes: tuple[str, ...] = ()
    recent: tuple[Returned, ...] = ()
    writes: bool = False
    back_within_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A kind of request that production has: a `stratum`, a class of `status`, or the shape of a `path`.

    `seen`: how often in any epoch, `last_ns` the last time; `compared`: how often in this one.
    """

    route: str
    kind: str
    value: str
    seen: int
    compared: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class Census:
    """A cycle (Unix ns from `first_ns` up to and without `end_ns`) whose recording was replayed whole in this epoch.

    `total`: exchanges of the stratum in the recording; `n`: those compared, `k`: those that mismatch. `missed`: of the
    route, that could not be asked, or that the ledger saw and the recording has not. `watched`: what the ledger itself
    saw of the stratum in that cycle.
    """

    route: str
    stratum: str
    cycle: str
    first_ns: int
    end_ns: int
    n: int
    k: int
    total: int
    missed: int
    watched: int


@dataclass(frozen=True, slots=True)
class Inflow:
    """How many comparisons of a route and stratum counted lately, in so many nanoseconds."""

    route: str
    stratum: str
    n: int
    span_ns: int


@dataclass(frozen=True, slots=True)
class Expired:
    """A rule past its last day. `line` of the file, from 1."""

    what: str
    expires: date
    line: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything the gate looks at. `epoch` 0: there is none yet. `attempt` 0: no verdict was asked for so
    far.

    `lost`: per route, reason to count of this epoch's exchanges that were shed before they were judged.
    `generation`: of the routing table that the cutover's state made.
    `settled`, `untraced`, `uncaptured`: exchanges since the epoch began, over all routes: judged, reason to
    count of those lost so early that nobody can tell their route or version, and of those that cannot be
    captured (too large, a stream), for information. `versions`: at once, the latest first. `worker_ns`: the
    worker's last flush. `lag_within_ms`: for state `synced`, how much lag is allowed (the lag itself is a
    fact). `required`: cutovers that go first, and where they stand; `required_migrations`: migrations, and the phase
    that each must have reached. `drift`: candidate minus legacy
    per currency, net over the epoch's divergences. `inflows`: how fast comparisons came lately.
    `coverage`: what production asks; `labels`: of strata, as the file has them.
    `split`: of its present step. `effects`: what runs by itself, and what is known of each side's. `numbers`: series,
    its routes, and what is wrong in it and not acknowledged, whatever the epoch. `unread`: routes whose numbers were
    never seen.
    `census`: cycles that were replayed whole.
    """

    cutover: str
    phase: Phase
    paused: bool
    epoch: int
    digest: str
    version: str
    attempt: int
    created_ns: int
    routes: tuple[RouteStanding, ...]
    cells: tuple[Cell, ...] = ()
    seen: tuple[Seen, ...] = ()
    settled: int = 0
    lost: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    untraced: Mapping[str, int] = field(default_factory=dict)
    uncaptured: Mapping[str, int] = field(default_factory=dict)
    versions: tuple[str, ...] = ()
    worker_ns: int | None = None
    expired: tuple[Expired, ...] = ()
    lag_within_ms: int | None = None
    required: tuple[tuple[str, Phase], ...] = ()
    required_migrations: tuple[tuple[str, str], ...] = ()
    drift: tuple[tuple[str, Decimal], ...] = ()
    inflows: tuple[Inflow, ...] = ()
    coverage: tuple[Sighting, ...] = ()
    labels: tuple[str, ...] = ()
    census: tuple[Census, ...] = ()
    generation: int = 0
    split: Split | None = None
    way_back: WayBack | None = None
    effects: tuple[Standing, ...] = ()
    numbers: tuple[tuple[str, tuple[str, ...], tuple[Finding, ...]], ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Comparisons that count, over everything."""
        return sum(cell.n for cell in self.cells)

    @property
    def duplicates(self) -> int:
        """Comparisons that repeat one that counted, over everything."""
        return sum(cell.duplicates for cell in self.cells)

    @property
    def compared(self) -> int:
        """Every comparison as it came, repeats too."""
        return self.n + self.duplicates

    @property
    def k(self) -> int:
        """Mismatches, over everything."""
        return sum(cell.k for cell in self.cells)

    @property
    def wrong_amounts(self) -> int:
        """Exchanges in which a wrong amount of the candidate's reached the customer."""
        return sum(seen.wrong_amounts for seen in self.seen)

    def sums(self) -> tuple[Sums, ...]:
        """Both primary sides together, per route and stratum, in the order in which they were found."""
        grouped: dict[tuple[str, str], list[Cell]] = {}
        for cell in sorted(self.cells, key=lambda cell: (cell.first_ns, cell.route, cell.stratum)):
            grouped.setdefault((cell.route, cell.stratum), []).append(cell)
        return tuple(_sum(cells, order) for order, cells in enumerate(grouped.values()))

    def hash(self) -> str:
        """SHA-256 of what was counted, for the audit: another one with every comparison."""
        return digest([self.cutover, self.digest, self.cells, self.seen, self.lost, self.untraced])

    def findings_hash(self) -> str:
        """SHA-256 of what a decision rests on, for what lives while traffic goes on: plans and approvals.

        Of the epoch, where the cutover stands, and everything that speaks against the candidate: mismatches and
        failures per route and stratum, divergences with severity and wrong amounts, expired rules, customers on
        the wrong side. Further equal
        comparisons do not change it; a new finding, another epoch or a transition does.
        """
        against = sorted(
            (entry.route, entry.stratum, entry.k, entry.candidate_failed)
            for entry in self.sums()
            if entry.k or entry.candidate_failed
        )
        by_id = sorted(self.seen, key=attrgetter("id"))
        seen = [(entry.id, entry.severity, entry.wrong_amounts) for entry in by_id]
        expired = sorted((rule.what, rule.expires.isoformat()) for rule in self.expired)
        misplaced = [self.split.wrong] if self.split is not None and self.split.wrong else []
        return digest(
            [self.cutover, self.digest, self.phase, self.generation, against, seen, expired, *misplaced]
        )


def _sum(cells: list[Cell], order: int) -> Sums:
    return Sums(
        route=cells[0].route,
        stratum=cells[0].stratum,
        n=sum(cell.n for cell in cells),
        k=sum(cell.k for cell in cells),
        candidate_failed=sum(cell.candidate_failed for cell in cells),
        unsettled=sum(cell.unsettled for cell in cells),
        last_ns=max(cell.last_ns for cell in cells),
        order=order,
        duplicates=sum(cell.duplicates for cell in cells),
        repeats=sum(cell.repeats for cell in cells),
    )
