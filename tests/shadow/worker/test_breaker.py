"""The breaker, walked through its table."""

from __future__ import annotations

from strangler_shadow.worker.breaker import Breaker

PAUSE = 1_000


def opened() -> Breaker:
    breaker = Breaker(3, PAUSE)
    for _ in range(3):
        breaker = breaker.failed(10)
    return breaker


def test_it_opens_at_the_limit_and_not_before() -> None:
    breaker = Breaker(3, PAUSE).failed(1).failed(2)
    assert breaker.ask(3)[1]
    assert not breaker.failed(3).ask(4)[1]


def test_a_success_in_between_starts_the_count_again() -> None:
    breaker = Breaker(3, PAUSE).failed(1).failed(2).succeeded().failed(3).failed(4)
    assert breaker.state == "closed"
    assert breaker.failures == 2


def test_open_refuses_until_the_pause_is_over_then_lets_one_through() -> None:
    breaker = opened()
    assert not breaker.ask(10 + PAUSE - 1)[1]
    breaker, allowed = breaker.ask(10 + PAUSE)
    assert allowed
    assert breaker.state == "half-open"
    assert not breaker.ask(10 + PAUSE)[1]


def test_the_trial_decides() -> None:
    trial, _ = opened().ask(10 + PAUSE)
    assert trial.succeeded().ask(10 + PAUSE)[1]
    assert trial.succeeded().state == "closed"
    again = trial.failed(2_000)
    assert again.state == "open"
    assert not again.ask(2_000 + PAUSE - 1)[1]
    assert again.ask(2_000 + PAUSE)[1]


def test_a_trial_that_was_not_sent_frees_its_place() -> None:
    trial, _ = opened().ask(10 + PAUSE)
    assert trial.withdrawn().ask(10 + PAUSE)[1]


def test_answers_that_come_late_do_not_move_an_open_one() -> None:
    breaker = opened()
    assert breaker.succeeded() is breaker
    assert breaker.failed(500) is breaker
