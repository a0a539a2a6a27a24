"""What is asked before a contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from strangler_migrations.brownout import Brownout
from strangler_migrations.readers.model import Standing

type LineOf = Callable[..., int]
"""The line (from 1) of a location of strangler.yaml, as `Loaded.line_of`; 0 without a file."""

NOW: Final = timedelta(minutes=5)
"""Who was seen within this uses it now."""
SHORTEST: Final = timedelta(seconds=90)
"""No window is shorter: a writer leaves its mark once a minute."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`window`: nobody for so long, 0: nobody now; `month_end`: and over the end of a month, by the clocks of `zone`.
    `parity`: how old the proof of it may be. `strict`: what is unknown is in the way; without, it is only told.
    """

    window: timedelta = timedelta(days=31)
    month_end: bool = True
    zone: str = "UTC"
    parity: timedelta = timedelta(days=1)
    strict: bool = True


LAX: Final = Policy(timedelta(0), month_end=False, strict=False)
"""Without a configuration: only who uses the old form now, and forms that are not proven to agree."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a comparison of both forms found. `rows` is None where only the verdict is known (the ledger's)."""

    verdict: Literal["equal", "different", "unfinished"]
    at: datetime
    rows: int | None = None
    apart: int = 0
    example: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """A cutover that keeps the old form until it is in a phase. `phase` is None where the ledger does not answer."""

    cutover: str
    required: str
    phase: str | None


def no_line(*_location: str | int) -> int:
    """For configuration that came from no file."""
    return 0


@dataclass(frozen=True, slots=True)
class Case:
    """`begun`: since when both forms are there; None: not yet, and it is only asked what will be asked."""

    standing: Standing
    begun: datetime | None
    proof: Proof | None
    needs: tuple[Need, ...]
    policy: Policy
    line_of: LineOf = field(default=no_line)
    brownout: Brownout | None = None
    """The latest."""

    @property
    def now(self) -> datetime:
        """When it was looked."""
        return self.standing.now
