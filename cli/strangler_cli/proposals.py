"""Rules that the noise in the ledger proposes. Nobody but a person makes rules of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strangler.comparison.noise import Tally, propose
from strangler.config.rules import kind_of
from strangler.ledger.epochs import epochs
from strangler.ledger.noise import Noise, noise
from strangler_cli.places import rule_place

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.config.rules import Rule


@dataclass(frozen=True, slots=True)
class Proposed:
    """A rule for one route, as `strangler.yaml` writes it. `id` stays the same as long as it is proposed."""

    id: str
    cutover: str
    route: str
    rule: Mapping[str, object]
    differed: int
    asked: int
    first: str
    second: str

    @property
    def kind(self) -> str:
        """The kind of the rule."""
        return kind_of(dict(self.rule)) or ""

    @property
    def place(self) -> str:
        """Where it holds."""
        return str(self.rule[self.kind])


def proposals(connection: Connection, loaded: Loaded) -> list[Proposed]:
    """What is proposed for the file as it is, by cutover and route.

    From the latest epoch that anything was compared in: accepting one proposal begins another epoch, and the rest
    must still be there to accept. A place that a rule of the file names already is not proposed again.
    """
    out: list[Proposed] = []
    for cutover, plan in loaded.config.cutovers.items():
        known = epochs(connection, cutover)
        seen = noise(connection, known[0].id) if known else []
        for route in plan.routes:
            out += _of_route(loaded, cutover, route, [entry for entry in seen if entry.route == route])
    return out


def _of_route(loaded: Loaded, cutover: str, route: str, seen: list[Noise]) -> Iterator[Proposed]:
    taken = set(_places((*loaded.config.rules, *loaded.config.routes[route].rules)))
    placed = {entry.location: entry for entry in seen if rule_place(entry.location) not in taken}
    tallies = [
        Tally(place, entry.twins, entry.count, entry.first, entry.second) for place, entry in placed.items()
    ]
    for proposal in propose(tallies):
        entry = placed[proposal.location]
        yield Proposed(
            id=_id(route, proposal.rule),
            cutover=cutover,
            route=route,
            rule=proposal.rule,
            differed=proposal.differed,
            asked=proposal.asked,
            first=entry.first,
            second=entry.second,
        )


def _places(rules: tuple[Rule, ...]) -> Iterator[str]:
    for rule in rules:
        value = getattr(rule, kind_of(rule) or "")
        yield from (value,) if isinstance(value, str) else value


def _id(route: str, rule: Mapping[str, object]) -> str:
    kind = kind_of(dict(rule)) or ""
    return hashlib.sha256(f"{route}\0{kind}\0{rule[kind]}".encode()).hexdigest()[:8]
