"""The demo's own endpoints on the candidate: defects, version, replication. Loopback only, outside the
API's path.
"""

from __future__ import annotations

import time
from typing import Final

import msgspec
from aiohttp import web

from strangler_demo.candidate.defects import DEFECTS, title
from strangler_demo.candidate.pricing import unscaled
from strangler_demo.candidate.replica import promote, standing
from strangler_demo.candidate.state import STATE
from strangler_demo.requests import Unusable
from strangler_demo.serving import json_answer


class Switches(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /_demo/defects: exactly these are on afterwards."""

    on: tuple[str, ...]


async def show_defects(request: web.Request) -> web.Response:
    """GET /_demo/defects."""
    state = request.app[STATE]
    return json_answer({"on": sorted(state.on), "known": {name: title(name) for name in DEFECTS}})


async def switch_defects(request: web.Request) -> web.Response:
    """POST /_demo/defects: takes effect with the next answer."""
    try:
        wanted = msgspec.json.decode(await request.read(), type=Switches)
        request.app[STATE].switch(wanted.on)
    except msgspec.DecodeError as error:
        raise Unusable(str(error)) from None
    except KeyError as error:
        raise Unusable(f"no such defect: {error.args[0]}; known: {', '.join(DEFECTS)}") from None
    return await show_defects(request)


async def show_version(request: web.Request) -> web.Response:
    """GET /_demo/version."""
    return json_answer({"version": request.app[STATE].version})


async def show_lag(request: web.Request) -> web.Response:
    """GET /_replication/lag: seconds as a number with three decimals."""
    now = standing(request.app[STATE].db)
    milliseconds = now.lag_ms(time.time_ns() // 1_000_000)
    return json_answer({"seconds": unscaled(milliseconds, 3), "applied": now.applied_seq, "role": now.role})


async def promote_candidate(request: web.Request) -> web.Response:
    """POST /_replication/promote: the candidate becomes the owner of the record."""
    promote(request.app[STATE].db)
    return await show_lag(request)


ROUTES: Final = (
    web.get("/_demo/defects", show_defects),
    web.post("/_demo/defects", switch_defects),
    web.get("/_demo/version", show_version),
    web.get("/_replication/lag", show_lag),
    web.post("/_replication/promote", promote_candidate),
)
