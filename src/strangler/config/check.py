"""What no single part of the file can see: names that point elsewhere, and combinations that are not safe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from strangler.config.document import Location
from strangler.config.model import Config
from strangler.config.problems import did_you_mean
from strangler.config.rules import Rule
from strangler.config.systems import is_loopback
from strangler.errors import ConfigError
from strangler.routing.safety import reads_only
from strangler.routing.template import parse_template

_STATES = "`state: shared`, or `state: {synced: {lag: {url: …}}}`; a route that only reads says `safe: true`"

type Found = tuple[Location, str, str | None]


def cross_checks(config: Config) -> Iterator[Found]:
    """Location, what is wrong, what would be right."""
    yield from _routes_exist(config)
    yield from _one_cutover_each(config)
    yield from _required(config)
    yield from _told_apart(config)
    yield from _path_variables(config)
    yield from _unsafe_without_state(config)
    yield from _hidden_numbers(config)
    yield from _listens(config)
    yield from _who_may(config)
    yield from _one_webhook_each(config)
    yield from _rules_compile(("rules",), config.rules)
    for name, route in config.routes.items():
        yield from _rules_compile(("routes", name, "rules"), route.rules)


def _routes_exist(config: Config) -> Iterator[Found]:
    for name, plan in config.cutovers.items():
        for index, route in enumerate(plan.routes):
            if route not in config.routes:
                remedy = did_you_mean(route, config.routes) or "describe it under `routes:` first"
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


def _required(config: Config) -> Iterator[Found]:
    wanted = {name: plan.requires.cutovers or () for name, plan in config.cutovers.items()}
    for name, others in wanted.items():
        for index, other in enumerate(others):
            place: Location = ("cutovers", name, "requires", "cutovers", index)
            if other not in wanted:
                remedy = did_you_mean(other, config.cutovers) or "describe it under `cutovers:` first"
                yield place, f"there is no cutover `{other}`", remedy
            elif name in _behind(other, wanted):
                yield place, f"`{name}` and `{other}` wait for each other", "let one of them go first"


def _behind(name: str, wanted: Mapping[str, tuple[str, ...]]) -> set[str]:
    """A cutover and all that must be complete before it."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += wanted.get(one, ())
    return found


def _told_apart(config: Config) -> Iterator[Found]:
    seen: dict[str, str] = {}
    for name, route in config.routes.items():
        same = route.match.model_dump_json()
        if same in seen:
            yield (
                ("routes", name, "match"),
                f"route `{name}` matches exactly what route `{seen[same]}` matches",
                "remove one, or tell them apart by query, header or body",
            )
        seen.setdefault(same, name)


def _path_variables(config: Config) -> Iterator[Found]:
    everywhere: set[str] = set()
    for name, route in config.routes.items():
        variables = parse_template(route.match.path).variables
        everywhere.update(variables)
        if (
            route.identity is not None
            and route.identity.path is not None
            and route.identity.path not in variables
        ):
            yield (
                ("routes", name, "identity", "path"),
                f"the path {route.match.path} has no variable `{route.identity.path}`",
                f"it has: {', '.join(variables) or 'none'}",
            )
    for name, label in config.strata.items():
        if label.path is not None and label.path not in everywhere:
            yield (
                ("strata", name, "path"),
                f"no route's path has a variable `{label.path}`",
                f"there are: {', '.join(sorted(everywhere)) or 'none'}",
            )


def _unsafe_without_state(config: Config) -> Iterator[Found]:
    for name, plan in config.cutovers.items():
        for index, route_name in enumerate(plan.routes):
            route = config.routes.get(route_name)
            if route is None or reads_only(route) or plan.state not in {None, "read-only"}:
                continue
            what = f"route `{route_name}` may write, and `{name}` does not say how both sides see its records"
            yield ("cutovers", name, "routes", index), what, _STATES


def _hidden_numbers(config: Config) -> Iterator[Found]:
    for name, route in config.routes.items():
        if route.numbers is not None and route.numbers.number in config.redaction.fields:
            yield (
                ("routes", name, "numbers", "number"),
                f"{route.numbers.number} is redacted, and its numbers cannot be watched without being kept",
                "take it out of `redaction.fields`, or remove `numbers`",
            )


def _who_may(config: Config) -> Iterator[Found]:
    pages, address = config.dashboard, config.serve.dashboard
    if address is not None and not is_loopback(address):
        if pages.login is None:
            what = f"{address} can be reached from other machines, and nobody logs in there"
            yield ("serve", "dashboard"), what, "127.0.0.1:PORT, or `dashboard: {url: …, login: {}}`"
        elif pages.url is None:
            what = f"{address} can be reached from other machines, and nothing says by which name"
            yield ("serve", "dashboard"), what, "`dashboard: {url: https://strangler.example.com}`"
    if pages.url is not None and pages.tls is not None and pages.url.startswith("http:"):
        yield ("dashboard", "url"), "there is a certificate, and the URL says http", "https://…"
    oidc = pages.login.oidc if pages.login else None
    if oidc is not None and pages.url is None:
        what = "a provider sends people back to the pages, and nothing says where those are"
        yield ("dashboard", "login", "oidc"), what, "`dashboard: {url: https://strangler.example.com}`"
    if oidc is not None and "openid" not in oidc.scopes:
        yield (
            ("dashboard", "login", "oidc", "scopes"),
            "without `openid` there is no ID token",
            "add `openid`",
        )


def _listens(config: Config) -> Iterator[Found]:
    serve = config.serve
    if serve.listen == serve.control and not serve.listen.endswith(":0"):
        yield (
            ("serve", "control"),
            f"`listen` and `control` are the same address ({serve.listen})",
            "give each its own",
        )
    for side, url in (("legacy", config.legacy.url), ("candidate", config.candidate.url)):
        if urlsplit(url).netloc == serve.listen:
            yield (
                (side, "url"),
                f"{side} is where strangler itself listens ({serve.listen})",
                "requests would go in circles",
            )


def _one_webhook_each(config: Config) -> Iterator[Found]:
    seen: set[str] = set()
    for index, target in enumerate(config.notifications):
        if target.url in seen:
            what = f"{target.host} is named twice with one URL"
            yield ("notifications", index, "url"), what, "name it once, with all its events"
        seen.add(target.url)


def _rules_compile(location: Location, rules: tuple[Rule, ...]) -> Iterator[Found]:
    """What only the comparison knows of a rule, found out now and not in traffic."""
    from strangler.comparison.rules import Rules

    for index, rule in enumerate(rules):
        try:
            Rules.of([rule])
        except ConfigError as error:
            for problem in error.problems:
                yield (*location, index), problem.what, problem.remedy
