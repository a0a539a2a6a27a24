"""What `strangler demo` was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """`defects`: on at first. `folder`: where ledger, logs and databases stay. `rate`: requests a second.

    `keep_serving`: stay up after the summary, until interrupted.
    """

    seed: int
    folder: Path
    defects: tuple[str, ...]
    rate: int = 220
    json_file: Path | None = None
    keep_serving: bool = False
