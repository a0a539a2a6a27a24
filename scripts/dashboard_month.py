"""Fills a ledger with a month of a billing migration, to look at the dashboard with.

python scripts/dashboard_month.py FOLDER [--live | --go-on] [--divergences N] [--comparisons N] [--ledger URL]
strangler --config FOLDER/strangler.yaml dashboard

Everything goes through the ledger's own functions: batches as the worker flushes them, transitions as the gate lets
them. Times end now; with `--live` traffic goes on until Ctrl-C. `--divergences` and `--comparisons` add so many more,
of made-up places, to measure with.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from strangler.comparison.model import Outcome
from strangler.config import Loaded, load
from strangler.cutover import Event
from strangler.effects import Said
from strangler.errors import StranglerError
from strangler.exchange import Origin
from strangler.ledger.approvals import approve, ask
from strangler.ledger.effects import fact_of, hear, probes
from strangler.ledger.epochs import epoch_key
from strangler.ledger.evidence import read_evidence
from strangler.ledger.flush import flush
from strangler.ledger.moving import move
from strangler.ledger.settled import Exemplar, Finding, Settled, StreamReport
from strangler.ledger.store import Ledger, open_ledger
from strangler.numbers import Sighting
from strangler.redaction import RedactedAnswer, RedactedMessage, RedactedRequest

MINUTE = 60_000_000_000
DAY = 1_440 * MINUTE
CONFIG = """\
version: 1
legacy: {url: "http://127.0.0.1:9"}
candidate: {url: "http://127.0.0.1:10", version: {header: X-Version}}
ledger: "%s"
strata:
  country: {answer: $.country}
  currency: {answer: $.currency}
routes:
  invoice:
    match: {method: GET, path: "/invoices/{id}"}
    identity: {header: X-Customer}
  statement:
    match: {method: GET, path: "/customers/{id}/statement"}
    identity: {header: X-Customer}
  payment:
    match: {method: GET, path: "/payments/{id}"}
    identity: {header: X-Customer}
  credit-note:
    match: {method: GET, path: "/credit-notes/{id}"}
    identity: {header: X-Customer}
  dunning:
    match: {method: GET, path: "/dunning/{id}"}
    identity: {header: X-Customer}
