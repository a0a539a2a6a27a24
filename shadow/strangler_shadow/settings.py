"""What a plane process is started with: one JSON object on its standard input.

Secrets (credentials, keys) come this way and not on the command line, where every user could read them.
"""

from __future__ import annotations

import msgspec

from strangler.exchange import Side


class SideSettings(msgspec.Struct, frozen=True):
    """How to reach one side. `replace`: credentials to put in, after `${NAME}` was filled in; empty: pass."""

    url: str
    replace: dict[str, str] = {}
    host: str | None = None
    ca: str | None = None
    connect_ms: int = 5_000
    timeout_ms: int = 30_000


class PlaneSettings(msgspec.Struct, frozen=True):
    """Everything a plane needs; it reads no file but its last table.

    `listen_fd`: a bound, listening socket, inherited. `control`: base URL of the control endpoint.
    `worker`: path of the worker's socket. `state`: folder for the last table. `owner`: who serves while there
    has never been a table. `identity_key`: for the keyed hash of identities.
    """

    plane: str
    boot: str
    listen_fd: int
    control: str
    worker: str
    state: str
    legacy: SideSettings
    candidate: SideSettings
    identity_key: bytes
    owner: Side = "legacy"
    certificate: str | None = None
    key: str | None = None
    queue: int = 4_096
    queue_bytes: int = 64 << 20
    body_limit: int = 1 << 20
    heartbeat_ms: int = 500
    drain_ms: int = 10_000
    header_limit: int = 65_536
    capture: bool = True


class PagesSettings(msgspec.Struct, frozen=True):
    """What the process of the pages is started with. `config`: path of strangler.yaml; `listen_fd`: a bound, listening
    socket, inherited.
    """

    config: str
    listen_fd: int
