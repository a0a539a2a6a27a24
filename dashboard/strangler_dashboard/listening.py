"""Where the pages listen: this machine alone, as long as nobody has to log in."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Final

from strangler.errors import UsageError
from strangler_dashboard.errors import NotLocal

BACKLOG: Final = 128


def bind_local(host: str, port: int) -> socket.socket:
    """A listening socket. Raises NotLocal for an address that others can reach, before it is bound; UsageError for one
    that cannot be listened on.
    """
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        family, kind, proto, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise UsageError(f"{where} cannot be listened on: {error.strerror}", where="dashboard") from error
    if not ip_address(str(target[0]).partition("%")[0]).is_loopback:
        raise NotLocal(
            f"{where} can be reached from other machines, and nobody logs in here yet",
            where="dashboard",
            remedy="127.0.0.1, ::1 or localhost; from elsewhere, a tunnel: ssh -L 8602:127.0.0.1:8602 HOST",
        )
    listening = socket.socket(family, kind, proto)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(target)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"{where} cannot be listened on: {error.strerror}",
            where="dashboard",
            remedy="stop what listens there, or give another port (0 takes a free one)",
        ) from error
    return listening


def url_of(listening: socket.socket) -> str:
    """Where it listens, with the port it really has."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
