"""How a process of the demo stands to its parent: it says when it is up, and does not outlive it."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
from collections.abc import Callable, Mapping

import msgspec


def announce(service: str, facts: Mapping[str, int | str]) -> None:
    """The one line that tells the parent the service is up."""
    sys.stdout.write(msgspec.json.encode({"service": service, **facts}).decode() + "\n")
    sys.stdout.flush()


def add_tied(parser: argparse.ArgumentParser) -> None:
    """The option that keeps a child from outliving its parent."""
    parser.add_argument("--tied", action="store_true", help="leave when standard input closes")


def when_parent_ends(stop: Callable[[], object]) -> None:
    """Calls `stop`, from another thread, once standard input is at its end."""

    def wait() -> None:
        while os.read(0, 4096):
            pass
        stop()

    threading.Thread(target=wait, daemon=True, name="parent").start()


def listening_socket(port: int = 0, fd: int | None = None) -> socket.socket:
    """A listening socket on the loopback address, or the inherited one."""
    if fd is not None:
        return socket.socket(fileno=fd)
    return socket.create_server(("127.0.0.1", port), backlog=1024)
