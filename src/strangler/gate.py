"""The gate: policy and evidence in, verdict out. Pure; no data never passes.

Precedence of the status over all reasons: blocked, insufficient, frozen, pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

from strangler.evidence import Evidence

if TYPE_CHECKING:
    from strangler.config.policy import Policy

type Status = Literal["pass", "blocked", "insufficient", "frozen"]

EXIT_CODES: Final[dict[Status, int]] = {"pass": 0, "blocked": 1, "insufficient": 3, "frozen": 4}


class FactLike(Protocol):
    """What the gate reads of a fact (`strangler.ledger.facts.Fact` fits)."""

    @property
    def kind(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def phase(self) -> str: ...
    @property
    def at_ns(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that stands in the way: what was measured, what was required, what would change it.

    `code` is stable (for CI): `no-epoch`, `version-unknown`, `versions-at-once`, `worker-dead`, `no-traffic`,
    `stale`, `minimum`, `evidence` (the e-process has not decided), `rate` (it decided against), `open-divergences`,
    `wrong-amount`, `failed-share`, `dropped-share`, `unsettled-share`, `expired-rule`, `lag`, `paused`.
    `status`: what this reason alone would make of the verdict. `config_line`: of strangler.yaml, 0 if none.
    """

    code: str
    status: Status
    measured: str
    required: str
    remedy: str
    config_line: int = 0
    route: str = ""
    stratum: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reasons` is empty exactly when the status is `pass`. `notes`: for information (routes not compared).

    `needed`: further comparisons per route until it could pass, as things stand (routes that wait for data only).
    """

    cutover: str
    status: Status
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...] = ()
    evidence_hash: str = ""

    @property
    def exit_code(self) -> int:
        """0 pass, 1 blocked, 3 insufficient, 4 frozen."""
        return EXIT_CODES[self.status]


def judge(
    policy: Policy,
    evidence: Evidence,
    facts: Sequence[FactLike],
    now_ns: int,
    line_of: Callable[..., int] = lambda *_: 0,
) -> Verdict:
    """Judge. `policy`: `config.policy_of(cutover)`; `line_of`: `loaded.line_of`."""
    raise NotImplementedError


def rollback_reasons(
    policy: Policy, evidence: Evidence, line_of: Callable[..., int] = lambda *_: 0
) -> tuple[Reason, ...]:
    """Why control must roll back by itself; empty: it need not. Only ever something in canary and candidate.

    A wrong amount that reached a customer (`wrong-amount`), at once; a mismatch rate the e-process has decided
    against (`rate`), rollback's alpha spent over strata as they were found; the same for the candidate's failures
    alone (`failed-share`) against the tolerated failed share.
    """
    raise NotImplementedError
