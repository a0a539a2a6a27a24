"""Divergences as people see them: list, show, accept, resolve.

States: `open` when first seen; `accepted` when a person wrote a rule for it; `resolved` when it was not
seen in an epoch that passed, or a person says so; `regressed` when an accepted or resolved one is seen
again in a later epoch. The gate looks at what was seen in the epoch, whatever the state: accepting launders
nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec
from sqlalchemy import Connection

from strangler.comparison.model import Kind, Severity
from strangler.ledger.settled import Exemplar

type State = Literal["open", "accepted", "resolved", "regressed"]


class Divergence(msgspec.Struct, frozen=True):
    """`id`: twelve hex digits, from cutover, route and fingerprint. Counts are exchanges, over all epochs.

    `versions`: the candidate versions it was seen with, the latest first. `drift`: candidate minus legacy,
    per currency. `wrong_amounts`: exchanges in which the customer got the candidate's amount.
    """

    id: str
    cutover: str
    route: str
    fingerprint: str
    location: str
    kind: Kind
    cause: str
    severity: Severity
    detail: str
    legacy: str
    candidate: str
    state: State
    count: int
    wrong_amounts: int
    first_ns: int
    last_ns: int
    versions: tuple[str, ...]
    drift: tuple[tuple[str, Decimal], ...]
    merged_into: str
    reason: str
    actor: str


class Shown(msgspec.Struct, frozen=True):
    """A divergence with its exemplars, the most telling first."""

    divergence: Divergence
    exemplars: tuple[Exemplar, ...]


def divergences(
    connection: Connection,
    cutover: str | None = None,
    *,
    epoch: int | None = None,
    state: State | None = None,
) -> list[Divergence]:
    """Worst first: severity, then count. `epoch`: only those seen in it, with the counts of that epoch."""
    raise NotImplementedError


def find(connection: Connection, prefix: str) -> Divergence:
    """The one whose id (or fingerprint) starts with `prefix`. Raises UsageError for none, or several."""
    raise NotImplementedError


def show(connection: Connection, prefix: str) -> Shown:
    """As `find`, with exemplars."""
    raise NotImplementedError


def accept(
    connection: Connection, prefix: str, *, actor: str, reason: str, rule: str, now_ns: int
) -> Divergence:
    """Mark it accepted, with an audit entry. `rule`: the rule that was written, as YAML. The caller writes
    the file.

    Raises UsageError without a reason.
    """
    raise NotImplementedError


def resolve(connection: Connection, prefix: str, *, actor: str, reason: str, now_ns: int) -> Divergence:
    """A person says it is gone, with an audit entry."""
    raise NotImplementedError


def resolve_unseen(connection: Connection, cutover: str, epoch: int, *, actor: str, now_ns: int) -> int:
    """Resolve what is open in a cutover and was not seen in `epoch` (call it when that epoch passed); how
    many.
    """
    raise NotImplementedError
