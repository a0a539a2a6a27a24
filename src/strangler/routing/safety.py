"""Which routes only read, as far as their declaration tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.routing.decide import SAFE_METHODS

if TYPE_CHECKING:
    from strangler.config.routes import RouteConfig


def reads_only(route: RouteConfig) -> bool:
    """Whether no request of the route can write: by its methods (RFC 9110 section 9.2.1), or declared
    `safe`.
    """
    methods = _methods(route)
    return route.safe or (bool(methods) and methods <= SAFE_METHODS)


def comparable(route: RouteConfig) -> bool:
    """Whether some requests of the route may be asked twice: it need not read only, and GraphQL queries
    count.
    """
    methods = _methods(route)
    queries = route.match.body is not None and route.match.body.graphql is not None
    return route.safe or queries or not methods or not methods.isdisjoint(SAFE_METHODS)


def _methods(route: RouteConfig) -> frozenset[str]:
    return frozenset(method.upper() for method in route.match.method or ())
