"""The addresses of the API."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from strangler_dashboard.addresses import Address
from strangler_dashboard.api import answering
from strangler_dashboard.api.document import document
from strangler_dashboard.api.table import READS, WRITES
from strangler_dashboard.api.writes import acting

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from strangler_dashboard.access import Visitor
    from strangler_dashboard.api.endpoint import Read, Write
    from strangler_dashboard.room import Room

BASE: Final = "/api/v1"


def addresses(room: Room) -> tuple[Address, ...]:
    """Every operation of the table, and the document that describes them."""
    reads = (Address(f"{BASE}{entry.path}", entry.needs, partial(_read, room, entry)) for entry in READS)
    writes = (
        Address(f"{BASE}{entry.path}", entry.needs, partial(_write, room, entry), ("POST",))
        for entry in WRITES
    )
    return (*reads, *writes, Address(f"{BASE}/openapi.json", "look", _document))


async def _read(room: Room, entry: Read, request: Request, visitor: Visitor) -> Response:
    return await answering.read(room, entry, request, visitor)


async def _write(room: Room, entry: Write, request: Request, visitor: Visitor) -> Response:
    return await acting.write(room, entry, request, visitor)


async def _document(request: Request, _visitor: Visitor) -> Response:
    return answering.tagged(request, document())
