"""Pages that follow, over real sockets: all hear of a change, none costs memory for good, and they are counted."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from urllib.parse import urlsplit

import psutil

from strangler_shadow.testing import until

from .conftest import Place

CLIENTS = 25


def test_many_follow_and_go_again(place: Place) -> None:
    place.write(place.judged().equal("invoice"))
    command = [sys.executable, "-m", "strangler_cli.main", "dashboard", "--port", "0"]
    with subprocess.Popen(command, cwd=place.folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split("at ")[1].split("/board")[0]
            port = urlsplit(url).port or 0
            hears(place, port)  # everything is imported and made once
            before = psutil.Process(process.pid).memory_info().rss
            for _ in range(2):
                hears(place, port)
                until(lambda: following(url) == 0)
            grown = psutil.Process(process.pid).memory_info().rss - before
            assert grown < 16 << 20, "fifty more came and went"
        finally:
            process.terminate()
            assert process.wait(timeout=20) == 0


def hears(place: Place, port: int) -> None:
    """So many follow, something is written, each is told, all go."""
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 20)) for _ in range(CLIENTS)
        ]
        for client in clients:
            client.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        for client in clients:
            heard(client, b"event: hello")
        assert following(f"http://127.0.0.1:{port}") == CLIENTS
        place.write(place.judged().different("invoice"))
        for client in clients:
            heard(client, b"event: changed")


def heard(client: socket.socket, what: bytes) -> None:
    got = b""
    while what not in got:
        piece = client.recv(4_096)
        assert piece, got
        got += piece


def following(url: str) -> int:
    with urllib.request.urlopen(f"{url}/metrics", timeout=20) as answer:
        found = re.search(rb"^strangler_event_streams (\d+)", answer.read(), re.MULTILINE)
    assert found is not None
    return int(found[1])
