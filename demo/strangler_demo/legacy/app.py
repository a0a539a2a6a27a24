"""The legacy's HTTP API."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from strangler_demo.legacy import booking, documents, runs, ubl
from strangler_demo.requests import CreditNoteRequest, InvoiceRequest, PaymentRequest, QuoteRequest, read
from strangler_demo.serving import json_answer, key_of, missing, refusals, run_of
from strangler_demo.storage import transaction

type Clock = Callable[[], datetime]
type Reader = Callable[[sqlite3.Connection, int], dict[str, Any] | None]
type Booker[T] = Callable[[sqlite3.Connection, T, datetime], int]

DATABASE = web.AppKey("DATABASE", sqlite3.Connection)
CLOCK: web.AppKey[Clock] = web.AppKey("CLOCK")


def build(db: sqlite3.Connection, clock: Clock) -> web.Application:
    """The service over an open database. `clock` gives local time."""
    app = web.Application(middlewares=[refusals], client_max_size=1 << 20)
    app[DATABASE] = db
    app[CLOCK] = clock
    app.add_routes(
        [
            web.get("/customers/{id}", _document("customer", documents.customer)),
            web.get("/customers/{id}/invoices", _document("customer", documents.statement, stamped=True)),
            web.get(r"/invoices/{id:\d+}.xml", _ubl),
            web.get("/invoices/{id}", _document("invoice", documents.invoice, stamped=True)),
            web.get("/invoice-runs/{day}.csv", _invoice_run),
            web.get("/credit-notes/{id}", _document("credit note", documents.credit_note)),
            web.get("/receipts/{id}", _document("receipt", documents.receipt)),
            web.get("/payments/{id}", _document("payment", documents.payment)),
            web.post("/quotes", _quote),
            *_writes(),
        ]
    )
    return app


def _writes() -> list[web.RouteDef]:
    invoice = _writing("invoices", InvoiceRequest, booking.book_invoice, documents.invoice)
    payment = _writing("payments", PaymentRequest, booking.book_payment, documents.payment)
    credit_note = _writing("credit-notes", CreditNoteRequest, booking.book_credit_note, documents.credit_note)
    return [
        web.post("/invoices", invoice),
        web.post("/payments", payment),
        web.post("/credit-notes", credit_note),
    ]


def _document(what: str, reader: Reader, *, stamped: bool = False) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        key = key_of(request)
        document = None if key is None else reader(request.app[DATABASE], key)
        if document is None:
            return missing(what)
        if stamped:
            document["generated_at"] = request.app[CLOCK]().isoformat(timespec="microseconds")
        return json_answer(document)

    return answer


async def _ubl(request: web.Request) -> web.Response:
    key = key_of(request)
    body = None if key is None else ubl.invoice(request.app[DATABASE], key)
    return missing("invoice") if body is None else web.Response(body=body, content_type="application/xml")


async def _invoice_run(request: web.Request) -> web.Response:
    day, country, batch = run_of(request)
    body = runs.invoice_run(request.app[DATABASE], day, country, batch)
    return web.Response(body=body, content_type="text/csv", charset="utf-8")


async def _quote(request: web.Request) -> web.Response:
    return json_answer(documents.quote(read(await request.read(), QuoteRequest)))


def _writing[T: InvoiceRequest | PaymentRequest | CreditNoteRequest](
    collection: str, shape: type[T], book: Booker[T], shown: Reader
) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        db, wanted = request.app[DATABASE], read(await request.read(), shape)
        with transaction(db):
            key = book(db, wanted, request.app[CLOCK]())
        return json_answer(shown(db, key), 201, {"Location": f"/{collection}/{key}"})

    return answer
