"""PgBouncer before a server for tests: the one that is installed, with files of its own.

pooler = start(Path("/somewhere/empty"), server.url, "transaction")
pooler.url      # postgresql://…, the same database through the pool
pooler.stop()
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from strangler.testing.ports import free_port

_WITHIN_S: Final = 30


class NoPgBouncerError(RuntimeError):
    """There is none installed; say so and skip."""


@dataclass
class PgBouncer:
    """A running pooler."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(_WITHIN_S)


def start(folder: Path, url: str, mode: Literal["session", "transaction", "statement"]) -> PgBouncer:
    """A pool of this mode before the server at `url`, on a free port of the loopback. Raises NoPgBouncerError."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        raise NoPgBouncerError("pgbouncer is not installed (Debian: pgbouncer)")
    server, port = urlsplit(url), free_port()
    user = "nobody" if os.geteuid() == 0 else None
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n* = host={server.hostname} port={server.port} user={server.username}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = {mode}\nignore_startup_parameters = options\n"
    )
    if user is not None:
        shutil.chown(settings, user)
    with (folder / "output").open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  Debian's own program
            [program, settings.name],
            cwd=folder,
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    _wait(port, process, folder)
    return PgBouncer(f"postgresql://{server.username}@127.0.0.1:{port}{server.path}", process)


def _wait(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + _WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    said = (folder / "output").read_text(errors="replace").strip().splitlines()[-5:]
    raise RuntimeError("pgbouncer does not answer: " + " / ".join(said))
