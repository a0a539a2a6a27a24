"""What no single part of the file can see: names that point elsewhere, and combinations that are not safe."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from strangler.config.model import Config
from strangler.routing.decide import SAFE_METHODS
from strangler.routing.template import parse_template

type Found = tuple[tuple[str | int, ...], str, str | None]


def cross_checks(config: Config) -> Iterator[Found]:
    """Location, what is wrong, what would be right."""
    yield from _routes_exist(config)
    yield from _one_cutover_each(config)
    yield from _path_identities(config)
    yield from _unsafe_without_state(config)


def _routes_exist(config: Config) -> Iterator[Found]:
    for name, plan in config.cutovers.items():
        for index, route in enumerate(plan.routes):
            if route not in config.routes:
                close = difflib.get_close_matches(route, config.routes, n=1)
                remedy = f"did you mean `{close[0]}`?" if close else f"known: {', '.join(config.routes) or 'none yet'}"
                yield ("cutovers", name, "routes", index), f"there is no route `{route}`", remedy


def _one_cutover_each(config: Config) -> Iterator[Found]:
    seen: dict[str, str] = {}
    for name, plan in config.cutovers.items():
        for index, route in enumerate(plan.routes):
            if route in seen:
                yield (
                    ("cutovers", name, "routes", index),
                    f"route `{route}` already belongs to cutover `{seen[route]}`",
                    "a route belongs to at most one cutover",
                )
            seen.setdefault(route, name)


def _path_identities(config: Config) -> Iterator[Found]:
    for name, route in config.routes.items():
        variables = parse_template(route.match.path).variables
        if route.identity is not None and route.identity.path is not None and route.identity.path not in variables:
            yield (
                ("routes", name, "identity", "path"),
                f"the path {route.match.path} has no variable `{route.identity.path}`",
                f"it has: {', '.join(variables) or 'none'}",
            )


def _unsafe_without_state(config: Config) -> Iterator[Found]:
    for name, plan in config.cutovers.items():
        for index, route_name in enumerate(plan.routes):
            route = config.routes.get(route_name)
            if route is None or _reads(route.safe, route.match.method) or plan.state not in (None, "read-only"):
                continue
            yield (
                ("cutovers", name, "routes", index),
                f"route `{route_name}` may write, and cutover `{name}` does not say how both sides see the same records",
                "declare `state: shared` or `state: {synced: {lag: {url: …}}}`, or `safe: true` on a route that only reads",
            )


def _reads(safe: bool, methods: tuple[str, ...] | None) -> bool:
    return safe or (methods is not None and SAFE_METHODS.issuperset(method.upper() for method in methods))