policy:
  tolerate: {rate: 2%%, alpha: 5%%}
  latency: {floor: 3s}
  approvals: {candidate: 1, retired: 2}
  freeze:
    - {deny: "0 0 28 * *", for: 4d, zone: Europe/Berlin, reason: the month's invoice run}
cutovers:
  invoices:
    routes: [invoice, statement]
    state: shared
    steps: [5, 25, 100]
    effects:
      month-end:
        legacy: {url: "http://127.0.0.1:9/jobs", path: $.month_end.enabled}
        candidate: {url: "http://127.0.0.1:10/jobs", path: $.month_end.enabled}
  payments:
    routes: [payment, credit-note]
    state: shared
    steps: [5, 50, 100]
    effects:
      payment-run:
        kind: payments
        legacy: {url: "http://127.0.0.1:9/runs"}
        candidate: {url: "http://127.0.0.1:10/runs"}
  dunning:
    routes: [dunning]
    state: shared
"""
PLACES = (
    (("DE", "EUR"), 40),
    (("FR", "EUR"), 18),
    (("NL", "EUR"), 9),
    (("GB", "GBP"), 14),
    (("US", "USD"), 12),
    (("JP", "JPY"), 5),
    (("KW", "KWD"), 2),
)


class Month:
    """The ledger as it fills; `now_ns` goes on from batch to batch."""

    def __init__(self, ledger: Ledger, loaded: Loaded, end_ns: int) -> None:
        self.ledger, self.loaded = ledger, loaded
        self.end_ns = end_ns
        self.now_ns = end_ns - 30 * DAY
        self.dice = random.Random(28)
        self.boot = "boot-1"
        self.sequence = self.number = 0
        self.served: dict[str, tuple[int, int, int]] = {}

    def exchange(self, cutover: str, route: str, version: str, **more: Any) -> Settled:
        """One judged exchange of now, equal unless said."""
        self.sequence += 1
        (country, currency), _ = self.dice.choices(PLACES, [weight for _, weight in PLACES])[0]
        at_ns = self.now_ns - self.dice.randrange(10 * MINUTE)
        legacy_ns = int(self.dice.lognormvariate(3.2, 0.5) * 1e6)
        values: dict[str, Any] = {
            "origin": Origin("plane-1", self.boot, self.sequence),
            "at_ns": at_ns,
            "seen_ns": at_ns,
            "route": route,
            "epoch": epoch_key(self.loaded.config, cutover, version),
            "primary": "legacy",
            "labels": (("country", country), ("currency", currency)),
            "outcome": Outcome("equal"),
            "legacy_ns": legacy_ns,
            "candidate_ns": int(legacy_ns * self.dice.uniform(0.5, 1.4)),
            "legacy_status": 200,
            "candidate_status": 200,
            "mark": self.dice.randbytes(8),
        }
        return Settled(**{**values, **more})

    def write(self, batch: list[Settled]) -> None:
        """Flush as the worker does, with what the plane said."""
        for settled in batch:
            legacy, candidate, fallback = self.served.get(settled.route, (0, 0, 0))
            mine = settled.primary == "candidate"
            self.served[settled.route] = (legacy + (not mine), candidate + mine, fallback)
        self.number += 1
        report = StreamReport(
            "plane-1",
            self.boot,
            4711,
            self.now_ns,
            1,
            self.sequence + 37,
            {"queue": 37},
            {"too-large": 12},
            self.served,
        )
        with self.ledger.begin() as connection:
            flush(connection, batch, (report,), now_ns=self.now_ns, worker="worker-1", number=self.number)

    def hours(
        self, cutover: str, routes: tuple[str, ...], version: str, hours: int, per_hour: int, **wrong: Any
    ) -> None:
        """So many hours of traffic; `wrong`: route to what differs there and in how many of a thousand."""
        for hour in range(hours):
            self.now_ns += 60 * MINUTE
            day = 1 + 0.6 * (7 <= hour % 24 <= 18)
            batch = [
                self._one(cutover, route, version, wrong.get(route.replace("-", "_"), ()))
                for route in routes
                for _ in range(int(per_hour * day * self.dice.uniform(0.7, 1.3)))
            ]
            self.write(batch)

    def _one(self, cutover: str, route: str, version: str, wrong: Any) -> Settled:
        settled = self.exchange(cutover, route, version)
        for kind, of_thousand in wrong:
            if self.dice.random() * 1000 < of_thousand:
                return different(settled, kind, self.dice)
        return settled

    def probed(self, quiet: tuple[str, ...]) -> None:
        """What the probes of both sides say now."""
        with self.ledger.begin() as connection:
            for (cutover, effect, side), probe in probes(self.loaded.config).items():
                calm = side in quiet and effect != "payment-run"  # the candidate pays, too: not to be missed
                word, detail = ("quiet", "false") if calm else ("active", "true")
                said = Said(word, detail, self.now_ns)  # type: ignore[arg-type]
                hear(connection, fact_of(cutover, effect, side, probe, said))

    def moved(self, cutover: str, event: Any, reason: str, actor: str = "mara") -> None:
        """A transition, if the gate agrees; what it says otherwise."""
        self.probed(("candidate",))
        try:
            move(self.ledger, self.loaded, cutover, Event(event, actor, reason), self.now_ns)
        except StranglerError as error:
            print(f"  {cutover} {event}: {error.what}")  # it stays where it is, which is part of the story


KINDS: dict[str, tuple[str, str, str, str, str, dict[str, Any]]] = {
    # place, kind, cause, severity, detail, and legacy's value with the candidate's
    "rounding": ("body $.totals.tax", "changed", "rounding", "money", "half-even against half-up", {}),
    "yen": (
        "body $.totals.gross",
        "changed",
        "minor-units",
        "money",
        "hundredths of a currency that has none",
        {},
    ),
    "sign": ("body $.amount", "changed", "sign", "money", "the candidate's is negative", {}),
    "stamp": (
        "body $.issued_at",
        "changed",
        "time-zone",
        "minor",
        "the same moment, written in another zone",
        {},
    ),
    "name": ("body $.customer.name", "changed", "unicode-form", "minor", "NFC against NFD", {}),
    "null": ("body $.lines[*].discount", "missing", "null-or-absent", "major", "absent instead of null", {}),
    "order": ("body $.lines", "order", "order", "info", "the same lines in another order", {}),
    "header": ("header $['cache-control']", "changed", "unexplained", "info", "", {}),
}


def document(dice: random.Random, currency: str) -> dict[str, Any]:
    """An invoice as legacy answers it."""
    digits = {"JPY": 0, "KWD": 3}.get(currency, 2)
    lines = []
    for number in range(1, dice.randrange(3, 9)):
        net = Decimal(dice.randrange(100, 90_000)).scaleb(-digits)
        lines.append(
            {
                "line": number,
                "text": dice.choice(TEXTS),
                "quantity": dice.randrange(1, 9),
                "net": str(net),
                "discount": None,
            }
        )
    net = sum((Decimal(str(line["net"])) for line in lines), Decimal(0))
    tax = (net * Decimal("0.19")).quantize(Decimal(1).scaleb(-digits))
    return {
        "id": f"INV-2026-{dice.randrange(10_000, 99_999)}",
        "currency": currency,
        "customer": {
            "id": dice.randrange(1000, 9999),
            "name": dice.choice(NAMES),
            "iban": "[iban:ckdjfhabcmnopqrs]",
        },
        "issued_at": "2026-11-27T23:10:00+01:00",
        "lines": lines,
        "totals": {"net": str(net), "tax": str(tax), "gross": str(net + tax)},
        "amount": str(net + tax),
    }


TEXTS = ("Licence, monthly", "Support hours", "Storage, 100 GB", "Onboarding", "Traffic above plan", "Seat")
NAMES = (
    "Bäckerei Grünwald",
    "Société Générale du Pain",
    "Kōbe Denki K.K.",
    "Al Jahra Trading",
    "Harper & Finch Ltd",
)


def different(settled: Settled, name: str, dice: random.Random) -> Settled:
    """The same exchange with one thing wrong in it, and both answers kept."""
    if name == "timeout":
        found = Finding(
            "failed-timeout", 1, "status", "failed", "timeout", "major", detail="no answer within 5 s"
        )
        outcome = Outcome("failed", failure="timeout", blame="candidate")
        return msgspec.structs.replace(
            settled, outcome=outcome, findings=(found,), candidate_ns=None, candidate_status=0
        )
    currency = dict(settled.labels)["currency"]
    place, kind, cause, severity, detail, _ = KINDS[name]
    legacy = document(dice, currency)
    candidate = json.loads(json.dumps(legacy))
    drift = _spoil(name, candidate, currency)
    values = _values(place, legacy, candidate)
    found = Finding(
        f"{settled.route}-{name}", 1, place, kind, cause, severity,  # type: ignore[arg-type]
        detail=detail, drift=drift, legacy=values[0], candidate=values[1],
    )  # fmt: skip
    return msgspec.structs.replace(
        settled,
        outcome=Outcome("different"),
        findings=(found,),
        exemplar=kept(settled.route, legacy, candidate, name),
    )


def _spoil(name: str, candidate: dict[str, Any], currency: str) -> tuple[tuple[str, Decimal], ...]:
    unit = Decimal(1).scaleb({"JPY": 0, "KWD": -3}.get(currency, -2))
    totals = candidate["totals"]
    if name == "rounding":
        totals["tax"], totals["gross"] = (
            str(Decimal(totals["tax"]) - unit),
            str(Decimal(totals["gross"]) - unit),
        )
        return ((currency, -unit),)
    if name == "yen":
        before = Decimal(totals["gross"])
        totals["gross"] = str(before / 100)
        return ((currency, before / 100 - before),)
    if name == "sign":
        before = Decimal(candidate["amount"])
        candidate["amount"] = str(-before)
        return ((currency, -2 * before),)
    if name == "stamp":
        candidate["issued_at"] = "2026-11-27T22:10:00Z"
    elif name == "name":
        candidate["customer"]["name"] = (
            candidate["customer"]["name"].replace("ü", "u\u0308").replace("é", "e\u0301")
        )
    elif name == "null":
        for line in candidate["lines"]:
            del line["discount"]
    elif name == "order":
        candidate["lines"].reverse()
    return ()


def _values(place: str, legacy: Any, candidate: Any) -> tuple[str, str]:
    if place.startswith("header"):
        return '"no-store"', '"private"'
    steps = place.removeprefix("body $.").replace("[*]", ".0").split(".")

    def at(node: Any) -> str:
        for step in steps:
            node = node[int(step)] if isinstance(node, list) else node.get(step) if node else None
        return json.dumps(node, ensure_ascii=False)[:190]

    return at(legacy), at(candidate)


def kept(route: str, legacy: Any, candidate: Any, name: str) -> Exemplar:
    """Both answers, as redaction leaves them."""

    def answer(body: Any, cache: str, took: int) -> RedactedAnswer:
        text = json.dumps(body, ensure_ascii=False)
        fields = (("content-type", "application/json"), ("cache-control", cache))
        return RedactedAnswer(
            200, RedactedMessage(fields, text, "tree", "application/json", len(text), "0" * 64), took
        )

    fields = (
        ("accept", "application/json"),
        ("authorization", "Bearer [token:abcdefghijklmnop]"),
        ("x-customer", "4711"),
    )
    request = RedactedRequest(
        "GET", f"/{route}s/{legacy['id']}?expand=lines&lang=de", "billing.example.com",
        RedactedMessage(fields, None, "absent", "", 0, ""),
    )  # fmt: skip
    return Exemplar(
        request,
        answer(legacy, "no-store", 31_000_000),
        answer(candidate, "private" if name == "header" else "no-store", 22_000_000),
        1,
        "1a2b3c4d",
    )


def story(month: Month) -> None:
    """Invoices reach 25 %, payments are stuck on an amount, dunning has not begun."""
    both, money = ("invoice", "statement"), ("payment", "credit-note")
    month.moved("invoices", "start", "CHG-1204")
    month.moved("payments", "start", "CHG-1311")
    month.hours(
        "invoices",
        both,
        "2.0.0",
        120,
        30,
        invoice=[("rounding", 60), ("stamp", 12)],
        statement=[("null", 20)],
    )
    month.hours("payments", money, "2.0.0", 30, 20, payment=[("timeout", 3)], credit_note=[("sign", 40)])
    month.hours(
        "invoices",
        both,
        "2.1.0",
        170,
        35,
        invoice=[("name", 0.4), ("header", 0.3)],
        statement=[("order", 0.3)],
    )
    month.hours("invoices", both, "2.2.0", 24, 40, invoice=[("yen", 30)], statement=[("rounding", 9)])
    month.hours("invoices", both, "2.2.1", 200, 38)
    month.moved("invoices", "advance", "CHG-1204")
    month.hours("invoices", both, "2.2.1", 30, 38)
    month.moved("invoices", "advance", "CHG-1204")
    while month.now_ns < month.end_ns - 70 * MINUTE:
        month.hours("invoices", both, "2.2.1", 1, 25)
        month.hours(
            "payments",
            money,
            "2.2.1",
            1,
            18,
            payment=[("rounding", 4), ("timeout", 2)],
            credit_note=[("sign", 25)],
        )
        month.now_ns -= 60 * MINUTE
    month.now_ns = month.end_ns
    month.write(
        [month.exchange("invoices", "invoice", "2.2.1") for _ in range(20)]
        + [
            different(month.exchange("payments", "payment", "2.2.1"), "rounding", month.dice)
            for _ in range(2)
        ]
    )


def beside(month: Month) -> None:
    """What is kept beside evidence: numbers with a gap and a double, what probes said, an approval."""
    at_ns = month.end_ns - 2 * DAY
    drawn = [
        ("INV-2026-", number, f"d{number}")
        for number in range(41_001, 41_180)
        if number not in (41_077, 41_078)
    ]
    drawn += [
        ("INV-2026-", 41_102, "another"),
        *(("CN-", number, f"c{number}") for number in range(700, 731)),
    ]
    seen = [
        Sighting(
            series, number, "legacy", document, "draw", at_ns + place * MINUTE, at_ns + place * MINUTE + 9
        )
        for place, (series, number, document) in enumerate(drawn)
    ]
    month.write([month.exchange("invoices", "invoice", "2.2.1", numbers=tuple(seen))])
    month.probed(("candidate",))
    with month.ledger.begin() as connection:
        evidence = read_evidence(connection, month.loaded, "invoices", month.now_ns)
        ask(connection, evidence, "5e1f" * 16, "canary 100 %", "mara", month.now_ns - 50 * MINUTE)
        approve(
            connection,
            evidence,
            "",
            "jonas",
            "read the evidence, CHG-1204",
            month.now_ns - 20 * MINUTE,
            86_400_000,
        )


def live(month: Month) -> None:
    """A batch a second, and now and then something that differs."""
    while True:
        month.now_ns = time.time_ns()
        month.probed(("candidate",))
        batch = [
            month.exchange("invoices", route, "2.2.1", at_ns=month.now_ns, seen_ns=month.now_ns)
            for route in ("invoice", "statement")
        ]
        if month.dice.random() < 0.2:
            settled = month.exchange("payments", "payment", "2.2.1", at_ns=month.now_ns, seen_ns=month.now_ns)
            batch.append(different(settled, "rounding", month.dice))
        month.write(batch)
        time.sleep(1)


def more(month: Month, divergences: int, comparisons: int) -> None:
    """As many again of both, at places that nobody meant."""
    for batch in _batches(month, divergences, comparisons):
        month.write(batch)


def _batches(month: Month, divergences: int, comparisons: int) -> Iterator[list[Settled]]:
    batch: list[Settled] = []
    for number in range(divergences):
        settled = month.exchange("payments", "payment", "2.2.1")
        found = Finding(
            f"made-{number}", 1, f"body $.made.part{number % 997}.field{number}", "changed",
            ("unexplained", "rounding", "scale", "order")[number % 4], ("money", "major", "minor", "info")[number % 4],
            drift=(("EUR", Decimal(number % 5_000 - 2_500) / 100),) if number % 4 == 0 else (),
            legacy=f'"{number}"', candidate=f'"{number + 1}"',
        )  # fmt: skip
        batch.append(msgspec.structs.replace(settled, outcome=Outcome("different"), findings=(found,)))
        if len(batch) == 1_000:
            yield batch
            batch = []
    yield batch
    equal = month.exchange("payments", "payment", "2.2.1", mark=b"")
    for start in range(0, comparisons, 20_000):
        at_ns = month.end_ns - start * 2 * DAY // max(1, comparisons)
        yield [
            msgspec.structs.replace(equal, seen_ns=at_ns - n * 4_000_000)
            for n in range(min(20_000, comparisons - start))
        ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--live", action="store_true")
    parser.add_argument(
        "--go-on", action="store_true", help="with a folder that is filled: traffic alone, until Ctrl-C"
    )
    parser.add_argument("--divergences", type=int, default=0)
    parser.add_argument("--comparisons", type=int, default=0)
    parser.add_argument("--ledger", default="sqlite:///strangler.db")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    file = arguments.folder / "strangler.yaml"
    if not arguments.go_on:
        file.write_text(CONFIG % arguments.ledger)
    loaded = load(file)
    ledger = open_ledger(loaded.config.ledger, loaded.folder)
    month = Month(ledger, loaded, time.time_ns())
    if arguments.go_on:
        month.boot, month.number = f"boot-{time.time_ns()}", int(time.time())
    else:
        story(month)
        beside(month)
        more(month, arguments.divergences, arguments.comparisons)
    print(f"{month.sequence:,} exchanges: strangler --config {file} dashboard", flush=True)
    try:
        if arguments.live or arguments.go_on:
            live(month)
    except KeyboardInterrupt:
        pass
    finally:
        ledger.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
