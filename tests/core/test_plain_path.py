"""Plain paths mean what python-jsonpath makes of them; whatever is not plain is left to it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpath import JSONPath
from jsonpath import compile as compile_path
from jsonpath.segments import JSONPathRecursiveDescentSegment
from jsonpath.selectors import IndexSelector, NameSelector, WildcardSelector

from strangler.plain_path import plain_path

type Steps = list[tuple[str | int | None, bool]]


def by_the_library(text: str) -> Steps:
    """As the library reads it. Raises its error, and AssertionError where a segment has another selector."""
    compiled = compile_path(text, strict=True)
    assert isinstance(compiled, JSONPath)
    steps: Steps = []
    for segment in compiled.segments:
        (selector,) = segment.selectors
        assert isinstance(selector, NameSelector | IndexSelector | WildcardSelector)
        step = (
            selector.name
            if isinstance(selector, NameSelector)
            else selector.index
            if isinstance(selector, IndexSelector)
            else None
        )
        steps.append((step, isinstance(segment, JSONPathRecursiveDescentSegment)))
    return steps


NAME = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True) | st.sampled_from(
    ["and", "or", "not", "in", "true", "false", "null", "nil", "None", "contains", "undefined", "length"]
)
QUOTED = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="'\\"), max_size=8)
INSIDE = (
    QUOTED.map(lambda name: f"['{name}']") | st.integers(0, 10**9 - 1).map("[{}]".format) | st.just("[*]")
)
SEGMENT = st.one_of(
    NAME.map(".{}".format),
    NAME.map("..{}".format),
    INSIDE,
    INSIDE.map("..{}".format),
    st.sampled_from([".*", "..*"]),
)
PLAIN = st.lists(SEGMENT, max_size=6).map(lambda parts: "$" + "".join(parts))


@given(PLAIN)
def test_a_plain_path_is_read_as_the_library_reads_it(text: str) -> None:
    steps = plain_path(text)
    if steps is None:
        assert re.search(r"\.\.(true|false|null)\b", text)
    else:
        assert steps == by_the_library(text)


@given(PLAIN, st.data())
def test_nothing_is_plain_that_the_library_reads_otherwise(text: str, data: st.DataObject) -> None:
    """A plain path with one character taken out, put in or turned into another."""
    at = data.draw(st.integers(0, len(text)))
    new = data.draw(st.sampled_from(["", *" .*[]'$\"\\@?:,-01aZ_~\n\t\x00é"]))
    changed = text[:at] + new + text[at + data.draw(st.integers(0, 1)) :]
    steps = plain_path(changed)
    if steps is not None:
        assert steps == by_the_library(changed)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("$", []),
        ("$.a", [("a", False)]),
        ("$..a_1.*", [("a_1", True), (None, False)]),
        ("$.lines[*].amount", [("lines", False), (None, False), ("amount", False)]),
        ("$['cbc:ID'][0]", [("cbc:ID", False), (0, False)]),
        ("$..['@x']..[*]..*", [("@x", True), (None, True), (None, True)]),
    ],
)
def test_examples(text: str, steps: Steps) -> None:
    assert plain_path(text) == steps


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "$.",
        "$..",
        "$.1a",
        "$.a\n",
        "$ .a",
        "$[01]",
        "$[-1]",
        "$['a','b']",
        '$["a"]',
        "$['\\n']",
        "$[?@.a]",
        "$[0:2]",
        "$.ü",
        "$[1000000000]",
        "$..true",
        "$..null.a",
        "$['a",
        "$.a | $.b",
    ],
)
def test_what_is_left_to_the_library(text: str) -> None:
    assert plain_path(text) is None
