"""What of a recording is asked again, and by what its answers are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec.structs import replace

from strangler.exchange import Response
from strangler.routing import RequestHead, Table, route
from strangler.routing.decide import SAFE_METHODS
from strangler_cli.starting.har import shape
from strangler_shadow.recordings.recorded import Recorded, Unread
from strangler_shadow.replay import Question

if TYPE_CHECKING:
    from strangler.exchange import Request
    from strangler_cli.pairing.tally import Judged, Tally
    from strangler_shadow.replay import Asked
    from strangler_shadow.replayed import Replayed
    from strangler_shadow.worker.ground import Yardstick


@dataclass(frozen=True, slots=True)
class Chosen:
    """A route's name, what its answers are compared by, and the labels that the request has."""

    route: str
    yardstick: Yardstick
    strata: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """The routes of a strangler.yaml: which one takes a request, and whether it may be asked twice."""

    table: Table
    yardsticks: Callable[[str], Yardstick]

    def choose(self, request: Request) -> Chosen | str:
        """Or why it is left out."""
        head = RequestHead(request.method, request.target, request.message.fields)
        decision = route(self.table, head, request.message.body)
        if not decision.route:
            return "no route takes it"
        if not decision.safe:
            return "it may write"
        return Chosen(decision.route, self.yardsticks(decision.route), decision.strata)


@dataclass(frozen=True, slots=True)
class Bare:
    """Without a strangler.yaml: what is safe by its method; routes are named by the shape of their paths."""

    yardstick: Yardstick

    def choose(self, request: Request) -> Chosen | str:
        """Or why it is left out."""
        if request.method not in SAFE_METHODS:
            return "it may write"
        return Chosen(f"{request.method} {shape(request.target.partition('?')[0])}", self.yardstick)


def read(file: str) -> Iterable[Recorded | Unread]:
    """A recording by its name: `.har`, or JSON Lines (`.jsonl`, packed or not). Raises UsageError."""
    from strangler_cli.files import read_bytes

    if Path(file).suffix.lower() == ".har":
        from strangler_shadow.recordings.har import read_har

        return list(read_har(read_bytes(file), file))
    return _lines(file)


def _lines(file: str) -> Iterator[Recorded | Unread]:
    from strangler_cli.files import opened
    from strangler_cli.pairing.jsonlines import lines_of
    from strangler_shadow.recordings.jsonl import read_jsonl

    with opened(file) as stream:
        yield from read_jsonl(lines_of(stream, file), file)


def of_cutovers(
    choose: Callable[[Request], Chosen | str], takes: Callable[[str], bool]
) -> Callable[[Request], Chosen | str]:
    """The same choice, of routes that belong to a cutover."""

    def chosen(request: Request) -> Chosen | str:
        found = choose(request)
        return found if isinstance(found, str) or takes(found.route) else "its route is in no cutover"

    return chosen


@dataclass(frozen=True, slots=True)
class Told:
    """Where it is written down what became of each entry: in the tally, and in the ledger if there is one to be."""

    tally: Tally
    breaker: int
    step: Callable[[], None]
    ledger: Replayed | None

    def left_out(self, why: str | Unread) -> None:
        """It is not asked."""
        if isinstance(why, Unread):
            self.tally.not_read(why)
        else:
            self.tally.skipped[why] += 1
        self.step()

    def asked(self, asked: Asked) -> None:
        """It was asked, or could not be. Raises LedgerUnavailable."""
        outcome, question = asked.outcome, asked.question
        if self.ledger is not None and isinstance(outcome, str):
            self.ledger.miss(question.route)
        if outcome == "breaker":
            self.tally.skipped[f"a side failed {self.breaker} times in a row"] += 1
        elif outcome == "unanswered":
            self.tally.skipped["no answer in the recording"] += 1
        else:
            told = outcome if self.ledger is None else self.ledger.take(asked, outcome)
            self.tally.judged(question.name, question.route, told, pair_of(asked))
        self.step()


def of_one_host(recorded: Iterable[Recorded | Unread], legacy: str) -> str | None:
    """The origin that is meant: legacy's where it occurs, else the most frequent; None where none is named."""
    found = Counter(
        origin for each in recorded if isinstance(each, Recorded) and (origin := _origin(each.request))
    )
    base = urlsplit(legacy)
    ours = f"{base.scheme}://{base.netloc}"
    return ours if ours in found else next((origin for origin, _ in found.most_common(1)), None)


def questions(
    recorded: Iterable[Recorded | Unread],
    choose: Callable[[Request], Chosen | str],
    legacy: str,
    host: str | None,
    left_out: Callable[[str | Unread], None],
) -> Iterator[Question]:
    """What is to be asked; what is not goes to `left_out`, with why. `host`: the only origin that is meant."""
    prefix = urlsplit(legacy).path.rstrip("/")
    for each in recorded:
        if isinstance(each, Unread):
            left_out(each)
            continue
        if host is not None and _origin(each.request) not in {"", host}:
            left_out("it went to another host")
            continue
        request = replace(
            each.request,
            target=_below(each.request.target, prefix),
            # What a plane would say of the client: we are the one that asks.
            peer="127.0.0.1",
            scheme=each.request.scheme or "http",
            authority=each.request.authority or urlsplit(legacy).netloc or "localhost",
        )
        chosen = choose(request)
        if isinstance(chosen, str):
            left_out(chosen)
        else:
            yield Question(each.where, chosen.route, request, each.response, chosen.yardstick, chosen.strata)


def pair_of(asked: Asked) -> Judged | None:
    """What is learned from; None where a side gave no answer."""
    from strangler_cli.pairing.tally import Judged
    from strangler_shadow.worker.verdict import answer_of

    if not isinstance(asked.legacy, Response) or not isinstance(asked.candidate, Response):
        return None
    by = asked.question.yardstick
    return Judged(answer_of(asked.legacy), answer_of(asked.candidate), by.rules, by.context, asked.first)


def _origin(request: Request) -> str:
    return f"{request.scheme}://{request.authority}" if request.authority else ""


def _below(target: str, prefix: str) -> str:
    """The target without legacy's base path."""
    if not prefix or not target.startswith((prefix + "/", prefix + "?")):
        return target
    rest = target.removeprefix(prefix)
    return rest if rest.startswith("/") else "/" + rest
