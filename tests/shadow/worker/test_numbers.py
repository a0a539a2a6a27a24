"""Numbers through the worker: what writes drew is read and nobody asked, what both sides show is remembered."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from strangler.comparison.model import Node
from strangler.config.numbers import Numbers
from strangler.exchange import VERSION, Exchange, Message, Origin, Request, Response, Side
from strangler.ledger.numbers import Kept, kept
from strangler.ledger.store import Ledger
from strangler.testing.judged import configuration
from strangler.testing.origin import Seen, Steps, answer
from strangler_shadow.worker.ground import ground
from strangler_shadow.worker.reading import Reader

from .conftest import QUICK, MakeRig, Rig

MORE = """\
  bill: {match: {method: GET, path: "/bills/{id}"}, numbers: {series: DE, settle: 0s}}
  issue: {match: {method: POST, path: /bills}, numbers: {series: DE, settle: 0s}}
"""


def exchange(body: bytes, *, target: str = "/bills", route: str = "issue", **more: Any) -> Exchange:
    message = Message(((b"Content-Type", b"application/json"),), body, len(body))
    fields: dict[str, Any] = {
        "version": VERSION,
        "origin": Origin("", "", 0),
        "at_ns": time.time_ns(),
        "route": route,
        "cutover": "",
        "generation": 1,
        "primary": "legacy",
        "bucket": None,
        "identity_hash": b"",
        "strata": (),
        "request": Request(
            "POST" if route == "issue" else "GET", target, "http", "h", "127.0.0.1", Message((), b"", 0)
        ),
        "response": Response(200, b"OK", message, 1_000_000),
        "watched": route == "issue",
        "sole": "legacy",
    }
    return Exchange(**(fields | more))


def drawn(number: int, document: int | None = None, **more: Any) -> Exchange:
    body = b'{"id": %d, "number": "RE-%04d"}' % (document or number, number)
    return exchange(body, **more)


def series(rig: Rig, count: int) -> dict[str, Kept]:
    rig.settled(count)
    return known(rig.ledger, rig)


def known(ledger: Ledger, rig: Rig) -> dict[str, Kept]:
    with ledger.read() as connection:
        config = rig.worker.shadow.ground.config
        return {each.name: each for each in kept(connection, config, time.time_ns() + 1_000_000_000)}


def told(found: Kept) -> list[tuple[str, int, int]]:
    return [(each.kind, each.first, each.last) for each in found.open]


def test_a_write_is_read_and_nobody_asked(rig: MakeRig) -> None:
    made = rig(more=MORE)
    for number in (1, 2, 4):
        made.plane.send(drawn(number))
    found = series(made, 3)
    assert made.legacy.seen == made.candidate.seen == []
    assert set(found) == {"DE/RE-"}
    assert told(found["DE/RE-"]) == [("gap", 3, 3)]
    assert made.accounted().recorded == 3
    assert made.evidence().n == 0
    made.plane.send(drawn(2, document=99))
    assert told(series(made, 4)["DE/RE-"]) == [("gap", 3, 3), ("double", 2, 2)]
    text = msgspec.json.encode(found["DE/RE-"].series).decode()
    assert "[id:" in text, "a document stands there as its token"


def test_an_answer_without_a_number_is_counted(rig: MakeRig) -> None:
    made = rig(more=MORE)
    made.plane.send(exchange(b'{"id": 1}'))
    refused = Response(409, b"Conflict", Message((), b"{}", 2), 1)
    made.plane.send(exchange(b"", response=refused))
    assert series(made, 2) == {}
    assert made.losses() == {"uncaptured/number-unreadable": 1}


def shows(number: int, document: int, status: str = "200 OK") -> Any:
    body = b'{"id": %d, "number": "RE-%04d"}' % (document, number)

    def script(_: Seen) -> Steps:
        yield answer(body, ("Content-Type", "application/json"), ("X-Version", "1"), status=status)

    return script


def read(number: int, sole: Side | None = "legacy") -> Exchange:
    return drawn(number, route="bill", target=f"/bills/{number}", sole=sole, cutover="reads")


@pytest.mark.parametrize(("sole", "found"), [("legacy", [("shadow", 9, 9)]), (None, [])])
def test_what_the_shadow_shows_alone(rig: MakeRig, sole: Side | None, found: list[Any]) -> None:
    made = rig(worker=QUICK, more=MORE, routes="invoice, bill", legacy=shows(1, 1), candidate=shows(9, 900))
    made.plane.send(drawn(1))
    made.settled(1)
    made.plane.send(read(1, sole))
    assert told(series(made, 2)["DE/RE-"]) == found
    (judged,) = made.divergences()[:1]
    assert judged.route == "bill"


def test_a_gap_is_closed_by_a_read(rig: MakeRig) -> None:
    made = rig(more=MORE, routes="invoice, bill", legacy=shows(2, 2), candidate=shows(2, 2))
    for number in (1, 3):
        made.plane.send(drawn(number))
    assert told(series(made, 2)["DE/RE-"]) == [("gap", 2, 2)]
    made.plane.send(read(2))
    assert told(series(made, 3)["DE/RE-"]) == []
    assert made.evidence().unread == ()


def test_a_number_that_one_answer_lists_twice_is_a_double(tmp_path: Path) -> None:
    reader = Reader.of(Numbers(number="$[*].number", document="$[*].id"))
    answered: Node = [{"id": id_, "number": "RE-7"} for id_ in ("a", "b", "a")]
    shown = reader.read(answered, ground(configuration(), tmp_path).redactor)
    assert shown is not None
    assert [(key, len(documents)) for key, documents in shown.items()] == [(("RE-", 7), 2)]


def test_numbers_that_begin_with_their_counter_are_one_series(tmp_path: Path) -> None:
    reader = Reader.of(Numbers(number="$[*].number", document="$[*].id", counter="first"))
    answered: Node = [{"id": "a", "number": "0007/2026"}, {"id": "b", "number": "0008/2026"}]
    shown = reader.read(answered, ground(configuration(), tmp_path).redactor)
    assert shown is not None
    assert list(shown) == [("#/2026", 7), ("#/2026", 8)]
