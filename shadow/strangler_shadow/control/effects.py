"""Whether effects are at work: each side is asked where the file says, and what it said becomes a fact."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import aiohttp
from yarl import URL

from strangler.config import Config, Loaded
from strangler.config.effects import Probe
from strangler.config.environment import expand
from strangler.effects import Said, said_by
from strangler.errors import UsageError
from strangler.exchange import Side
from strangler.ledger.effects import fact_of, probes
from strangler.ledger.facts import Fact

TIMEOUT_SECONDS: Final = 5
_LARGEST: Final = 64 << 10


async def ask(session: aiohttp.ClientSession, probe: Probe, ca: Path | None, now_ns: int) -> Said:
    """What a probe says; `unknown`, with the reason, where it gives no answer that can be used. Never raises."""
    try:
        headers = {name: expand(value) for name, value in probe.headers.items()}
        async with session.get(
            URL(probe.url, encoded=True),
            headers={"Accept": "application/json", **headers},
            timeout=aiohttp.ClientTimeout(TIMEOUT_SECONDS),
            # What is sent along is meant for this URL alone.
            allow_redirects=False,
            ssl=True if ca is None else ssl.create_default_context(cafile=str(ca)),
        ) as answer:
            body = await answer.content.read(_LARGEST)
            status = answer.status
    except UsageError as error:
        return Said("unknown", error.what, now_ns)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return Said("unknown", f"its probe does not answer ({type(error).__name__})", now_ns)
    if status != 200:
        return Said("unknown", f"its probe answers {status}", now_ns)
    return said_by(body, probe, now_ns)


async def ask_all(
    session: aiohttp.ClientSession, loaded: Loaded, now_ns: Callable[[], int] = time.time_ns
) -> list[Fact]:
    """Every probe of the file, all at once."""
    named = list(probes(loaded.config).items())
    said = await asyncio.gather(
        *(ask(session, probe, _ca(loaded, side), now_ns()) for (_, _, side), probe in named)
    )
    return [
        fact_of(cutover, effect, side, probe, word)
        for ((cutover, effect, side), probe), word in zip(named, said, strict=True)
    ]


def _ca(loaded: Loaded, side: Side) -> Path | None:
    """The certificates that the side's own answers are trusted by."""
    config: Config = loaded.config
    ca = (config.legacy if side == "legacy" else config.candidate).ca
    return loaded.folder / ca if ca else None
