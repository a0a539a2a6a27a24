"""The real dashboard of a folder, as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served(folder: Path) -> Generator[str]:
    """Its address, without a path. Raises RuntimeError where it does not start."""
    command = [sys.executable, "-m", "strangler_cli.main", "--config", str(folder / "strangler.yaml")]
    with subprocess.Popen(  # noqa: S603  our own program
        [*command, "dashboard", "--port", "0"], cwd=folder, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            if "/board" not in said:
                raise RuntimeError(f"the dashboard did not start: {said}")
            yield said.partition(" at ")[2].partition("/board")[0]
        finally:
            process.terminate()
