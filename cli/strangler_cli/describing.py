"""Routes and decisions in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from strangler.exchange import other
from strangler.routing import Decision, Route, Table
from strangler.routing.decide import SAFE_METHODS
from strangler.views.words import percent

if TYPE_CHECKING:
    from strangler.exchange import Side


def takes(route: Route) -> str:
    """What makes a request the route's: `GET /invoices/{id} ?format=xml`."""
    match = route.match
    parts = ["|".join(sorted(match.methods)) or "any", match.path.text]
    parts += [f"?{name}={pattern}" for name, pattern in match.query]
    parts += [f"{name}: {pattern}" for name, pattern in match.header]
    if match.body:
        parts.append(f"{match.body.kind} {'|'.join(match.body.names)}")
    return " ".join(parts)


def then(route: Route) -> str:
    """What happens to its requests in its present phase."""
    if route.phase in {"legacy", "retired"}:
        return f"{route.owner} answers"
    asked = _compared(route)
    if asked is None:
        return f"{route.owner} answers; not compared, it may write"
    if route.phase == "canary":
        share = percent(route.weight)
        return f"{share} of the customers get the candidate's answer; the other side is asked the same{asked}"
    return f"{route.owner} answers, {other(route.owner)} is asked the same{asked}"


def _compared(route: Route) -> str | None:
    methods, body = route.match.methods, route.match.body
    if route.safe or (methods and methods <= SAFE_METHODS):
        return ""
    if not methods or methods & SAFE_METHODS or (body is not None and body.kind == "graphql"):
        return ", where it only reads"
    return None


def outcome(table: Table, decision: Decision) -> Iterator[str]:
    """What a plane would do with one request."""
    if decision.unreadable:
        yield f"The body cannot be read for routing: {decision.primary} answers, nothing is captured."
        return
    if not decision.route:
        yield f"No route takes it: {decision.primary} answers, nothing is captured or compared."
        return
    entry = next(route for route in table.routes if route.name == decision.route)
    where = (
        f"cutover `{decision.cutover}` is in phase {decision.phase}"
        if decision.cutover
        else "it is in no cutover"
    )
    yield f"Route `{decision.route}` takes it; {where}."
    yield _who_answers(decision.primary, decision)
    yield _who_is_asked(decision, entry)
    yield from _customer(decision, entry)


def _who_answers(primary: Side, decision: Decision) -> str:
    if decision.fallback:
        wait = f"{decision.deadline_ms} ms"
        return (
            f"The {primary} answers; should it refuse, fail or take over {wait}, legacy answers in its place."
        )
    return f"{primary.capitalize()} answers."


def _who_is_asked(decision: Decision, entry: Route) -> str:
    if decision.shadow is not None:
        return f"Then {decision.shadow} is asked the same, for {percent(decision.sampling)} of such requests."
    if decision.watched:
        return "Nobody else is asked: it may write. Its answer is read for the number it drew."
    if not decision.safe:
        return "Nobody else is asked: it may write."
    if entry.phase in {"legacy", "retired"}:
        return f"Nobody else is asked in phase {entry.phase}."
    return "Nobody else is asked: shadowing is halted."


def _customer(decision: Decision, entry: Route) -> Iterator[str]:
    if not entry.cutover:
        return
    if entry.identity is None:
        yield "The route names no identity: in the canary such requests stay with legacy."
    elif decision.identity is None or decision.bucket is None:
        where = f"{entry.identity.kind} `{entry.identity.name}`"
        yield f"It carries no identity ({where}): in the canary it stays with legacy."
    elif decision.identity in entry.pinned:
        yield f"The customer {decision.identity!r} is pinned: the candidate's from the first canary step on."
    else:
        yield (
            f"The customer {decision.identity!r} is in bucket {decision.bucket} of 10000: the candidate's once the "
            f"canary's weight is over {percent(decision.bucket)}."
        )
