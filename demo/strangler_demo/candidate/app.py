"""The candidate's HTTP API, under its own path."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from strangler_demo.candidate import admin, booking, documents, runs, ubl
from strangler_demo.candidate.behaviour import Behaviour
from strangler_demo.candidate.replica import standing
from strangler_demo.candidate.state import STATE, VERSION_HEADER, State
from strangler_demo.requests import CreditNoteRequest, InvoiceRequest, PaymentRequest, QuoteRequest, read
from strangler_demo.serving import json_answer, key_of, missing, refusals, run_of
from strangler_demo.storage import transaction
from strangler_demo.world import ZONE

type Reader = Callable[[sqlite3.Connection, Behaviour, int], dict[str, Any] | None]
type Booker[T] = Callable[[sqlite3.Connection, T, datetime], int]

PREFIX = "/v2/billing"


def build(state: State) -> web.Application:
    """The service, with the demo's own endpoints beside it."""
    app = web.Application(middlewares=[refusals], client_max_size=1 << 20)
    app[STATE] = state
    app.on_response_prepare.append(_stamp_version)
    reads = [
        web.get("/customers/{id}", _document("customer", documents.customer)),
        web.get("/customers/{id}/invoices", _document("customer", documents.statement, stamped=True)),
        web.get(r"/invoices/{id:\d+}.xml", _ubl),
        web.get("/invoices/{id}", _document("invoice", documents.invoice, stamped=True)),
        web.get("/invoice-runs/{day}.csv", _invoice_run),
        web.get("/credit-notes/{id}", _document("credit note", documents.credit_note)),
        web.get("/receipts/{id}", _document("receipt", documents.receipt)),
        web.get("/payments/{id}", _document("payment", documents.payment)),
        web.post("/quotes", _quote),
    ]
    writes = [
        web.post("/invoices", _writing("invoices", InvoiceRequest, booking.book_invoice, documents.invoice)),
        web.post("/payments", _writing("payments", PaymentRequest, booking.book_payment, documents.payment)),
        web.post(
            "/credit-notes",
            _writing("credit-notes", CreditNoteRequest, booking.book_credit_note, documents.credit_note),
        ),
    ]
    app.add_routes(
        web.RouteDef(it.method, PREFIX + it.path, _disturbed(it.handler), it.kwargs) for it in reads
    )
    app.add_routes(web.RouteDef(it.method, PREFIX + it.path, it.handler, it.kwargs) for it in writes)
    app.add_routes(admin.ROUTES)
    return app


async def _stamp_version(request: web.Request, response: web.StreamResponse) -> None:
    response.headers[VERSION_HEADER] = request.app[STATE].version


def _disturbed(handler: Any) -> Handler:
    """A read, unless the defect that makes answers late or missing says otherwise."""

    async def answer(request: web.Request) -> web.StreamResponse:
        state = request.app[STATE]
        disturbance = state.next_read()
        if disturbance is not None and disturbance.status is not None:
            return json_answer({"error": "out of connections"}, disturbance.status)
        if disturbance is not None and disturbance.delay:
            await asyncio.sleep(state.slow_ms / 1000)
        response: web.StreamResponse = await handler(request)
        return response

    return answer


def _document(what: str, reader: Reader, *, stamped: bool = False) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        state, key = request.app[STATE], key_of(request)
        document = None if key is None else reader(state.db, state.behaviour, key)
        if document is None:
            return missing(what)
        if stamped:
            document["generated_at"] = state.clock().astimezone(ZONE).isoformat(timespec="microseconds")
        return json_answer(document)

    return answer


async def _ubl(request: web.Request) -> web.Response:
    state, key = request.app[STATE], key_of(request)
    body = None if key is None else ubl.invoice(state.db, state.behaviour, key)
    return missing("invoice") if body is None else web.Response(body=body, content_type="application/xml")


async def _invoice_run(request: web.Request) -> web.Response:
    state = request.app[STATE]
    body = runs.invoice_run(state.db, state.behaviour, *run_of(request))
    return web.Response(body=body, content_type="text/csv", charset="utf-8")


async def _quote(request: web.Request) -> web.Response:
    return json_answer(
        documents.quote(request.app[STATE].behaviour, read(await request.read(), QuoteRequest))
    )


def _writing[T: InvoiceRequest | PaymentRequest | CreditNoteRequest](
    collection: str, shape: type[T], book: Booker[T], shown: Reader
) -> Handler:
    """A write. While the candidate follows the legacy it draws no number: 409."""

    async def answer(request: web.Request) -> web.Response:
        state, wanted = request.app[STATE], read(await request.read(), shape)
        with transaction(state.db):
            if standing(state.db).role == "follower":
                return json_answer({"error": "the legacy holds the record; promote this service first"}, 409)
            key = book(state.db, wanted, state.clock())
        place = {"Location": f"{PREFIX}/{collection}/{key}"}
        return json_answer(shown(state.db, state.behaviour, key), 201, place)

    return answer
