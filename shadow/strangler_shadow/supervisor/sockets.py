"""The sockets that live as long as `serve`: bound once, handed to every process that listens on them."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import tempfile
from pathlib import Path
from typing import Final

from strangler.errors import StranglerError

BACKLOG: Final = 4_096
_LONGEST_PATH: Final = 100
"""Of a unix socket, in bytes: 104 on macOS, 108 on Linux, with its zero."""


class CannotListen(StranglerError):  # noqa: N818  it is a state, and reads as one
    """The address cannot be listened on."""

    exit_code = 2


class AddressInUse(CannotListen):
    """Somebody else listens on the address."""


def bind(address: str, key: str) -> socket.socket:
    """A listening socket that children may inherit. `key`: of strangler.yaml, for the error. Raises CannotListen."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        family, kind, proto, _, target = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, proto)
    except OSError as error:
        raise CannotListen(f"{address} cannot be listened on: {error.strerror}", where=key) from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(target)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressInUse(
                f"{address} is in use",
                where=key,
                remedy="stop what listens there, or give another address (port 0 takes a free one)",
            ) from error
        raise CannotListen(f"{address} cannot be listened on: {error.strerror}", where=key) from error
    listening.set_inheritable(True)
    return listening


def bind_worker(path: Path) -> socket.socket:
    """The worker's listening socket, which outlives workers: what planes send while one starts again waits in it.

    A socket that a killed `serve` left behind gives way; nobody else may connect (0600). Raises CannotListen.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        path.unlink(missing_ok=True)
        listening.bind(str(path))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise CannotListen(
            f"the worker's socket cannot be made: {error.strerror}", where=str(path)
        ) from error
    finally:
        os.umask(before)
    listening.set_inheritable(True)
    return listening


def url_of(listening: socket.socket, scheme: str) -> str:
    """Where it listens, with the port it really has."""
    host, port = listening.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def worker_socket(state: Path) -> Path:
    """Where the worker's socket goes: in the state folder, or where its path is short enough."""
    path = state / "worker.sock"
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"strangler-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise CannotListen("others may use the folder for the worker's socket", where=str(folder))
    return folder / "worker.sock"
