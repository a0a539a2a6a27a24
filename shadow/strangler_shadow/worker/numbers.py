"""The document numbers that answers show: what requests that write drew, and what both sides show of what was drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from strangler.comparison.context import Context
from strangler.comparison.decode import decode
from strangler.comparison.model import Answer
from strangler.errors import DecodeError
from strangler.exchange import Response, Side, other
from strangler.ledger.settled import Watched
from strangler.numbers import Sighting
from strangler.numbers.series import How
from strangler_shadow.worker.case import Answered, Case
from strangler_shadow.worker.reading import Reader, Shown

SIGHTING: Final = 256
"""Bytes that one is reckoned to take while it waits to be written."""


def drawn(case: Case) -> Watched:
    """What a request that issues documents drew."""
    exchange = case.exchange
    reader, response = case.ground.numbers.get(exchange.route), exchange.response
    if reader is None or response is None or not 200 <= response.status < 300:
        return Watched(exchange.origin, exchange.route)
    shown = _shown(reader, response, case)
    side: Side = "legacy" if exchange.fallback is not None else exchange.primary
    begun, ended = exchange.at_ns, exchange.at_ns + response.elapsed_ns
    return Watched(
        exchange.origin,
        exchange.route,
        tuple(
            Sighting(series, number, side, document, "draw", begun, ended, exchange.route)
            for (series, number), documents in (shown or {}).items()
            for document in documents
        ),
        unreadable=not shown,
    )


def read(case: Case, now_ns: int) -> tuple[Sighting, ...]:
    """What the answers of a compared exchange show, the later ones where both sides were asked again.

    A number of the shadow's that the other side does not show is `alone`, where that other side serves everybody; in
    canary either side may have drawn it.
    """
    reader = case.ground.numbers.get(case.exchange.route)
    if reader is None:
        return ()
    primary = case.exchange.primary
    known = _of_answer(reader, _latest(case, primary), case)
    shadow = _of_answer(reader, _latest(case, other(primary)), case)
    alone = case.exchange.sole == primary
    return (
        *_sightings(case, known, primary, "read", now_ns),
        *_sightings(
            case, {key: shadow[key] for key in shadow if key in known}, other(primary), "read", now_ns
        ),
        *(
            _sightings(
                case,
                {key: shadow[key] for key in shadow if key not in known},
                other(primary),
                "alone",
                now_ns,
            )
            if alone
            else ()
        ),
    )


def _sightings(case: Case, shown: Shown, side: Side, how: How, now_ns: int) -> Iterator[Sighting]:
    route = case.exchange.route
    for (series, number), documents in shown.items():
        for document in documents:
            yield Sighting(series, number, side, document, how, case.exchange.at_ns, now_ns, route)


def _latest(case: Case, side: Side) -> Answered | None:
    again = case.again.get(side)
    return again if isinstance(again, Response) else case.answer(side)


def _of_answer(reader: Reader, answered: Answered | None, case: Case) -> Shown:
    if not isinstance(answered, Response) or not 200 <= answered.status < 300:
        return {}
    return _shown(reader, answered, case) or {}


def _shown(reader: Reader, response: Response, case: Case) -> Shown | None:
    message = response.message
    if message.body is None:
        return None
    context: Context = case.yardstick.context
    try:
        root = decode(Answer(response.status, message.fields, message.body), context).root
    except DecodeError:
        return None
    return reader.read(root, case.ground.redactor)
