"""Where the pages listen: on this machine alone, unless people log in."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Final

from strangler.errors import UsageError
from strangler_dashboard.errors import NotLocal

BACKLOG: Final = 128


def bind(host: str, port: int, *, login: bool = False) -> socket.socket:
    """A listening socket. `login`: whether people log in. Raises NotLocal for an address that others can reach where
    they do not, before it is bound; UsageError for one that cannot be listened on.
    """
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        family, kind, proto, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise UsageError(f"{where} cannot be listened on: {error.strerror}", where="dashboard") from error
    if not login and not ip_address(str(target[0]).partition("%")[0]).is_loopback:
        raise not_local(where)
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


def not_local(where: str) -> NotLocal:
    """The refusal of an address."""
    return NotLocal(
        f"{where} can be reached from other machines, and nobody logs in here",
        where="dashboard",
        remedy="127.0.0.1, ::1 or localhost, and from elsewhere a tunnel (ssh -L 8602:127.0.0.1:8602 HOST); or let "
        "people log in: `dashboard: {url: https://…, login: {}}` in strangler.yaml",
    )


def url_of(listening: socket.socket, scheme: str = "http") -> str:
    """Where it listens, with the port it really has."""
    host, port = listening.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
