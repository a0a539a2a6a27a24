"""Rules that the ledger speaks for: its noise, and its open divergences. Nobody but a person makes rules of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from strangler.comparison.learning.sightings import as_learned
from strangler.comparison.proposals import FEWEST, Proposal, Sighting, propose
from strangler.comparison.rules import Rules
from strangler.config.rules import kind_of, places_of
from strangler.ledger.divergences import divergences
from strangler.ledger.epochs import current, epochs
from strangler.ledger.noise import noise
from strangler.ledger.rule_use import compared
from strangler.views.places import rule_place

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.comparison.model import Node
    from strangler.config import Loaded
    from strangler.config.rules import Rule
    from strangler.ledger.divergences import Divergence
    from strangler.ledger.noise import Noise

_OPEN: Final = frozenset({"open", "regressed"})
_VALUE: Final = msgspec.json.Decoder(float_hook=Decimal)
_CUT: Final = "…"


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal for one route; `route` and `cutover` are empty where it is for all that a rules file is used for.

    `id` stays the same as long as it is proposed.
    """

    id: str
    cutover: str
    route: str
    proposal: Proposal

    @property
    def is_noise(self) -> bool:
        """Whether the place differs by itself; else the two sides differ there."""
        return self.proposal.causes == ("noise",)


def proposed(proposal: Proposal, route: str = "", cutover: str = "") -> Proposed:
    """With its id."""
    named = f"{route}\0{proposal.kind}\0{proposal.place}"
    return Proposed(hashlib.sha256(named.encode()).hexdigest()[:8], cutover, route, proposal)


def proposals(
    connection: Connection,
    loaded: Loaded,
    *,
    route: str | None = None,
    fewest: int = FEWEST,
    shared: bool = False,
) -> list[Proposed]:
    """What is proposed for the file as it is, by cutover and route. `route`: of that one. `shared`: such as may hold
    for every route, as far as the file says where money stands.

    From the latest epoch that anything was compared in: accepting one proposal begins another epoch, and the rest
    must still be there to accept. As long as that epoch's rules are not those of the file, nothing is proposed for
    a place that a rule of the file names: who knows what is left to differ there.
    """
    out: list[Proposed] = []
    for cutover, plan in loaded.config.cutovers.items():
        known = epochs(connection, cutover)
        if not known:
            continue
        latest, now = known[0].id, current(connection, loaded.config, cutover)
        seen = _Seen(connection, cutover, latest)
        for name in plan.routes:
            if route in {None, name}:
                stale = now is None or now.id != latest
                guarded = tuple(loaded.config.routes) if shared else (name,)
                found = _of_route(loaded, guarded, seen.of(name), fewest, stale=stale)
                out += [proposed(each, name, cutover) for each in found]
    return out


def _of_route(
    loaded: Loaded, routes: tuple[str, ...], seen: Iterable[Sighting], fewest: int, *, stale: bool
) -> tuple[Proposal, ...]:
    own = (rule for name in routes for rule in loaded.config.routes[name].rules)
    rules = (*loaded.config.rules, *own)
    named = set(_places(rules)) if stale else set()
    return propose([each for each in seen if each.place not in named], Rules.of(rules), fewest=fewest)


def _places(rules: tuple[Rule, ...]) -> Iterator[str]:
    for rule in rules:
        if kind_of(rule) not in {"only", "rename"}:
            yield from places_of(rule)


class _Seen:
    """What one epoch of a cutover has seen."""

    def __init__(self, connection: Connection, cutover: str, epoch: int) -> None:
        self._noise = noise(connection, epoch)
        found = divergences(connection, cutover, epoch=epoch)
        self._open = [each for each in found if each.state in _OPEN and not each.merged_into]
        self._compared = {
            route: count for number, route, count in compared(connection, cutover) if number == epoch
        }

    def of(self, route: str) -> Iterator[Sighting]:
        """On one route. What differs by itself comes first: it is no difference between the sides."""
        noisy = [entry for entry in self._noise if entry.route == route]
        yield from filter(None, map(_of_noise, noisy))
        places = {entry.location for entry in noisy}
        for divergence in self._open:
            if divergence.route != route:
                continue
            sighting = _of_divergence(divergence, self._compared.get(route, 0))
            if sighting is not None and (sighting.money or divergence.location not in places):
                yield from as_learned(sighting, divergence.claims) if divergence.claims else (sighting,)


def _of_noise(entry: Noise) -> Sighting | None:
    place = rule_place(entry.location)
    if place is None:
        return None
    return Sighting(
        place=place,
        kind=entry.kind,
        cause=entry.cause,
        differed=entry.count,
        asked=max(entry.twins, entry.count),  # a re-ask finds noise, too
        examples=_examples(entry.first, entry.second),
        own=True,
    )


def _of_divergence(entry: Divergence, asked: int) -> Sighting | None:
    place = rule_place(entry.location)
    if place is None or entry.kind == "failed":
        return None
    return Sighting(
        place=place,
        kind=entry.kind,
        cause=entry.cause,
        differed=entry.count,
        asked=max(asked, entry.count),
        examples=_examples(entry.legacy, entry.candidate),
        detail=entry.detail,
        money=entry.severity == "money" or bool(entry.drift),
        marks=(entry.id,),
    )


def _examples(first: str, second: str) -> tuple[tuple[Node, Node], ...]:
    """The ledger keeps values as JSON, up to some length; one that was cut says nothing."""
    if first.endswith(_CUT) or second.endswith(_CUT):
        return ()
    return ((_value(first), _value(second)),)


def _value(text: str) -> Node:
    try:
        value: Node = _VALUE.decode(text)
    except msgspec.DecodeError:
        return text
    return value
