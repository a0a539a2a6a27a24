"""The memory gate: closed at the ceiling, open again at seven eighths."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from strangler_shadow.worker.memory import MemoryGate


def test_over_the_ceiling_it_sheds_until_seven_eighths() -> None:
    gate = MemoryGate(800)
    gate, admitted = gate.admit(750)
    assert admitted
    gate, admitted = gate.admit(100)
    assert not admitted
    gate = gate.release(40)
    assert not gate.admit(1)[1], "710 is above 700: still shedding"
    gate = gate.release(10)
    gate, admitted = gate.admit(1)
    assert admitted
    assert gate.held == 701


def test_one_that_is_too_large_does_not_shut_out_the_small() -> None:
    gate = MemoryGate(800)
    gate, admitted = gate.admit(801)
    assert not admitted
    assert gate.admit(800)[1]


def test_answers_that_come_may_lift_it_over() -> None:
    gate, _ = MemoryGate(800).admit(700)
    gate = gate.grow(200)
    assert gate.shedding
    assert not gate.release(100).admit(1)[1]
    assert gate.release(300).admit(1)[1]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=200))
def test_what_is_admitted_stays_under_the_ceiling_and_is_given_back_whole(
    moves: list[tuple[bool, int]],
) -> None:
    gate, inside = MemoryGate(1_000), list[int]()
    for coming, size in moves:
        if coming:
            gate, admitted = gate.admit(size)
            inside += [size] if admitted else []
        elif inside:
            gate = gate.release(inside.pop())
        assert gate.held == sum(inside) <= gate.ceiling
    for size in inside:
        gate = gate.release(size)
    assert gate == MemoryGate(1_000)
