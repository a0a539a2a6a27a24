"""A folder with a strangler.yaml and a ledger filled through the ledger's own functions, and the pages over ASGI."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import lxml.html
import pytest
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.types import ASGIApp

from strangler.access import ROLES, Role
from strangler.config import Loaded, load
from strangler.config.dashboard import Login
from strangler.cutover import Event
from strangler.ledger import audit, tokens
from strangler.ledger.flush import flush
from strangler.ledger.moving import move
from strangler.ledger.settled import Settled, StreamReport
from strangler.ledger.store import Ledger, open_ledger
from strangler.testing.judged import Judged
from strangler_dashboard.access import Visitor
from strangler_dashboard.addresses import Address
from strangler_dashboard.app import app
from strangler_dashboard.logins import Logins
from strangler_dashboard.room import Clocks, Room
from strangler_dashboard.source import Source

CONFIG = """\
version: 1
legacy: {url: "http://127.0.0.1:1"}
candidate: {url: "http://127.0.0.1:2", version: {header: X-Version}}
strata:
  country: {answer: $.country}
routes:
  invoice:
    match: {method: GET, path: "/invoices/{id}"}
    identity: {header: X-Customer}
  invoices: GET /invoices
  pay: GET /payments
cutovers:
  reads:
    routes: [invoice, invoices]
  later:
    routes: [pay]
policy:
  tolerate: {rate: 1%, alpha: 5%}
"""
NOW = 1_800_000_000_000_000_000
HOUR_NS = 3_600_000_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        """The body; a number with a point in it must not be there."""
        return json.loads(self.body, parse_float=_no_float)

    @property
    def html(self) -> Any:
        """The body as a browser would read it."""
        return lxml.html.document_fromstring(self.body.decode())


def _no_float(text: str) -> Any:
    raise AssertionError(f"a float in JSON: {text}")


def words(element: Any) -> str:
    """What a reader reads, on one line."""
    return " ".join(element.text_content().split())


def asked(application: Any, target: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
    """One request over ASGI, without a socket."""
    path, _, query = target.partition("?")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {"host": "127.0.0.1:8602", "accept": "text/html", **named}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in fields.items() if value],
        "scheme": "http",
        "server": ("127.0.0.1", 8602),
        "client": ("127.0.0.1", 1),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    start = next(each for each in sent if each["type"] == "http.response.start")
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    cookies = tuple(value.decode() for name, value in start["headers"] if name == b"set-cookie")
    return Answer(start["status"], found, b"".join(each.get("body", b"") for each in sent), cookies)


class Place:
    """A folder with a configuration and a ledger; `now_ns` stands still. `visitor`: who asks, where nobody logs in;
    `login`: how people do.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "strangler.yaml"
        self.file.write_text(CONFIG)
        self.now_ns = NOW
        self.visitor = Visitor("ann", frozenset(ROLES), "local", "on the machine itself", b"key")
        self.login: Login | None = None
        self.url = ""
        self._batch = self._flush = 0
        self.seconds = 0.0

    @cached_property
    def loaded(self) -> Loaded:
        return load(self.file)

    def ledger(self) -> Ledger:
        return open_ledger(self.loaded.config.ledger, self.folder)

    def judged(self, version: str = "1") -> Judged:
        """Exchanges of the last minute."""
        judged = Judged(self.loaded, version=version)
        judged.at_ns = self.now_ns - 20_000_000_000
        self._batch += 1
        judged.boot = f"boot-{self._batch}"
        return judged

    def write(self, *batch: Settled, reports: tuple[StreamReport, ...] = ()) -> None:
        """Flush as the worker does."""
        ledger = self.ledger()
        self._flush += 1
        with ledger.begin() as connection:
            flush(connection, batch, reports, now_ns=self.now_ns, worker="worker-0", number=self._flush)
        ledger.close()

    def start(self, cutover: str = "reads", actor: str = "mara", reason: str = "CHG-1") -> None:
        """From legacy to shadow."""
        ledger = self.ledger()
        move(ledger, self.loaded, cutover, Event("start", actor, reason), self.now_ns)
        ledger.close()

    @cached_property
    def room(self) -> Room:
        return Room(Source(self.file), Clocks(lambda: self.now_ns, lambda: self.seconds))

    @cached_property
    def logins(self) -> Logins | None:
        if self.login is None:
            return None
        secure = self.url.startswith("https:")
        return Logins(self.room, self.login, secure=secure, random=secrets.token_bytes)

    @cached_property
    def application(self) -> ASGIApp:
        more: tuple[Address, ...] = ()
        if self.logins is not None and self.logins.login.oidc is not None:
            from strangler_dashboard.vouched import vouched

            found = vouched(self.room, self.logins, self.loaded)
            more = found.addresses() if found else ()
        return app(self.room, self.logins, self._access, self.url, more)

    def ask(self, target: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """One request, a second after the one before."""
        self.seconds += 1
        return asked(self.application, target, method, body, **headers)

    def send(self, target: str, fields: dict[str, str], **headers: str) -> Answer:
        """A form."""
        kind = {"content_type": "application/x-www-form-urlencoded"}
        return self.ask(target, "POST", urlencode(fields).encode(), **kind, **headers)

    def token(self, *roles: Role, name: str = "ann", lasts_ns: int = HOUR_NS) -> str:
        """A token of theirs; its secret."""
        secret = tokens.secret_of(secrets.token_bytes(tokens.BYTES))
        with self.written() as connection:
            tokens.create(connection, secret, name, roles, self.now_ns + lasts_ns, "root", self.now_ns)
        return secret

    @contextmanager
    def written(self) -> Iterator[Connection]:
        """A write transaction."""
        ledger = self.ledger()
        with ledger.begin() as connection:
            yield connection
        ledger.close()

    def entries(self, **wanted: str) -> list[dict[str, Any]]:
        """Of the audit, the first first."""
        ledger = self.ledger()
        with ledger.read() as connection:
            found = [each.body for each in reversed(audit.entries(connection))]
            assert audit.verify(connection) is None
        ledger.close()
        return [each for each in found if all(each.get(name) == value for name, value in wanted.items())]

    async def _access(self, _request: Request) -> Visitor:
        return self.visitor

    def close(self) -> None:
        """End what asks; whoever asks then asks anew."""
        if "room" in self.__dict__:
            self.room.close()
        for name in ("room", "logins", "application"):
            self.__dict__.pop(name, None)


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> Iterator[Place]:
    """A configuration and an empty ledger."""
    shutil.copy(sqlite_template, tmp_path / "strangler.db")
    place = Place(tmp_path)
    yield place
    place.close()
