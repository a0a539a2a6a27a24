"""`python -m strangler_dashboard`: the pages under `serve`. Settings come as one line of JSON on standard input."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path
from typing import Final

from strangler_dashboard.serving import serve
from strangler_shadow.lifeline import run
from strangler_shadow.settings import PagesSettings

NICE: Final = 10
"""What carries traffic goes before what shows it."""


async def _serve(settings: PagesSettings, stop: asyncio.Event) -> None:
    os.nice(NICE)
    with socket.socket(fileno=settings.listen_fd) as listening:
        await serve(Path(settings.config), listening, stop)


if __name__ == "__main__":
    sys.exit(run("dashboard", PagesSettings, _serve))
