"""What can be used as it stands and yet is probably not meant: warnings, each with its line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from strangler.config import problems
from strangler.config.document import Location
from strangler.config.load import Loaded
from strangler.config.model import Config
from strangler.config.rules import Rule
from strangler.errors import Problem
from strangler.routing.safety import reads_only

type Found = tuple[Location, str, str | None]


def advice(loaded: Loaded, today: date) -> list[Problem]:
    """Warnings by line. `today` decides which rules have expired."""
    found = problems.at(loaded.tree, _all(loaded.config, today))
    return sorted(found, key=lambda problem: problem.line)


def _all(config: Config, today: date) -> Iterator[Found]:
    yield from _expired(("rules",), config.rules, today)
    for name, route in config.routes.items():
        yield from _expired(("routes", name, "rules"), route.rules, today)
    yield from _nothing_to_do(config)
    yield from _no_version(config)
    yield from _no_identity(config)
    yield from _no_effects(config)
    yield from _no_reader(config)
    if config.legacy.url == config.candidate.url:
        yield ("candidate", "url"), "legacy and candidate have the same URL: nothing would ever differ", None


def _expired(location: Location, rules: tuple[Rule, ...], today: date) -> Iterator[Found]:
    for index, rule in enumerate(rules):
        if rule.expires is not None and rule.expires < today:
            yield (
                (*location, index, "expires"),
                f"the rule expired on {rule.expires}; it still holds, and the gate blocks on it",
                f"remove it, or let {rule.owner or 'its owner'} give it a later day",
            )


def _nothing_to_do(config: Config) -> Iterator[Found]:
    if not config.routes:
        yield (
            ("routes",),
            "no routes: everything goes to legacy and nothing is observed",
            "name what is to move",
        )
    elif not config.cutovers:
        yield ("cutovers",), "no cutovers: no route can leave legacy", "`cutovers: {reads: {routes: [NAME]}}`"


def _no_version(config: Config) -> Iterator[Found]:
    if config.candidate.version is None:
        yield (
            ("candidate",),
            "the candidate's version is read nowhere: the gate cannot pass without it",
            "`version: {header: X-Version}`, `{endpoint: /version}`, or `serve --candidate-version`",
        )


def _no_identity(config: Config) -> Iterator[Found]:
    for name, plan in config.cutovers.items():
        for index, route_name in enumerate(plan.routes):
            route = config.routes[route_name]
            if route.identity is None:
                stays = "its reads stay" if reads_only(route) else "it stays"
                yield (
                    ("cutovers", name, "routes", index),
                    f"route `{route_name}` names no identity: in the canary {stays} with legacy",
                    "`identity: {header: X-Customer}` (or cookie, query, path) names the customer",
                )


def _no_effects(config: Config) -> Iterator[Found]:
    for name, plan in config.cutovers.items():
        writes = [route for route in plan.routes if not reads_only(config.routes[route])]
        if writes and plan.effects is None:
            yield (
                ("cutovers", name),
                f"`{writes[0]}` may write, and nothing is said of what runs by itself: a month-end run is no request",
                "`effects:` names schedulers, mailers, payment runs and webhooks; `effects: none` says there are none",
            )


def _no_reader(config: Config) -> Iterator[Found]:
    wanted = [name for name, route in config.routes.items() if route.decode and route.decode.format == "pdf"]
    if not wanted:
        return
    from strangler.comparison.decode.pdfpages import installed

    for name in wanted if not installed() else ():
        what = f"what reads a PDF is not installed: answers of `{name}` are compared by their bytes alone"
        yield ("routes", name, "decode"), what, "pip install 'strangler[pdf]'"
