"""A clean history is never accused, a seeded fault is always found, and the order of what arrives changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strangler.exchange import Side, other
from strangler.numbers import Finding, Series, Sighting, findings, merged, parted
from strangler.numbers.series import WINDOW, How

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
SETTLE = 60 * SECOND
LATER = START + 10_000 * SECOND


@dataclass(frozen=True, slots=True)
class Draw:
    """A request that draws: begun, drawn, answered; seconds may be parts of one."""

    number: int
    begin_ns: int
    end_ns: int
    side: Side
    document: str


def sighting(draw: Draw, how: How = "draw", side: Side | None = None) -> Sighting:
    side = side or draw.side
    return Sighting(
        "s", draw.number, side, f"{side}-{draw.document}", how, draw.begin_ns, draw.end_ns, "issue"
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Draw]:
    """Numbers drawn one after the other by either side; requests overlap as they like around the moment of the draw."""
    count = draw(st.integers(3, 25))
    times = sorted(draw(st.lists(st.integers(1, 1_000), min_size=count, max_size=count, unique=True)))
    first = draw(st.integers(1, 500))
    out = []
    for index, at in enumerate(times):
        before, after = draw(st.integers(0, 300)), draw(st.integers(0, 300))
        side: Side = draw(st.sampled_from(("legacy", "candidate")))
        out.append(
            Draw(
                first + index, START + (at - before) * SECOND, START + (at + after) * SECOND, side, str(index)
            )
        )
    return out


@st.composite
def arrivals(draw: st.DrawFn, seen: Sequence[Sighting]) -> list[list[Sighting]]:
    """What several planes saw, in flushes of several workers, in any order."""
    order = draw(st.permutations(seen))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=4)))
    edges = [0, *cuts, len(order)]
    return [list(order[a:b]) for a, b in pairwise(edges)]


def told(flushes: Sequence[Sequence[Sighting]], now_ns: int = LATER) -> tuple[Finding, ...]:
    series = Series()
    for each in flushes:
        series = merged(series, each)
        series = msgspec.msgpack.decode(msgspec.msgpack.encode(series), type=Series)
    return findings(series, now_ns, SETTLE)


def numbers(found: Sequence[Finding], kind: str) -> set[int]:
    return {number for each in found if each.kind == kind for number in range(each.first, each.last + 1)}


def reads(history: Sequence[Draw]) -> list[Sighting]:
    """Both sides show each document, later."""
    late = [replace(each, begin_ns=LATER - 9 * SECOND, end_ns=LATER - 8 * SECOND) for each in history]
    return [sighting(each, "read", side) for each in late for side in ("legacy", "candidate")]


@settings(max_examples=40)
@given(st.data())
def test_a_clean_history_is_never_accused(data: st.DataObject) -> None:
    history = data.draw(histories())
    seen = [sighting(each) for each in history] + data.draw(
        st.lists(st.sampled_from(reads(history)), max_size=10)
    )
    # A client that asks again with its key gets the same document once more.
    seen += [
        replace_times(each) for each in data.draw(st.lists(st.sampled_from(seen[: len(history)]), max_size=2))
    ]
    assert told(data.draw(arrivals(seen))) == ()


def replace_times(seen: Sighting) -> Sighting:
    return msgspec.structs.replace(seen, start_ns=seen.end_ns + SECOND, end_ns=seen.end_ns + 2 * SECOND)


@settings(max_examples=40)
@given(st.data())
def test_a_gap_is_always_found_once_it_is_old_enough(data: st.DataObject) -> None:
    history = data.draw(histories())
    missing = data.draw(st.integers(1, len(history) - 2))
    seen = [sighting(each) for index, each in enumerate(history) if index != missing]
    found = told(data.draw(arrivals(seen)))
    assert found == told([seen])
    assert numbers(found, "gap") == {history[missing].number}
    above = min(each.end_ns for each in history[missing + 1 :])
    assert numbers(told([seen], above + SETTLE), "gap") == set()
    assert numbers(told([seen], above + SETTLE + 1), "gap") == {history[missing].number}
    filled = reads([history[missing]])[0]
    assert told([seen, [filled]]) == told([[filled], seen]) == ()


@settings(max_examples=40)
@given(st.data())
def test_a_double_is_always_found(data: st.DataObject) -> None:
    history = data.draw(histories())
    chosen = data.draw(st.sampled_from(history))
    twice = replace(chosen, document="another", side=data.draw(st.sampled_from(("legacy", "candidate"))))
    seen = [*map(sighting, history), sighting(twice)]
    found = told(data.draw(arrivals(seen)))
    assert found == told([seen])
    assert numbers(found, "double") == {chosen.number}


@settings(max_examples=40)
@given(st.data())
def test_a_double_that_only_readers_see_is_found(data: st.DataObject) -> None:
    history = data.draw(histories())
    chosen = data.draw(st.sampled_from(history))
    side: Side = data.draw(st.sampled_from(("legacy", "candidate")))
    shown = [each for each in reads([chosen]) if each.side == side]
    shown += [each for each in reads([replace(chosen, document="another")]) if each.side == side]
    found = told(data.draw(arrivals([*map(sighting, history), *shown])))
    assert numbers(found, "double") == {chosen.number}


@settings(max_examples=40)
@given(st.data())
def test_a_number_that_the_other_side_had_before_is_a_double(data: st.DataObject) -> None:
    history = data.draw(histories())
    last = history[-1]
    before = min(each.begin_ns for each in history)
    early = replace(last, begin_ns=before - 3 * SECOND, end_ns=before - SECOND)
    seen = [*map(sighting, history), sighting(early, "read", other(last.side))]
    assert last.number in numbers(told(data.draw(arrivals(seen))), "double")


@settings(max_examples=40)
@given(st.data())
def test_a_draw_after_a_higher_number_is_always_found(data: st.DataObject) -> None:
    history = data.draw(histories())
    low = data.draw(st.integers(0, len(history) - 2))
    above = min(each.end_ns for each in history[low + 1 :])
    late = replace(history[low], begin_ns=above + 1, end_ns=above + SECOND)
    seen = [sighting(late if index == low else each) for index, each in enumerate(history)]
    found = told(data.draw(arrivals(seen)))
    assert found == told([seen])
    assert history[low].number in numbers(found, "order")
    touching = replace(late, begin_ns=above)
    clean = [sighting(touching if index == low else each) for index, each in enumerate(history)]
    assert history[low].number not in numbers(told([clean]), "order")


@settings(max_examples=40)
@given(st.data())
def test_what_a_shadow_draws_is_found_and_what_it_merely_shows_first_is_not(data: st.DataObject) -> None:
    history = [replace(each, side="legacy") for each in data.draw(histories())]
    end = max(each.end_ns for each in history)
    beyond = Draw(
        history[-1].number + data.draw(st.integers(1, 5)), end + SECOND, end + 2 * SECOND, "candidate", "x"
    )
    seen = [*map(sighting, history), sighting(beyond, "alone")]
    found = told(data.draw(arrivals(seen)))
    assert numbers(found, "shadow") == {beyond.number}
    assert told([seen], beyond.end_ns + SETTLE) == ()
    # It was legacy's after all: its answer came later than the shadow's.
    known = replace(beyond, side="legacy", end_ns=beyond.end_ns + SECOND)
    assert numbers(told(data.draw(arrivals([*seen, sighting(known)]))), "shadow") == set()
    assert numbers(told(data.draw(arrivals([*seen, sighting(known, "read")]))), "shadow") == set()
    archived = replace(beyond, number=history[0].number - 1)
    assert numbers(told([[*map(sighting, history), sighting(archived, "alone")]]), "shadow") == set()


def test_a_number_drawn_again_long_after_it_left_the_window_is_a_double() -> None:
    history = [
        Draw(n, START + n * SECOND, START + n * SECOND + 1, "legacy", str(n)) for n in range(1, 3 * WINDOW)
    ]
    series = Series()
    for start in range(0, len(history), 100):
        series = merged(series, map(sighting, history[start : start + 100]))
    assert findings(series, LATER, SETTLE) == ()
    assert (len(series.drawn), len(series.window)) == (1, WINDOW)
    again = Draw(3, LATER, LATER + 1, "legacy", "3")
    assert numbers(findings(merged(series, [sighting(again)]), 2 * LATER, SETTLE), "double") == {3}


def test_what_is_kept_does_not_grow_with_traffic() -> None:
    def size(count: int, step: int) -> int:
        series = Series()
        for start in range(1, count, 500):
            seen = [
                sighting(Draw(step * n, START + n * SECOND, START + n * SECOND + 1, "legacy", str(n % 7)))
                for n in range(start, start + 500)
            ]
            series = merged(series, seen)
        if step == 2:
            gaps = findings(series, START * 2, SETTLE)
            assert sum(each.last - each.first + 1 for each in gaps) >= 900
        return len(msgspec.msgpack.encode(series))

    for step in (1, 2):
        assert size(8_000, step) <= 1.05 * size(4_000, step)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RE-2026-0007", ("RE-2026-", 7)),
        ("17", ("", 17)),
        ("2026/12-A", ("2026/#-A", 12)),
        ("202600000123", ("", 202600000123)),
        ("2026000000012345", ("2026000", 12345)),
        ("four", None),
        ("", None),
        ("1" * 65, None),
        ("٣", None),
    ],
)
def test_a_number_is_taken_apart(text: str, found: tuple[str, int] | None) -> None:
    assert parted(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("0007/2026", ("#/2026", 7)), ("R 12-A4", ("R #-A4", 12)), ("17", ("", 17)), ("four", None)],
)
def test_a_counter_may_stand_first(text: str, found: tuple[str, int] | None) -> None:
    assert parted(text, "first") == found
