"""Effects, as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strangler.effects import SIDES
from strangler.exchange import Side
from strangler.views.words import iso

if TYPE_CHECKING:
    from strangler.effects import Quiet, Standing


class SaidSo(msgspec.Struct, frozen=True):
    """A person's word that a side is quiet."""

    actor: str
    reason: str
    at: str | None


class SideView(msgspec.Struct, frozen=True):
    """What is known of one side. `word`: `quiet`, `active` or `unknown`, None where it was never asked."""

    probed: bool
    word: str | None
    detail: str | None
    asked_at: str | None
    acknowledged: SaidSo | None


class EffectView(msgspec.Struct, frozen=True):
    """One effect. `handed_back`: a rollback gave it back, and nothing shows yet that legacy's runs again."""

    cutover: str
    effect: str
    kind: str
    owner: str
    next_owner: str
    handed_back: bool
    sides: dict[Side, SideView]


def effect_view(cutover: str, effect: Standing) -> EffectView:
    """One of them."""
    return EffectView(
        cutover=cutover,
        effect=effect.name,
        kind=effect.kind,
        owner=effect.owner,
        next_owner=effect.following,
        handed_back=effect.back,
        sides={side: _side(effect.side(side)) for side in SIDES},
    )


def _side(quiet: Quiet) -> SideView:
    said, person = quiet.said, quiet.acknowledged
    return SideView(
        probed=quiet.probed,
        word=said.word if said else None,
        detail=said.detail if said else None,
        asked_at=iso(said.at_ns) if said else None,
        acknowledged=SaidSo(person.actor, person.reason, iso(person.at_ns)) if person else None,
    )
