"""Doing something to a cutover: what it would be, and that it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from strangler.errors import UsageError
from strangler.ledger.tables import MINUTE_NS
from strangler_dashboard.acting.carried_out import Said, carried_out
from strangler_dashboard.errors import GateRefused, Unsaid
from strangler_dashboard.models.act import act_page

if TYPE_CHECKING:
    from strangler_dashboard.acting.table import Act
    from strangler_dashboard.models.act import ActPage
    from strangler_dashboard.room import Room
    from strangler_dashboard.routes import Asked


async def read(act: Act, room: Room, asked: Asked) -> ActPage:
    """What it would be. Raises NotFound."""
    taken = await room.snapshot.get()
    now_ns = room.clocks.now_ns() // MINUTE_NS * MINUTE_NS
    override = room.override(taken.loaded)
    name = asked.path["cutover"]
    return await room.read(lambda connection, _: act_page(connection, taken, act, name, override, now_ns))


async def do(act: Act, room: Room, asked: Asked, form: Mapping[str, str]) -> str:
    """Do it; where it is to be seen. Raises Unsaid, GateRefused, and what doing it raises."""
    name, visitor = asked.path["cutover"], asked.visitor
    if form.get("confirm", "").strip() != name:
        raise Unsaid("confirm", f"the name was not typed as it is: {name}", remedy="so nothing was done")
    if not form.get("reason", "").strip():
        raise Unsaid("reason", "a reason is missing", remedy="the audit keeps it beside your name")
    said = Said(
        reason=form["reason"],
        generation=_generation(form.get("generation", "")),
        findings=form.get("findings", ""),
        plan=form.get("plan", ""),
        length=form.get("length", ""),
    )
    outcome = await room.act(
        lambda ledger, loaded: carried_out(ledger, loaded, act, name, said, visitor, room.clocks.now_ns())
    )
    if outcome.refused:
        raise GateRefused(outcome.refused, outcome.gate)
    return f"/cutovers/{quote(name)}?entry={outcome.entry}"


def _generation(said: str) -> int:
    if not (said.isascii() and said.isdigit() and len(said) < 16):
        raise UsageError("the form does not say which state of the cutover it is about")
    return int(said)
