"""Everything that comes from traffic carries hostile text through every page; none of it is ever more than text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from strangler.ledger import approvals, divergences, effects, numbers
from strangler.ledger.evidence import read_evidence
from strangler.ledger.facts import Fact, put
from strangler.ledger.flush import flush
from strangler.ledger.settled import Exemplar, Finding, Loss, StreamReport
from strangler.numbers import Sighting
from strangler.redaction import RedactedAnswer, RedactedMessage, RedactedRequest
from strangler_dashboard.routes import TABLE

from .conftest import CONFIG, Place

ATTACKS = (
    "<x-evil><script>alert(1)</script>",
    "\"'><x-evil onmouseover=alert(1) style=color:red>",
    "</title></textarea></pre></code><x-evil>{{7*7}}{% if 1 %}",
    "javascript:alert(1)//<x-evil",
    "`<x-evil>`\u202e\x00\x1b[31m0123456789ab<x-evil>",
)


PEOPLE = """\
    effects:
      month-end: {legacy: {url: "http://127.0.0.1:1/l"}}
"""


def message(attack: str, body: str | None) -> RedactedMessage:
    fields = ((attack, attack), ("content-type", attack), ("authorization", attack))
    return RedactedMessage(fields, body, "text", attack, 9, attack)


def by_people(place: Place, attacks: Sequence[str]) -> None:
    """What people say: approvals, acceptances with their rules, words for effects and numbers, names of migrations."""
    ledger, now_ns = place.ledger(), place.now_ns
    config = place.loaded.config
    for number, attack in enumerate(attacks):
        who: dict[str, Any] = {"actor": attack, "reason": f"x{attack}", "now_ns": now_ns + number}
        plain = attack.replace("\0", "")
        with ledger.begin() as connection:
            put(connection, Fact("migration", plain, plain, "", now_ns))
            put(connection, Fact("parity", plain, plain, plain, now_ns))
            evidence = read_evidence(connection, place.loaded, "reads", now_ns)
            approvals.ask(connection, evidence, f"{number}" * 16, attack, f"asker {attack}", now_ns)
            approvals.approve(connection, evidence, f"{number}" * 16, attack, attack, now_ns, 86_400_000)
            effects.acknowledge(connection, config, "reads", "month-end", "legacy", **who)
            numbers.acknowledge(connection, config, attack, 2, 2, **who)
            found = divergences.divergences(connection)[number * 2]
            divergences.accept(connection, found.id, rule=attack, whole=True, **who)
    ledger.close()


def hostile(place: Place, attacks: Sequence[str] = ATTACKS) -> Place:
    """A ledger in which every text that anybody but us can choose is hostile."""
    routes = "    routes: [invoice, invoices]\n"
    place.file.write_text(CONFIG.replace(routes, routes + PEOPLE))
    place.start(actor=attacks[0], reason=attacks[1])
    ledger, old = place.ledger(), place.now_ns - 10**15
    for attack in attacks:
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
        drawn = tuple(Sighting(attack, n, "legacy", f"{attack}{n}", "draw", old, old) for n in (1, 3))
        batch = [
            judged.equal(numbers=drawn),
            judged.different(findings=(found,), exemplar=Exemplar(request, left, other, 1, ""), **of_country),
            judged.different(findings=(header,), exemplar=Exemplar(request, left, gone, 1, ""), **of_country),
            judged.failed("timeout", findings=(failed,)),
        ]
        report = StreamReport(attack, attack, 1, place.now_ns, 1, 9, {attack: 2}, {}, {"invoice": (1, 0, 0)})
        loss = Loss(attack, 3, attack, attack, "invoice", judged.equal().epoch.digest)
        with ledger.begin() as connection:
            flush(connection, batch, (report,), (loss,), now_ns=place.now_ns, worker=attack)
    ledger.close()
    by_people(place, attacks)
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
    targets = {entry.path.format(id="ID", cutover="reads", migration="") for entry in TABLE} - {
        "/migrations/"
    }
    for target in sorted(targets):
        for address in [target.replace("ID", each) for each in ids] if "ID" in target else [target]:
            answer = evil.ask(address)
            assert answer.status == 200, address
            only_text(answer.html)
            assert b"\x00" not in answer.body
            assert "\u202e" not in answer.body.decode()
            data = evil.ask(f"{address}.json")
            assert (data.headers["content-type"], data.headers["x-content-type-options"]) == (
                "application/json",
                "nosniff",
            )
            assert data.json


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
