"""Configuration and the states of the cutovers, put together as one routing table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from strangler.routing.cohort import BUCKETS
from strangler.routing.match import BodyMatch, Match
from strangler.routing.names import BodyKind
from strangler.routing.table import IdentitySource, Route, Table, ordered
from strangler.routing.template import parse_template

if TYPE_CHECKING:
    from strangler.config.model import Config
    from strangler.config.routes import BodyNames, Label, MatchConfig, RouteConfig
    from strangler.cutover import CutoverState


def build_table(
    config: Config,
    states: Mapping[str, CutoverState],
    generation: int,
    issued_ns: int,
    *,
    halted: bool = False,
) -> Table:
    """The table, routes most specific first. A cutover without a state is in phase `legacy`. Pure."""
    strata = tuple((name, source) for name, label in config.strata.items() if (source := _label(label)))
    routes = tuple(
        _route(config, name, route, states.get(config.cutover_of(name)), strata)
        for name, route in config.routes.items()
    )
    return Table(generation, issued_ns, ordered(routes), halted)


def _route(
    config: Config,
    name: str,
    route: RouteConfig,
    state: CutoverState | None,
    strata: tuple[tuple[str, IdentitySource], ...],
) -> Route:
    cutover = config.cutover_of(name)
    match = _match(route.match)
    variables = match.path.variables
    return Route(
        name=name,
        match=match,
        cutover=cutover,
        phase=state.phase if state else "legacy",
        weight=state.weight if state and state.phase == "canary" else 0,
        pinned=frozenset(config.cutovers[cutover].pinned) if cutover else frozenset(),
        safe=route.safe,
        sampling=int(route.sample * BUCKETS),
        identity=IdentitySource(*route.identity.pair()) if route.identity else None,
        deadline_ms=route.deadline,
        watched=route.numbers is not None,
        strata=tuple(pair for pair in strata if pair[1].kind != "path" or pair[1].name in variables),
    )


def _match(match: MatchConfig) -> Match:
    return Match(
        path=parse_template(match.path),
        methods=frozenset(method.upper() for method in match.method or ()),
        query=tuple(match.query.items()),
        header=tuple((name.lower(), pattern) for name, pattern in match.header.items()),
        body=_body(match.body) if match.body else None,
    )


def _body(body: BodyNames) -> BodyMatch:
    given: tuple[tuple[BodyKind, tuple[str, ...] | None], ...] = (
        ("json-rpc", body.json_rpc),
        ("graphql", body.graphql),
        ("soap", body.soap),
    )
    return next(BodyMatch(kind, names) for kind, names in given if names is not None)


def _label(label: Label) -> IdentitySource | None:
    """Where a plane reads the label; None for one that is read from the answer."""
    if label.header is not None:
        return IdentitySource("header", label.header)
    if label.query is not None:
        return IdentitySource("query", label.query)
    return IdentitySource("path", label.path) if label.path is not None else None
