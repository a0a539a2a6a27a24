"""What the gate says: a status, and for each thing in the way what was measured, required, and would change
it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

type Status = Literal["pass", "blocked", "insufficient", "frozen"]

EXIT_CODES: Final[dict[Status, int]] = {"pass": 0, "blocked": 1, "insufficient": 3, "frozen": 4}
_PRECEDENCE: Final[tuple[Status, ...]] = ("blocked", "insufficient", "frozen", "pass")


class FactLike(Protocol):
    """What the gate reads of a fact (`strangler.ledger.facts.Fact` fits)."""

    @property
    def kind(self) -> str:
        """`lag`, `migration`, …."""
        ...

    @property
    def subject(self) -> str:
        """What it is about."""
        ...

    @property
    def phase(self) -> str:
        """What is so."""
        ...

    @property
    def at_ns(self) -> int:
        """Since when it is known."""
        ...


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that stands in the way: what was measured, what was required, what would change it.

    `code` is stable (for CI): `no-epoch`, `version-unknown`, `versions-at-once`, `worker-dead`,
    `no-traffic`, `stale`, `minimum`, `stratum-minimum`, `evidence` (the e-process has not decided), `rate` (it decided
    against), `open-divergences`, `drift` (of money), `wrong-amount`, `failed-share`, `error-rate`,
    `dropped-share`, `unsettled-share`, `coverage`,
    `latency`, `sample-ratio` (a canary is not split as its weight says), `expired-rule`, `lag`,
    `way-back` (nothing proves that legacy could serve again), `nothing-comparable`, `effect-active`,
    `effect-unknown`, `numbers` (gaps, doubles, …), `paused`, `required-cutover`, `required-migration`, `freeze`,
    `held`, `soak`, `approval`. Of a migration's contract: `old-reader`, `window`, `brownout`, `unknown-reader`,
    `parity`, `kept` (by a cutover). `status`: what this reason alone would make of the verdict. `config_line`: of
    strangler.yaml, 0 if none. `more`: further comparisons it takes, where that is known.
    """

    code: str
    status: Status
    measured: str
    required: str
    remedy: str
    config_line: int = 0
    route: str = ""
    stratum: str = ""
    more: int | None = None


def status_of(reasons: Iterable[Reason]) -> Status:
    """What several reasons come to: blocked before insufficient, insufficient before frozen; none: pass."""
    found: list[Status] = ["pass", *(reason.status for reason in reasons)]
    return min(found, key=_PRECEDENCE.index)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reasons` is empty exactly when the status is `pass`. `notes`: for information."""

    cutover: str
    status: Status
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...] = ()
    evidence_hash: str = ""

    @property
    def exit_code(self) -> int:
        """0 pass, 1 blocked, 3 insufficient, 4 frozen."""
        return EXIT_CODES[self.status]
