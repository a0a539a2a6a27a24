"""Either service: four routes over one database, in the words of its form."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final, LiteralString

import msgspec
import psycopg
from aiohttp import web

from strangler_demo.amounts.forms import Form
from strangler_demo.candidate.state import VERSION_HEADER
from strangler_demo.requests import Unusable
from strangler_demo.serving import json_answer, key_of, missing, refusals

CONNECTIONS: Final = 8
Amount = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,9}\.[0-9]{2}$")]


class NewInvoice(msgspec.Struct):
    """What is billed."""

    customer: int
    amount: Amount


class Credit(msgspec.Struct):
    """What is taken off an invoice."""

    amount: Amount


class Database:
    """A few connections, each for one statement at a time. Statements commit by themselves."""

    def __init__(self) -> None:
        self._idle: asyncio.Queue[psycopg.AsyncConnection[Any]] = asyncio.Queue()

    @asynccontextmanager
    async def connected(self, url: str, path: str) -> AsyncGenerator[None]:
        """While this lasts there are connections, with the search_path of a version."""
        made = [await psycopg.AsyncConnection.connect(url, autocommit=True) for _ in range(CONNECTIONS)]
        for connection in made:
            await connection.execute("SELECT set_config('search_path', %s, false)", (path,))
            self._idle.put_nowait(connection)
        yield
        for connection in made:
            await connection.close()

    async def row(self, query: LiteralString, *values: object) -> tuple[Any, ...] | None:
        """The first row that a statement gives."""
        connection = await self._idle.get()
        try:
            return await (await connection.execute(query, values)).fetchone()
        finally:
            self._idle.put_nowait(connection)


def build(url: str, form: Form) -> web.Application:
    """The service over a database, in a form."""
    database = Database()
    app = web.Application(middlewares=[refusals])

    async def connections(_: web.Application) -> AsyncIterator[None]:
        async with database.connected(url, form.path):
            yield

    async def invoice(request: web.Request) -> web.Response:
        return _invoice(await database.row(form.invoice, key_of(request)))

    async def balance(request: web.Request) -> web.Response:
        found = await database.row(form.balance, key_of(request))
        return json_answer({"customer": key_of(request), "balance": found[0] if found else None})

    async def book(request: web.Request) -> web.Response:
        new = await _read(request, NewInvoice)
        return _invoice(await database.row(form.book, new.customer, new.amount), 201)

    async def credit(request: web.Request) -> web.Response:
        asked = await _read(request, Credit)
        return _invoice(await database.row(form.credit, asked.amount, key_of(request)))

    async def stamped(_: web.Request, response: web.StreamResponse) -> None:
        if form.version is not None:
            response.headers[VERSION_HEADER] = form.version

    app.cleanup_ctx.append(connections)
    app.on_response_prepare.append(stamped)
    app.router.add_get("/invoices/{id}", invoice)
    app.router.add_get("/customers/{id}/balance", balance)
    app.router.add_post("/invoices", book)
    app.router.add_post("/invoices/{id}/credit", credit)
    return app


def _invoice(row: tuple[Any, ...] | None, status: int = 200) -> web.Response:
    if row is None:
        return missing("invoice")
    names = ("id", "number", "customer", "issued")
    total = {"amount": row[4], "currency": row[5]}
    return json_answer({**dict(zip(names, row[:4], strict=True)), "total": total}, status)


async def _read[T](request: web.Request, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except msgspec.DecodeError as error:
        raise Unusable(str(error)) from None
