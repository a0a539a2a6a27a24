"""One attempt at a webhook: bounded in time, follows nowhere, reads nothing but the status."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from strangler.webhook import Message, headers

_AGENT: Final = "strangler"
_LONGEST: Final = 200


class Resolver(AbstractResolver):
    """Looks names up in threads of its own: a name server that does not answer holds up nothing else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2, "webhook-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """See aiohttp."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        )
        return [_result(host, port, entry) for entry in found]

    async def close(self) -> None:
        """See aiohttp."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _result(host: str, port: int, entry: tuple[Any, ...]) -> ResolveResult:
    family, _, proto, _, address = entry
    return ResolveResult(
        hostname=host, host=address[0], port=port, family=family, proto=proto, flags=socket.AI_NUMERICHOST
    )


def session() -> aiohttp.ClientSession:
    """Connections for one target: one at a time, none kept, no proxy and no credentials from the environment."""
    connector = aiohttp.TCPConnector(limit=1, force_close=True, resolver=Resolver())
    return aiohttp.ClientSession(
        connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
    )


def _said(error: Exception) -> str:
    """In words, without the URL: what stands behind its host may be a secret, and many errors name it."""
    told = f": {error}" if isinstance(error, OSError | aiohttp.ClientSSLError) else ""
    return f"{type(error).__name__}{told}"[:_LONGEST]


async def post(
    client: aiohttp.ClientSession, url: str, key: bytes, sent: Message, *, now_ns: int, timeout_ms: int
) -> str:
    """Why it did not arrive; empty when it did (2xx)."""
    try:
        async with asyncio.timeout(timeout_ms / 1000):
            answer = await client.post(
                URL(url, encoded=True),
                data=sent.body,
                headers={**headers(key, sent, now_ns), "user-agent": _AGENT},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None),
            )
            answer.close()  # its body, which may have no end, is not ours to read
    except TimeoutError:
        return f"no answer within {timeout_ms} ms"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return _said(error)
    return "" if 200 <= answer.status < 300 else f"answered {answer.status}"
