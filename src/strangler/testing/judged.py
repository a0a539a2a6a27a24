"""Judged exchanges and a configuration to go with them, for tests of what comes after the worker."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from strangler.comparison.model import Outcome, Severity, Verdict
from strangler.config.load import Loaded, parse
from strangler.exchange import FailureReason, Origin, Side
from strangler.ledger.epochs import epoch_key
from strangler.ledger.settled import EpochKey, Exemplar, Finding, Settled
from strangler.redaction import RedactedAnswer, RedactedMessage, RedactedRequest

CONFIG: Final = """\
version: 1
legacy: {url: "http://127.0.0.1:1"}
candidate: {url: "http://127.0.0.1:2", version: {header: X-Version}}
routes:
  invoice: GET /invoices/{id}
  invoices: GET /invoices
  pay:
    match: {method: POST, path: /payments}
cutovers:
  reads:
    routes: [invoice, invoices]
policy:
  tolerate: {rate: 1%, alpha: 5%}
"""
"""Two read routes in the cutover `reads`, one that writes in none."""

MINUTE: Final = 60_000_000_000
START: Final = 1_700_000_000_000_000_000


def configuration(text: str = CONFIG, **replacements: str) -> Loaded:
    """The configuration of a text, as if it stood in `strangler.yaml`."""
    for old, new in replacements.items():
        text = text.replace(old, new)
    return parse(text, Path("strangler.yaml"))


class Judged:
    """Makes `Settled` values for one cutover; `seq` and time go on by themselves.

    `version` and `at_ns` may be set between calls. Each exchange takes a millisecond.
    """

    def __init__(self, loaded: Loaded | None = None, cutover: str = "reads", version: str = "1") -> None:
        self.loaded = loaded or configuration()
        self.cutover = cutover
        self.version = version
        self.at_ns = START
        self.seq = 0
        self.plane, self.boot = "plane-0", "boot-0"
        self._keys: dict[str, EpochKey] = {}

    def equal(self, route: str = "invoice", **more: Any) -> Settled:
        """Both sides answered the same."""
        return self._settled(route, Outcome("equal"), **more)

    def equals(self, count: int, route: str = "invoice", **more: Any) -> list[Settled]:
        """Several of them."""
        return [self.equal(route, **more) for _ in range(count)]

    def different(
        self,
        route: str = "invoice",
        fingerprint: str = "f1",
        *,
        severity: Severity = "major",
        drift: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Settled:
        """They differ in one place; `drift` is currency to decimal text."""
        amounts = tuple((currency, Decimal(amount)) for currency, amount in (drift or {}).items())
        found = Finding(
            fingerprint,
            1,
            f"body $.{fingerprint}",
            "changed",
            "unexplained",
            severity,
            drift=amounts,
        )
        more.setdefault("findings", (found,))
        return self._settled(route, Outcome("different"), **more)

    def failed(
        self, reason: FailureReason, blame: Side | None = "candidate", route: str = "invoice", **more: Any
    ) -> Settled:
        """There was nothing to compare; what the candidate caused has a finding of kind `failed`."""
        if blame == "candidate":
            found = Finding(f"failed-{reason}", 1, "status", "failed", reason, "major")
            more.setdefault("findings", (found,))
        verdict: Verdict = "failed"
        return self._settled(route, Outcome(verdict, failure=reason, blame=blame), **more)

    def _settled(self, route: str, outcome: Outcome, **more: Any) -> Settled:
        self.seq += 1
        self.at_ns += 1_000_000
        values: dict[str, Any] = {
            "origin": Origin(self.plane, self.boot, self.seq),
            "at_ns": self.at_ns,
            "seen_ns": self.at_ns,
            "route": route,
            "epoch": self._epoch(),
            "primary": "legacy",
            "labels": (),
            "outcome": outcome,
            "legacy_ns": 2_000_000,
            "candidate_ns": 3_000_000,
        }
        return Settled(**{**values, **more})

    def _epoch(self) -> EpochKey:
        """Made once per version: it compiles rules."""
        if self.version not in self._keys:
            self._keys[self.version] = epoch_key(self.loaded.config, self.cutover, self.version)
        return self._keys[self.version]


def exemplar(body: str = "{}") -> Exemplar:
    """A redacted exchange with this body on both sides."""
    message = RedactedMessage((), body, "tree", "application/json", len(body), "0" * 64)
    request = RedactedRequest("GET", "/invoices/1", "localhost", RedactedMessage((), "", "text", "", 0, ""))
    answer = RedactedAnswer(200, message, 1_000_000)
    return Exemplar(request, answer, answer, 1, "00000000")
