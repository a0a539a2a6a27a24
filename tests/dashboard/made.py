"""What differs, for these tests."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from strangler.ledger.settled import Exemplar, Finding
from strangler.redaction import RedactedAnswer, RedactedMessage, RedactedRequest

from .conftest import Place


def message(body: str | None, *fields: tuple[str, str]) -> RedactedMessage:
    """A redacted one."""
    form = "tree" if body else "absent"
    return RedactedMessage(fields, body, form, "application/json", len(body or ""), "")  # type: ignore[arg-type]


def example(legacy: Any, candidate: Any) -> Exemplar:
    """Both answers to one request."""
    fields = (("Authorization", "Bearer [token:abc]"), ("X-Customer", "it's 4711"))
    request = RedactedRequest("GET", "/invoices/7", "billing.example.com", message(None, *fields))
    one, two = (RedactedAnswer(200, message(json.dumps(body)), 1_500_000) for body in (legacy, candidate))
    return Exemplar(request, one, two, 1, "k")


def finding(location: str, **more: Any) -> Finding:
    """One of money, unless said."""
    values: dict[str, Any] = {"kind": "changed", "cause": "rounding", "severity": "money", **more}
    return Finding(**{"fingerprint": location, "fingerprint_version": 1, "location": location, **values})


TOTAL = finding("body $.total", drift=(("EUR", Decimal("-0.01")),), legacy='"10.00"', candidate='"9.99"')
STAMP = finding("body $.at", cause="unexplained", severity="minor", legacy='"a"', candidate='"b"')
FAILED = finding("status", kind="failed", cause="timeout", severity="major")


def differing(place: Place) -> Place:
    """A cutover in shadow with 76 comparisons, six of them mismatches: three divergences."""
    place.start()
    judged = place.judged()
    legacy = {"at": "a", "id": 7, "lines": list(range(9)), "total": "10.00"}
    shown = example(legacy, {**legacy, "at": "b", "total": "9.99"})
    place.write(
        *judged.equals(40),
        *judged.equals(30, "invoices"),
        *(judged.different(findings=(STAMP,), labels=(("country", "DE"),)) for _ in range(3)),
        *(judged.different(findings=(TOTAL, STAMP), exemplar=shown) for _ in range(2)),
        judged.failed("timeout", findings=(FAILED,)),
    )
    return place


def id_of(place: Place, location: str = "body $.total") -> str:
    """Of the divergence at a place."""
    found = place.ask("/divergences.json").json["divergences"]
    return next(str(each["divergence"]["id"]) for each in found if each["divergence"]["location"] == location)
