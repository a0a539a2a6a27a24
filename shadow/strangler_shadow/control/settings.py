"""What the control process is started with: one JSON object on its standard input, which then stays open."""

from __future__ import annotations

import msgspec


class ControlSettings(msgspec.Struct, frozen=True):
    """`config`: path of strangler.yaml. `state`: folder. `listen_fd`: a bound, listening loopback socket, inherited.
    `instance`: what the names of this deployment's planes start with.
    """

    config: str
    state: str
    listen_fd: int
    instance: str
