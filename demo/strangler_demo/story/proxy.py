"""`strangler serve` in front of the two services: a process of its own, as an operator would start it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from strangler.errors import Unreachable
from strangler_demo.priority import give_way
from strangler_demo.story.commands import launcher

_START_SECONDS: Final = 30
_STOP_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running `strangler serve`. `url`: where clients come; `control`: where it tells how it stands."""

    url: str
    control: str
    pid: int


@asynccontextmanager
async def serving(config: Path) -> AsyncGenerator[Proxy]:
    """Start it, wait until it is ready, stop it with an interrupt at the end (it drains)."""
    log = config.parent / "serve.log"
    ready = config.parent / ".strangler" / "serve.json"
    ready.unlink(missing_ok=True)
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *launcher(config), "serve", stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out
        )
    give_way(process.pid)
    try:
        facts = await _ready(process, ready, log)
        yield Proxy(str(facts["listen"]), str(facts["control"]), process.pid)
    finally:
        await _stop(process)


async def _ready(process: asyncio.subprocess.Process, ready: Path, log: Path) -> dict[str, Any]:
    until = time.monotonic_ns() + _START_SECONDS * 1_000_000_000
    while time.monotonic_ns() < until and process.returncode is None:
        facts = _read(ready)
        if facts is not None:
            return facts
        await asyncio.sleep(0.05)
    tail = _tail(log)
    raise Unreachable(f"`strangler serve` did not come up: {tail}", where=str(log), remedy="see its log")


def _read(ready: Path) -> dict[str, Any] | None:
    with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
        facts: dict[str, Any] = msgspec.json.decode(ready.read_bytes())
        return facts
    return None


def _tail(log: Path) -> str:
    return " | ".join(log.read_text(errors="replace").strip().splitlines()[-3:])


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
