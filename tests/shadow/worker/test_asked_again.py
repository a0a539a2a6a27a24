"""What a difference comes to where a side gives no second answer."""

from __future__ import annotations

import pytest

from strangler.comparison.context import Context
from strangler.comparison.rules import Rules
from strangler.exchange import Failure, Message, Response, Side
from strangler_shadow.worker.case import Answered
from strangler_shadow.worker.ground import Mirror, Yardstick
from strangler_shadow.worker.verdict import Second, again, judged

_PLAIN = Mirror(Rules(), Context())
PLAIN = Yardstick(Rules(), Context(), {"legacy": _PLAIN, "candidate": _PLAIN})


def said(body: str, status: int = 200) -> Response:
    raw = body.encode()
    return Response(status, b"", Message(((b"Content-Type", b"application/json"),), raw, len(raw)))


def state(value: str) -> Response:
    return said(f'{{"state": "{value}"}}')


SILENT: list[tuple[Answered, str]] = [
    (Failure("timeout", "after 5 s"), "timeout"),
    (Failure("reset"), "reset"),
    (said("no", status=503), "server-error"),
    (said('{"state": '), "undecodable"),
]


def come_to(
    primary: Side,
    legacy: tuple[Answered, Answered],
    candidate: tuple[Answered, Answered],
    *,
    follows: bool = False,
) -> str:
    """The outcome of two answers of either side: its verdict, or its failure and whose it is."""
    first = judged(legacy[0], candidate[0], PLAIN)
    in_front, behind = (legacy, candidate) if primary == "legacy" else (candidate, legacy)
    outcome, _ = again(
        first, primary, (in_front[0], behind[0]), Second(in_front[1], behind[1]), PLAIN, follows=follows
    )
    if outcome.verdict == "different":
        assert outcome.differences == first.differences
    return f"{outcome.failure} of {outcome.blame}" if outcome.verdict == "failed" else outcome.verdict


@pytest.mark.parametrize("silent", [silent for silent, _ in SILENT])
@pytest.mark.parametrize("primary", ["legacy", "candidate"])
def test_a_difference_stands_when_legacy_does_not_answer_again(primary: Side, silent: Answered) -> None:
    b, c = state("b"), state("c")
    assert come_to(primary, (state("a"), silent), (b, b)) == "different"
    assert come_to(primary, (state("a"), silent), (b, c)) == "different"
    assert come_to(primary, (state("a"), silent), (b, silent)) == "different"


@pytest.mark.parametrize("silent", [silent for silent, _ in SILENT])
def test_a_shadow_that_caught_up_was_lagging_though_legacy_does_not_answer_again(silent: Answered) -> None:
    a, b = state("a"), state("b")
    assert come_to("legacy", (a, silent), (b, a)) == "lagged of None"
    assert come_to("candidate", (a, silent), (b, a)) == "different", "it was served"
    assert come_to("candidate", (a, silent), (b, a), follows=True) == "lagged of None"


@pytest.mark.parametrize("silent", [silent for silent, _ in SILENT])
def test_a_difference_stands_when_the_candidate_does_not_answer_again(silent: Answered) -> None:
    a, b, c = state("a"), state("b"), state("c")
    for primary in ("legacy", "candidate"):
        assert come_to(primary, (a, a), (b, silent)) == "different"
    assert come_to("candidate", (a, c), (b, silent)) == "different", "it was served, and legacy never said it"


@pytest.mark.parametrize(("silent", "reason"), SILENT)
def test_a_candidate_that_does_not_answer_again_fails_where_legacy_s_own_answers_excuse_the_difference(
    silent: Answered, reason: str
) -> None:
    a, b, c = state("a"), state("b"), state("c")
    assert come_to("legacy", (a, b), (b, silent)) == f"{reason} of candidate"
    assert come_to("legacy", (a, c), (b, silent)) == f"{reason} of candidate"
    assert come_to("candidate", (a, b), (b, silent)) == f"{reason} of candidate"
