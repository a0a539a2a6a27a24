"""Python's clock, moved on by as many seconds as a file says: for a story that takes weeks.

With this folder on PYTHONPATH and STORY_CLOCK naming the file. The monotonic clock, and so every timeout, stays.
"""

from __future__ import annotations

import os
import time
from pathlib import Path


def _moved(file: Path) -> None:
    real_ns = time.time_ns

    def time_ns() -> int:
        return real_ns() + int(file.read_text() or "0") * 1_000_000_000

    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1_000_000_000


if "STORY_CLOCK" in os.environ:
    _moved(Path(os.environ["STORY_CLOCK"]))
