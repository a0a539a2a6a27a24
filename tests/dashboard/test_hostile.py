"""Everything that comes from traffic carries hostile text through every page; none of it is ever more than text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from strangler.ledger.flush import flush
from strangler.ledger.settled import Exemplar, Finding, Loss, StreamReport
from strangler.redaction import RedactedAnswer, RedactedMessage, RedactedRequest
from strangler_dashboard.routes import TABLE

from .conftest import Place

ATTACKS = (
    "<x-evil><script>alert(1)</script>",
    "\"'><x-evil onmouseover=alert(1) style=color:red>",
    "</title></textarea></pre></code><x-evil>{{7*7}}{% if 1 %}",
    "javascript:alert(1)//<x-evil",
    "`<x-evil>`\u202e\x00\x1b[31m0123456789ab<x-evil>",
)


def message(attack: str, body: str | None) -> RedactedMessage:
    fields = ((attack, attack), ("content-type", attack), ("authorization", attack))
    return RedactedMessage(fields, body, "text", attack, 9, attack)


def hostile(place: Place) -> Place:
    """A ledger in which every text that anybody but us can choose is hostile."""
    place.start(actor=ATTACKS[0], reason=ATTACKS[1])
    ledger = place.ledger()
    for attack in ATTACKS:
        judged = place.judged(version=attack)
        found = Finding(
            f"f-{attack}", 1, f"body $['{attack}']", "changed", attack, "money",
            detail=attack, drift=((attack, Decimal(-1)),), legacy=attack, candidate=attack[::-1],
        )  # fmt: skip
        header = Finding(
            f"h-{attack}", 1, f"header $['{attack}']", "changed", "unexplained", "minor", legacy=attack
        )
        failed = Finding(f"x-{attack}", 1, "status", "failed", attack, "major", detail=attack)
        request = RedactedRequest(attack, f"/{attack}", attack, message(attack, attack))
        left = RedactedAnswer(200, message(attack, attack), 1)
        gone, other = (
            RedactedAnswer(0, None, 1, attack, attack),
            RedactedAnswer(200, message(attack, f"{attack}{attack}"), 1),
        )
        of_country: Any = {"labels": (("country", attack),)}
        batch = [
            judged.different(findings=(found,), exemplar=Exemplar(request, left, other, 1, ""), **of_country),
            judged.different(findings=(header,), exemplar=Exemplar(request, left, gone, 1, ""), **of_country),
            judged.failed("timeout", findings=(failed,)),
        ]
        report = StreamReport(attack, attack, 1, place.now_ns, 1, 9, {attack: 2}, {}, {"invoice": (1, 0, 0)})
        loss = Loss(attack, 3, attack, attack, "invoice", judged.equal().epoch.digest)
        with ledger.begin() as connection:
            flush(connection, batch, (report,), (loss,), now_ns=place.now_ns, worker=attack)
    ledger.close()
    return place


def only_text(page: Any) -> None:
    """No element, attribute or address of the page came from traffic."""
    assert page.xpath("//x-evil") == []
    assert page.xpath("//@*[starts-with(name(), 'on')] | //@style") == []
    assert [each.get("src", "")[:11] for each in page.xpath("//script")] == ["/static/app"]
    for address in page.xpath("//@href | //@action"):
        assert address.startswith(("/", "#", "?")), address


@pytest.fixture
def evil(place: Place) -> Place:
    return hostile(place)


def test_no_page_takes_a_text_for_more(evil: Place) -> None:
    ids = [each["divergence"]["id"] for each in evil.ask("/divergences.json?limit=200").json["divergences"]]
    assert len(ids) == 3 * len(ATTACKS)
    targets = {entry.path.format(id="ID", cutover="reads") for entry in TABLE}
    for target in sorted(targets):
        for address in [target.replace("ID", each) for each in ids] if "ID" in target else [target]:
            answer = evil.ask(address)
            assert answer.status == 200, address
            only_text(answer.html)
            assert b"\x00" not in answer.body
            assert "\u202e" not in answer.body.decode()


@pytest.mark.parametrize("attack", ATTACKS[:2])
def test_no_parameter_is_taken_for_more(place: Place, attack: str) -> None:
    for target in (
        f"/divergences?search={quote(attack)}",
        f"/divergences?route={quote(attack)}&version={quote(attack)}&stratum={quote(attack)}",
        f"/divergences?after={quote(attack)}",
        f"/divergences?state={quote(attack)}",
        f"/divergences/{quote(attack, safe='')}",
        f"/evidence/{quote(attack, safe='')}",
    ):
        only_text(place.ask(target).html)
