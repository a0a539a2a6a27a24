"""A Chromium of this machine for tests of pages: `STRANGLER_TEST_BROWSER` names one, else the path is searched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

VARIABLE: Final = "STRANGLER_TEST_BROWSER"
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLACES: Final = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def chromium(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The program; None where there is none, or the variable names what is no program."""
    if named := environment.get(VARIABLE):
        return Path(named) if os.access(named, os.X_OK) else None
    found = (shutil.which(name, path=environment.get("PATH")) for name in NAMES)
    there = (place for place in _PLACES if os.access(place, os.X_OK))
    program = next((each for each in (*found, *there) if each), None)
    return Path(program) if program else None


def arguments() -> list[str]:
    """What it is started with: as root it has no sandbox to offer; a container's /dev/shm may be too small for it."""
    return ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
