"""From a write to its answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET
from starlette.responses import Response

from strangler.ledger.answered import Answered
from strangler.views.gate import GateView
from strangler.views.status import StateView
from strangler_dashboard.acting.carried_out import Said, carried_out
from strangler_dashboard.api.answering import tag_of
from strangler_dashboard.api.asking import JSON, check_accepts
from strangler_dashboard.api.errors import Unfit
from strangler_dashboard.api.problems import MEDIA, TITLES, answered
from strangler_dashboard.api.reads.cutovers import known, state_in
from strangler_dashboard.api.writes.content import content
from strangler_dashboard.api.writes.once import caller_of, digest_of, key_of, once
from strangler_dashboard.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

    from strangler.config import Loaded
    from strangler.ledger.store import Ledger
    from strangler_dashboard.access import Visitor
    from strangler_dashboard.acting.table import Act
    from strangler_dashboard.api.endpoint import Write
    from strangler_dashboard.room import Room

REPLAYED: Final = "idempotency-replayed"


class DoneView(msgspec.Struct, frozen=True):
    """What came of a write. `changed`: false where it stood so already; `entry`: number of its entry in the audit, 0
    where nothing changed; `state`: where the cutover stands now, and `tag` its ETag, for the next `If-Match`.
    """

    changed: bool
    entry: int
    tag: str
    state: StateView


class GateProblem(Problem, frozen=True, omit_defaults=True):
    """A refusal by the gate, with its whole answer."""

    gate: GateView | None = None


async def write(room: Room, entry: Write, request: Request, visitor: Visitor) -> Response:
    """Do it once, or the problem in its place."""
    try:
        check_accepts(request)
        key, said = key_of(request), await content(request, entry.body)
        name, match = request.path_params["cutover"], ",".join(request.headers.getlist("if-match"))
        digest = digest_of(request.url.path, msgspec.to_builtins(said))
        now_ns = room.clocks.now_ns()

        def act(ledger: Ledger, loaded: Loaded) -> tuple[Answered, bool]:
            known(loaded, name)

            def do() -> Answered:
                return _done(ledger, loaded, entry.act, name, said, match, visitor, now_ns)

            return once(ledger, caller_of(visitor), key, digest, now_ns, do)

        answer, again = await room.act(act)
    except Exception as error:  # noqa: BLE001  the boundary: whatever it is, it is told in words and logged once
        return answered(error)
    headers = {"cache-control": "no-store", **({REPLAYED: "true"} if again else {})}
    media = JSON if answer.status == 200 else MEDIA
    return Response(answer.body, answer.status, headers, media_type=media)


def _done(
    ledger: Ledger,
    loaded: Loaded,
    act: Act,
    cutover: str,
    said: Any,
    match: str,
    visitor: Visitor,
    now_ns: int,
) -> Answered:
    generation = _matched(ledger, loaded, cutover, match) if match else None
    # Who says which state they mean, means that one, also where it would else be done whatever the state.
    act = replace(act, stale=False) if match else act
    words = {name: value for name, value in msgspec.structs.asdict(said).items() if value is not UNSET}
    words["length"] = words.pop("lasts", "")
    outcome = carried_out(ledger, loaded, act, cutover, Said(generation=generation, **words), visitor, now_ns)
    if outcome.refused:
        problem = GateProblem(
            TITLES[409], 409, outcome.refused, "`gate` has what is in the way", gate=outcome.gate
        )
        return Answered(409, msgspec.json.encode(problem).decode())
    with ledger.read() as connection:
        state = state_in(connection, loaded, cutover)
    done = DoneView(bool(outcome.entry), outcome.entry, tag_of(msgspec.json.encode(state)), state)
    return Answered(200, msgspec.json.encode(done).decode())


def _matched(ledger: Ledger, loaded: Loaded, cutover: str, match: str) -> int:
    """The generation that `If-Match` means (RFC 9110 section 13.1.1). Raises Unfit (412)."""
    with ledger.read() as connection:
        state = state_in(connection, loaded, cutover)
    named = {each.strip() for each in match.split(",")}
    if "*" not in named and tag_of(msgspec.json.encode(state)) not in named:
        raise Unfit(
            412,
            f"somebody moved it since you looked: it is in {state.phase} now",
            remedy=f"`GET /api/v1/cutovers/{cutover}/state` has its state and its ETag",
        )
    return state.generation
