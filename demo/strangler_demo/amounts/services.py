"""The chapter's processes: a PostgreSQL of its own, legacy on it, and the candidate once there is a version for it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from strangler.errors import Unreachable
from strangler.testing.postgres import NoPostgresError, start
from strangler_demo.amounts.database import as_role, seed
from strangler_demo.child import listening_socket
from strangler_demo.processes import Child


@dataclass(slots=True)
class Services:
    """`database`: its URL; `cents`: the sum of all amounts in it at the beginning."""

    folder: Path
    database: str
    cents: int
    legacy_url: str
    candidate_url: str
    legacy: Child
    _stack: ExitStack
    _socket: int

    def deploy_candidate(self) -> None:
        """Start it, and wait until it is up; its port has been there from the beginning."""
        url = as_role(self.database, "candidate_app")
        self._stack.enter_context(_service(self.folder, "candidate", url, self._socket))


@contextmanager
def services(folder: Path, number: int, invoices: int) -> Generator[Services]:
    """Start the server and legacy; all ends with the block. Raises Unreachable where there is no PostgreSQL."""
    # Where the server's own user may look, whoever's the folder is.
    data = Path(tempfile.mkdtemp(prefix="strangler-demo-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, data, ignore_errors=True)
        try:
            server = start(data)
        except NoPostgresError as error:
            raise Unreachable(
                f"this chapter needs a PostgreSQL: {error}",
                where="strangler demo --chapter amounts",
                remedy='pip install "strangler[demo]", or name one: STRANGLER_TEST_POSTGRES=postgresql://…',
            ) from None
        stack.callback(server.stop)
        url, cents = seed(server, number, invoices)
        sockets = [stack.enter_context(listening_socket()) for _ in range(2)]
        legacy = _service(folder, "legacy", as_role(url, "legacy_app"), sockets[0].fileno())
        stack.enter_context(legacy)
        first, second = (f"http://127.0.0.1:{each.getsockname()[1]}" for each in sockets)
        yield Services(folder, url, cents, first, second, legacy, stack, sockets[1].fileno())


def _service(folder: Path, form: str, url: str, listening: int) -> Child:
    arguments = ["--db", url, "--form", form]
    return Child("amounts", arguments, log=folder / f"{form}.log", fd=listening)
