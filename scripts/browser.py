"""Sees to it that there is a Chromium for the tests of the pages: Debian's, where this may install packages.

Does nothing where there is one, or where it may not; then the tests that need one say that they are skipped. An attempt
that failed is not made again for a day.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from strangler.testing.browser import VARIABLE, chromium

TRIED = Path(__file__).resolve().parent.parent / ".tools" / "no-browser"
DAY = 86_400
COMMANDS = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"),
)


def may_install() -> bool:
    """Root, on a system with apt-get, where it was not just tried in vain."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    return not TRIED.exists() or time.time() - TRIED.stat().st_mtime > DAY


def install() -> bool:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in COMMANDS:
        try:
            ran = subprocess.run(command, env=quiet, capture_output=True, text=True, timeout=300, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            print("browser: %s: %s" % (" ".join(command), error), file=sys.stderr)
            return False
        if ran.returncode != 0:
            said = (ran.stderr.strip().splitlines() or ["exit code %d" % ran.returncode])[-1]
            print("browser: %s: %s" % (" ".join(command), said), file=sys.stderr)
            return False
    return chromium() is not None


def main() -> int:
    if chromium() is not None:
        return 0
    if may_install():
        print("browser: installing Debian's chromium for the tests of the pages", file=sys.stderr)
        if install():
            return 0
        TRIED.parent.mkdir(parents=True, exist_ok=True)
        TRIED.write_text("installing chromium failed here\n", encoding="utf-8")
    print(
        "browser: no Chromium here, so the tests of the pages in a browser are skipped; "
        "install one, or name one: %s=/path/to/chromium" % VARIABLE,
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
