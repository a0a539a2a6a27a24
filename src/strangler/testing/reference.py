"""A second, tiny controller, to hold the real one against: what becomes of a cutover, step by step, written anew.

Pure, and it shares no code with what it is held against: its phases, its verdicts (from the comparisons it is told
of) and its statistics, by numerical integration, are its own. A `World` is everything as it stands; each operation
gives the worlds it commits, one after the other, and how it ended: `moved`, `same`, `conflict`, `usage`, or
`refused CODE`. So what a process leaves that dies on the way is the world before, or one of those.

The cutover is of two routes, both with an identity; times are Unix nanoseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from math import asin as arcsine
from math import cos, exp, log, pi, sin, sqrt
from typing import Final

S: Final = 1_000_000_000
SKEW: Final = 300 * S
ROUTES: Final = ("invoice", "invoices")


@dataclass(frozen=True)
class Terms:
    """What the file says: weights in basis points, the tolerated rate, times, who is needed where."""

    steps: tuple[int, ...]
    rate: float
    soak: int
    freshness: int
    people: Mapping[str, int]
    expire: int
    pinned: frozenset[str] = frozenset()
    alpha: float = 0.05


@dataclass(frozen=True)
class Stand:
    """Where the cutover stands."""

    phase: str = "legacy"
    weight: int = 0
    paused: bool = False
    generation: int = 0
    since: int = 0
    soaked: int = 0
    looked: int = 0
    held_from: int = 0
    held_until: int = 0


@dataclass(frozen=True)
class Cell:
    """Comparisons of one route with one side first."""

    n: int = 0
    k: int = 0
    first: int = 0
    last: int = 0


@dataclass(frozen=True)
class Epoch:
    """What was compared with one version of the candidate."""

    resumed: int
    last: int
    number: int
    attempt: int = 0
    wrong: int = 0
    cells: Mapping[tuple[str, str], Cell] = field(default_factory=dict[tuple[str, str], Cell])

    def of(self, route: str) -> list[Cell]:
        """Of one route, whichever side was first."""
        return [cell for (name, _), cell in self.cells.items() if name == route]


@dataclass(frozen=True)
class Request:
    """A step that people are asked about."""

    asker: str
    maker: str = ""
    given: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class Plan:
    """A plan file: made on these findings, for so many steps, the last of which is `end`."""

    name: str
    maker: str
    made: int
    expires: int
    findings: object
    end: tuple[str, int]


@dataclass(frozen=True)
class World:
    """Everything as it stands. `table`: generation of the last table; `progress`: of plans; `asked`: control's last
    look at the gate, which its process keeps and a new one does not know.
    """

    stand: Stand = Stand()
    epochs: Mapping[str, Epoch] = field(default_factory=dict[str, Epoch])
    requests: Mapping[tuple[object, object], Request] = field(
        default_factory=dict[tuple[object, object], Request]
    )
    progress: Mapping[str, object] = field(default_factory=dict[str, object])
    table: int = 0
    worker: int | None = None
    asked: int | None = None

    @property
    def version(self) -> str | None:
        """Which answered last."""
        found = sorted(self.epochs, key=lambda name: (self.epochs[name].last, self.epochs[name].number))
        return found[-1] if found else None

    @property
    def epoch(self) -> Epoch | None:
        """Of that version."""
        return self.epochs[self.version] if self.version is not None else None

    @property
    def findings(self) -> object:
        """What approvals and plans rest on."""
        epoch = self.epoch
        against = epoch and (epoch.wrong, *(sum(cell.k for cell in epoch.of(route)) for route in ROUTES))
        return (self.version, self.stand.phase, self.stand.generation, against)


@dataclass(frozen=True)
class Result:
    """How an operation ended, and the worlds it committed."""

    ended: str
    commits: tuple[World, ...] = ()


@cache
def likelihood(k: int, n: int, rate: float, low: float, high: float) -> float:
    """The mean, over the rates between two, of how much likelier they make k of n than `rate` does."""
    steps = 500
    width = (high - low) / steps
    ratios = (
        k * log(sin(at) ** 2 / rate) + (n - k) * log(cos(at) ** 2 / (1 - rate))
        for at in (low + (step + 0.5) * width for step in range(steps))
    )
    return sum(exp(ratio) for ratio in ratios) / steps


def passes(k: int, n: int, rate: float, risk: float) -> bool:
    """Whether so few mismatches speak against that rate, at this risk."""
    return likelihood(k, n, rate, 0, arcsine(sqrt(rate))) >= 1 / risk


def fails(k: int, n: int, rate: float, risk: float) -> bool:
    """Whether so many do."""
    return likelihood(k, n, rate, arcsine(sqrt(rate)), pi / 2) >= 1 / risk


def spent(order: int, alpha: float) -> float:
    """The risk of the attempt, or stratum, of this number."""
    return alpha * 6 / (pi * order) ** 2


def recent(at: int, now: int, within: int) -> bool:
    """Whether it is no older than that, and not of a clock that was ahead."""
    return -min(within, SKEW) <= now - at <= within


def ahead(terms: Terms, stand: Stand) -> tuple[str, int]:
    """Where the next step leads."""
    if stand.phase == "legacy":
        return "shadow", 0
    if stand.phase == "candidate":
        return "retired", 0
    wider = [weight for weight in terms.steps if weight > stand.weight]
    return ("canary", wider[0]) if wider else ("candidate", 0)


def watched(stand: Stand, now: int) -> int:
    """For how long the step was looked at."""
    return stand.soaked + min(max(0, now - stand.looked), 60 * S)


def against(terms: Terms, epoch: Epoch) -> bool:
    """Whether the mismatches alone decide against the candidate."""
    firsts = sorted(
        (min(cell.first for cell in cells), route) for route in ROUTES if (cells := epoch.of(route))
    )
    return any(
        fails(
            sum(cell.k for cell in epoch.of(route)),
            sum(cell.n for cell in epoch.of(route)),
            terms.rate,
            spent(order, 0.025),
        )
        for order, (_, route) in enumerate(firsts, 1)
    )


def in_the_way(terms: Terms, world: World, now: int, plan: object) -> set[str]:
    """Of `blocked`, `insufficient`, `frozen`, `approval`: what keeps the next step from being taken."""
    stand, epoch, found = world.stand, world.epoch, set[str]()
    if epoch is None or _doubtful(terms, world, epoch, now):
        found.add("insufficient")
    if epoch is not None and (epoch.wrong or any(cell.k for cell in epoch.cells.values())):
        found.add("blocked")
    if stand.paused or now < stand.held_until or watched(stand, now) < terms.soak:
        found.add("frozen")
    needed = terms.people.get(ahead(terms, stand)[0], 0)
    request = world.requests.get((plan, world.findings))
    if needed > (len(_valid(terms, request, now)) if request else 0):
        found.add("approval")
    return found


def _doubtful(terms: Terms, world: World, epoch: Epoch, now: int) -> bool:
    silent = world.worker is None or not recent(world.worker, now, 30 * S)
    return (
        silent
        or _two_at_once(world, epoch)
        or not _shown(terms, epoch, now)
        or not _way_back(terms, world.stand, epoch, now)
    )


def _two_at_once(world: World, epoch: Epoch) -> bool:
    return any(
        other is not epoch and other.last > epoch.resumed and epoch.last - other.last < 10 * S
        for other in world.epochs.values()
    )


def _shown(terms: Terms, epoch: Epoch, now: int) -> bool:
    """Enough was compared, lately, of every route."""
    risk = spent(max(1, epoch.attempt), terms.alpha)
    return all(
        (cells := epoch.of(route))
        and recent(max(cell.last for cell in cells), now, terms.freshness)
        and passes(sum(cell.k for cell in cells), sum(cell.n for cell in cells), terms.rate, risk)
        for route in ROUTES
    )


def _way_back(terms: Terms, stand: Stand, epoch: Epoch, now: int) -> bool:
    """Legacy was asked after the candidate: of something in this step, of everything before it gives up the record."""
    if stand.phase not in ("canary", "candidate"):
        return True
    last = [epoch.cells.get((route, "candidate"), Cell()).last for route in ROUTES]
    oldest = now - terms.freshness
    this_step = max(oldest, stand.since)
    if stand.phase == "candidate":
        return min(last) >= this_step
    if ahead(terms, stand)[0] == "candidate" and min(last) < oldest:
        return False
    return max(last) >= this_step


def _valid(terms: Terms, request: Request, now: int) -> set[str]:
    barred = {request.asker, request.maker}
    return {by for by, at in request.given.items() if by not in barred and -SKEW <= now - at < terms.expire}


def move(
    terms: Terms,
    world: World,
    now: int,
    event: str,
    actor: str,
    *,
    until: int = 0,
    seen: Stand | None = None,
    plan: Plan | None = None,
) -> Result:
    """What a person (or control) does. `seen`: where it stood when they looked."""
    seen, commits, way = seen or world.stand, list[World](), set[str]()
    if event == "advance" and not seen.paused and seen.phase in ("shadow", "canary", "candidate"):
        if seen.generation != world.stand.generation:
            return Result("conflict")
        world, way = _asked(terms, world, now, actor, plan)
        commits.append(world)
    after = _decided(terms, seen, now, event, until, way)
    if isinstance(after, str):
        return Result(after, tuple(commits))
    if seen.generation != world.stand.generation:
        return Result("conflict", tuple(commits))
    return Result("moved", (*commits, _written(world, seen, after, now, plan)))


def _asked(terms: Terms, world: World, now: int, actor: str, plan: Plan | None) -> tuple[World, set[str]]:
    """The gate is asked: the epoch becomes an attempt, and where people alone are missing they are asked."""
    epoch = world.epoch
    if epoch is not None and not epoch.attempt:
        attempt = 1 + max(other.attempt for other in world.epochs.values())
        known = {**world.epochs, str(world.version): replace(epoch, attempt=attempt)}
        world = replace(world, epochs=known)
    name = plan.name if plan else step(terms, world)
    way, key = in_the_way(terms, world, now, name), (name, world.findings)
    if way == {"approval"} and key not in world.requests:
        request = Request(actor, plan.maker if plan else "")
        world = replace(world, requests={**world.requests, key: request})
    return world, way


def step(terms: Terms, world: World) -> object:
    """What is approved when no plan is."""
    return (world.stand.generation, *ahead(terms, world.stand))


def _decided(terms: Terms, seen: Stand, now: int, event: str, until: int, way: set[str]) -> Stand | str:
    freed = replace(seen, paused=False, held_from=0, held_until=0)
    if event == "start":
        return replace(seen, phase="shadow") if seen.phase == "legacy" else "same"
    if event == "rollback":
        if seen.phase == "retired":
            return "refused 1"
        return replace(freed, phase="shadow", weight=0) if seen.phase in ("canary", "candidate") else "same"
    if seen.phase in ("legacy", "retired"):
        return "same" if (seen.phase, event) == ("retired", "advance") else "refused 1"
    if event == "advance":
        return _ahead(terms, seen, now, way)
    if event == "hold" and now < seen.held_until == until:
        return "same"
    held = replace(seen, held_from=now, held_until=until)
    after = {"pause": replace(seen, paused=True), "hold": held, "resume": freed}[event]
    return "same" if after == seen else after


def _ahead(terms: Terms, seen: Stand, now: int, way: set[str]) -> Stand | str:
    if seen.paused or now < seen.held_until:
        return "refused 4"
    for status, code in (("blocked", 1), ("insufficient", 3), ("frozen", 4), ("approval", 4)):
        if status in way:
            return f"refused {code}"
    phase, weight = ahead(terms, seen)
    return replace(seen, phase=phase, weight=weight, held_from=0, held_until=0)


def _written(world: World, seen: Stand, after: Stand, now: int, plan: Plan | None) -> World:
    stays = (seen.phase, seen.weight) == (after.phase, after.weight)
    if now >= after.held_until:
        after = replace(after, held_from=0, held_until=0)
    after = replace(
        after, generation=world.table + 1, since=now, looked=now, soaked=watched(seen, now) if stays else 0
    )
    world = replace(world, stand=after, table=world.table + 1)
    return replace(world, progress={**world.progress, plan.name: world.findings}) if plan else world


def apply(terms: Terms, world: World, now: int, plan: Plan, actor: str) -> Result:
    """The next step of a plan file."""
    at = (world.stand.phase, world.stand.weight)
    done = world.progress.get(plan.name)
    if isinstance(done, tuple) and done[2] == world.stand.generation and at == plan.end:
        return Result("same")
    if now >= plan.expires or now < plan.made - SKEW or (done or plan.findings) != world.findings:
        return Result("refused 1")
    event = "start" if world.stand.phase == "legacy" else "advance"
    return move(terms, world, now, event, actor, plan=plan)


def tick(terms: Terms, world: World, now: int, *, overridden: bool) -> Result:
    """What control does by itself."""
    stand, epoch = world.stand, world.epoch
    if stand.phase in ("canary", "candidate") and epoch is not None:
        held = stand.held_from - SKEW <= now < stand.held_until
        if epoch.wrong or (not held and against(terms, epoch)):
            back = Stand("shadow", 0, generation=stand.generation)
            return Result("auto-rollback", (_written(world, stand, back, now, None),))
    commits = list[World]()
    if stand.phase in ("shadow", "canary", "candidate"):
        if stand.soaked < terms.soak and abs(now - stand.looked) >= 20 * S:
            looked = replace(stand, soaked=watched(stand, now), looked=now)
            world = replace(world, stand=looked)
            commits.append(world)
        due = stand.phase != "candidate" and watched(stand, now) >= terms.soak and now >= stand.held_until
        if due and not stand.paused and not overridden:
            return _by_itself(terms, world, now, commits)
    return Result("same", tuple(commits))


def _by_itself(terms: Terms, world: World, now: int, commits: list[World]) -> Result:
    if world.asked is not None and abs(now - world.asked) < S:
        return Result("same", tuple(commits))
    world = replace(world, asked=now)
    way = in_the_way(terms, world, now, step(terms, world))
    if world.epoch is None or (world.epoch.attempt and way > set() and way != {"approval"}):
        return Result("same", (*commits, world))
    result = move(terms, world, now, "advance", "control")
    return Result(result.ended, (*commits, world, *result.commits))


def approve(world: World, now: int, by: str, expire: int) -> Result:
    """A person agrees with what is asked now."""
    found = [key for key in world.requests if key[1] == world.findings]
    if len(found) != 1:
        return Result("usage" if found else "refused 1")
    request = world.requests[found[0]]
    if by in (request.asker, request.maker):
        return Result("refused 1")
    if by in request.given and 0 <= now - request.given[by] < expire:
        return Result("same")
    given = replace(request, given={**request.given, by: now})
    return Result("moved", (replace(world, requests={**world.requests, found[0]: given}),))


def withdraw(world: World, by: str) -> Result:
    """A person takes back whatever they gave."""
    left = {
        key: replace(request, given={name: at for name, at in request.given.items() if name != by})
        for key, request in world.requests.items()
    }
    return Result("same" if left == world.requests else "moved", (replace(world, requests=left),))


def compared(
    world: World, now: int, version: str, seen: Iterable[tuple[str, str, int, bool]], wrong: int
) -> World:
    """What a worker writes: route, side that was first, when, whether it differed; `wrong` amounts got to customers."""
    known = {name: _set_right(epoch, now) for name, epoch in world.epochs.items()}
    seen = list(seen)
    first, last = min(at for _, _, at, _ in seen), max(at for _, _, at, _ in seen)
    epoch = known.get(version)
    if epoch is None:
        epoch = Epoch(first, last, len(known))
    elif max(known, key=lambda name: known[name].last) != version and first - epoch.last >= 10 * S:
        epoch = replace(epoch, resumed=first)
    cells = dict(epoch.cells)
    for route, side, at, bad in seen:
        cell = cells.get((route, side), Cell(0, 0, at, 0))
        cells[route, side] = Cell(cell.n + 1, cell.k + bad, min(cell.first, at), max(cell.last, at))
    known[version] = replace(epoch, cells=cells, last=max(epoch.last, last), wrong=epoch.wrong + wrong)
    return replace(world, epochs=known, worker=now)


def _set_right(epoch: Epoch, now: int) -> Epoch:
    """What a clock that was ahead has dated."""
    latest = now + SKEW
    if epoch.last <= latest:
        return epoch
    cells = {
        key: cell
        if cell.last <= latest
        else replace(cell, first=now, last=0)
        if cell.first > latest
        else replace(cell, last=cell.first)
        for key, cell in epoch.cells.items()
    }
    return replace(epoch, cells=cells, resumed=min(epoch.resumed, now), last=min(epoch.resumed, now - 10 * S))


def serves(terms: Terms, stand: Stand, identity: str, *, overridden: bool) -> str:
    """The side that answers a customer."""
    if stand.phase == "retired" or (stand.phase == "candidate" and not overridden):
        return "candidate"
    if stand.phase != "canary" or overridden:
        return "legacy"
    mixed = 2166136261
    for byte in f"reads\0{identity}".encode():
        mixed = (mixed ^ byte) * 16777619 % 2**32
    return "candidate" if identity in terms.pinned or mixed % 10_000 < stand.weight else "legacy"
