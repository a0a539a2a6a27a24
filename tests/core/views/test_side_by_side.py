"""Two documents side by side, the place that is meant marked."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from strangler.views.side_by_side import excerpt, side_by_side


def marks(left: Any, right: Any, place: str = "") -> list[tuple[str | None, str | None]]:
    pairs = side_by_side(json.dumps(left), json.dumps(right), place)
    return [(pair.left, pair.right) for pair in pairs if pair.mark == ">>"]


def test_only_the_place_that_is_meant_has_the_double_mark() -> None:
    left = {"a": 1, "lines": [{"n": 1, "b": 2}, {"n": 2, "b": 2}]}
    right = {"a": 2, "lines": [{"n": 1, "b": 3}, {"n": 2, "b": 2}]}
    assert marks(left, right, "$.lines[*].b") == [('      "b": 2', '      "b": 3')]
    assert marks(left, right, "$.a") == [('  "a": 1', '  "a": 2')]
    assert marks(left, right, "header:date") == []
    assert marks(left, right, "$.[") == []


def test_missing_and_extra_stand_on_one_side() -> None:
    assert marks({"a": 1, "b": [1, 2]}, {"a": 1}, "$.b")[0] == ('  "b": [', None)
    assert marks({}, {"b": None}, "$.b") == [(None, '  "b": null')]


def test_numbers_keep_their_digits_and_doubled_members_are_both_shown() -> None:
    pairs = side_by_side('{"a": 10.00, "a": 1e400}', '{"a": 10.0}', "$.a")
    assert [pair.left for pair in pairs if pair.left] == ["{", '  "a": 10.00', '  "a": 1e400', "}"]


def test_text_is_compared_by_line_and_depth_is_no_trouble() -> None:
    assert [pair.mark for pair in side_by_side("a\nb\n", "a\nc\n")] == ["", "|"]
    deep = "[" * 50_000 + "]" * 50_000
    assert side_by_side(deep, deep + " ")[0].left is not None


def test_an_excerpt_leaves_out_what_is_equal() -> None:
    pairs = side_by_side(json.dumps(list(range(100))), json.dumps([*range(50), -1, *range(51, 100)]))
    shown = list(excerpt(pairs))
    assert [line is None for line in shown] == [True, *[False] * 7, True]
    assert list(excerpt(side_by_side("[1]", "[1]"))) == [None]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
)


@given(left=JSON, right=JSON)
def test_every_line_of_both_is_there_in_order(left: Any, right: Any) -> None:
    pairs = side_by_side(json.dumps(left), json.dumps(right))
    for side, document in (([p.left for p in pairs], left), ([p.right for p in pairs], right)):
        alone = [pair.left for pair in side_by_side(json.dumps(document), json.dumps(document))]
        assert [line for line in side if line is not None] == alone
    assert (left == right and str(left) == str(right)) == (
        not any(pair.mark for pair in pairs)
    ) or left == right
