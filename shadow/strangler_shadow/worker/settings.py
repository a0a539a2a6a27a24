"""What a worker process is started with: one JSON object on its standard input, which then stays open."""

from __future__ import annotations

import msgspec


class WorkerSettings(msgspec.Struct, frozen=True):
    """`name`: `INSTANCE/worker/BOOT`, of no other process ever. `config`: path of strangler.yaml. `listen_fd`: a bound,
    listening unix socket, inherited. `state`: folder. `identity_key`: the planes' (for our name in Via). `version`:
    the candidate's, when it was given on the command line.
    """

    name: str
    config: str
    listen_fd: int
    state: str
    identity_key: bytes
    version: str | None = None
    drain_ms: int = 10_000
