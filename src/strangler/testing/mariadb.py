"""A MariaDB server for tests: the `mariadbd` that is installed, with files of its own.

server = start(Path("/somewhere/empty"))
url = server.create_database()     # mariadb://…, empty, a new one each time
server.stop()
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from strangler.testing.ports import free_port

_WITHIN_S: Final = 60


class NoMariaDbError(RuntimeError):
    """There is none installed; say so and skip."""


@dataclass
class MariaDb:
    """A running server; everybody who reaches its port of the loopback is its root."""

    port: int
    process: subprocess.Popen[bytes]

    def create_database(self) -> str:
        """A new, empty database; its URL."""
        name = f"strangler_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return f"mariadb://root@127.0.0.1:{self.port}/{name}"

    def run(self, *statements: str, database: str | None = None) -> None:
        """Statements, one after the other."""
        import pymysql

        connection = pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", database=database, autocommit=True
        )
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def stop(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(_WITHIN_S)


def start(folder: Path) -> MariaDb:
    """A server with its files in `folder`, on a free port of the loopback. Raises NoMariaDbError."""
    server, installer = _program("mariadbd"), _program("mariadb-install-db")
    folder.mkdir(parents=True, exist_ok=True)
    data, port = f"--datadir={folder / 'data'}", free_port()
    user = ["--user=root"] if os.geteuid() == 0 else []
    make = [
        installer,
        "--no-defaults",
        data,
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        *user,
    ]
    options = [data, f"--port={port}", f"--socket={folder / 'socket'}", "--bind-address=127.0.0.1", *user]
    options += ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"]
    with (folder / "output").open("ab") as output:
        subprocess.run(  # noqa: S603  Debian's own programs
            make, check=True, timeout=_WITHIN_S, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        process = subprocess.Popen(  # noqa: S603  as above
            [server, "--no-defaults", *options], stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    _wait(port, process, folder)
    return MariaDb(port, process)


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        raise NoMariaDbError(f"{name} is not installed (Debian: mariadb-server)")
    return found


def _wait(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + _WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    said = (folder / "output").read_text(errors="replace").strip().splitlines()[-5:]
    raise RuntimeError("mariadbd does not answer: " + " / ".join(said))
