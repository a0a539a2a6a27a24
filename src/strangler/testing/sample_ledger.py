"""A small ledger with something of everything in it, filled through the ledger's own functions: what the API's examples
are made of, and what it is tested over. The same at every run: nothing is drawn.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from strangler.config import Loaded, load
from strangler.cutover import Event
from strangler.errors import Refused
from strangler.ledger.flush import flush
from strangler.ledger.moving import move
from strangler.ledger.settled import Exemplar, Finding, Settled, StreamReport
from strangler.ledger.store import Ledger, open_ledger
from strangler.numbers import Sighting
from strangler.redaction import RedactedAnswer, RedactedMessage, RedactedRequest
from strangler.testing.judged import MINUTE, Judged

CONFIG: Final = """\
version: 1
legacy: {url: "http://127.0.0.1:1"}
candidate: {url: "http://127.0.0.1:2", version: {header: X-Version}}
strata:
  country: {answer: $.country}
routes:
  invoice:
    match: {method: GET, path: "/invoices/{id}"}
    identity: {header: X-Customer}
  invoices: GET /invoices
  payment: GET /payments/{id}
  statement: GET /statements/{id}
  health: GET /health
policy:
  tolerate: {rate: 10%, alpha: 5%}
  approvals: 1
cutovers:
  reads:
    routes: [invoice, invoices]
    effects:
      month-end:
        legacy: {url: "http://127.0.0.1:1/month-end", path: $.on}
        candidate: {url: "http://127.0.0.1:2/month-end", path: $.on}
    policy:
      freeze:
        - {deny: "0 0 28 * *", for: 4d, zone: Europe/Berlin, reason: the month's invoice run}
  payments:
    routes: [payment]
  statements:
    routes: [statement]
"""
NOW: Final = 1_800_000_000_000_000_000
"""2027-01-15 08:00 UTC."""

_TOTAL: Final = Finding(
    "total",
    1,
    "body $.total",
    "changed",
    "rounding",
    "money",
    drift=(("EUR", Decimal("-0.01")),),
    legacy='"10.00"',
    candidate='"9.99"',
)
_STAMP: Final = Finding(
    "stamp", 1, "body $.at", "changed", "unexplained", "minor", legacy='"a"', candidate='"b"'
)
_FAILED: Final = Finding("failed-timeout", 1, "status", "failed", "timeout", "major")


def sample(folder: Path, now_ns: int = NOW) -> Loaded:
    """Write strangler.yaml and its ledger into a folder, as they would be at `now_ns`. A ledger that lies there
    already, migrated and empty, is taken.

    `reads` is in shadow with three divergences; `payments` is in shadow, and its next step waits for approval that mara
    has asked for; `statements` has not started; the route `health` is of no cutover.
    """
    file = folder / "strangler.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    loaded = load(file)
    ledger = open_ledger(loaded.config.ledger, folder)
    try:
        _fill(ledger, loaded, now_ns)
    finally:
        ledger.close()
    return loaded


def _fill(ledger: Ledger, loaded: Loaded, now_ns: int) -> None:
    for number, (cutover, ticket) in enumerate((("reads", "CHG-1"), ("payments", "CHG-2"))):
        move(ledger, loaded, cutover, Event("start", "mara", ticket), now_ns - (60 + number) * MINUTE)
    first = StreamReport("plane-1", "boot-1", 4711, now_ns, 2, 90, {"queue": 2})
    second = StreamReport("plane-2", "boot-2", 4712, now_ns, 2, 200)
    for number, (batch, report) in enumerate(((_reads, first), (_payments, second)), start=1):
        with ledger.begin() as connection:
            flush(
                connection, batch(loaded, now_ns), (report,), now_ns=now_ns, worker="worker-0", number=number
            )
    try:
        move(ledger, loaded, "payments", Event("advance", "mara", "CHG-2"), now_ns)
    except Refused:  # as it should be: somebody else is to approve it
        return
    raise AssertionError("the gate asked nobody")


def _reads(loaded: Loaded, now_ns: int) -> list[Settled]:
    judged = _judged(loaded, "reads", "plane-1", "boot-1", now_ns)
    long_ago = now_ns - 10**15
    seen = tuple(
        Sighting("INV-", number, "legacy", f"d{number}", "draw", long_ago, long_ago) for number in (1, 2, 5)
    )
    return [
        judged.equal(numbers=seen),
        *judged.equals(39),
        *judged.equals(30, "invoices"),
        *(judged.different(findings=(_STAMP,), labels=(("country", "DE"),)) for _ in range(3)),
        *(judged.different(findings=(_TOTAL, _STAMP), exemplar=_example()) for _ in range(2)),
        judged.failed("timeout", findings=(_FAILED,)),
    ]


def _payments(loaded: Loaded, now_ns: int) -> list[Settled]:
    judged = _judged(loaded, "payments", "plane-2", "boot-2", now_ns)
    return [judged.equal("payment", mark=number.to_bytes(8)) for number in range(1, 151)]


def _judged(loaded: Loaded, cutover: str, plane: str, boot: str, now_ns: int) -> Judged:
    judged = Judged(loaded, cutover, version="2.1.0")
    judged.at_ns = now_ns - MINUTE // 3
    judged.plane, judged.boot = plane, boot
    return judged


def _example() -> Exemplar:
    legacy = {"at": "a", "id": 7, "lines": [1, 2, 3], "total": "10.00"}
    fields = (("Authorization", "Bearer [token:abc]"), ("X-Customer", "4711"))
    request = RedactedRequest("GET", "/invoices/7", "billing.example.com", _message(None, *fields))
    candidate = {**legacy, "at": "b", "total": "9.99"}
    return Exemplar(request, _answer(legacy), _answer(candidate), 1, "k")


def _answer(body: Any) -> RedactedAnswer:
    return RedactedAnswer(200, _message(json.dumps(body)), 1_500_000)


def _message(body: str | None, *fields: tuple[str, str]) -> RedactedMessage:
    length = len(body or "")
    if body is None:
        return RedactedMessage(fields, body, "absent", "", length, "")
    return RedactedMessage(fields, body, "tree", "application/json", length, "0" * 64)
