"""Traffic gives way while the worker cannot keep up: what an operator's monitoring would read, read once a second."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

import aiohttp
import msgspec

from strangler_demo.pace import Pace

_EVERY_SECONDS: Final = 1.0


async def ease(pace: Pace, control: str) -> None:
    """Adapt the pace to what control tells, until cancelled. `control`: its base URL."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, msgspec.DecodeError):
                async with session.get(f"{control}/v1/status") as answer:
                    streams: list[dict[str, Any]] = msgspec.json.decode(await answer.read()).get(
                        "streams", []
                    )
                waiting = sum(max(0, int(stream["outstanding"])) for stream in streams)
                pace.adapt(waiting, sum(int(stream["shed"]) + int(stream["dropped"]) for stream in streams))
