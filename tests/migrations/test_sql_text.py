"""Names and tokens: what is quoted, what an expression mentions, the same over another column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler_migrations.sql.names import MAX_BYTES, NEW, ident, literal, prefixed
from strangler_migrations.sql.tokens import mentioned, renamed


@pytest.mark.parametrize(
    ("name", "text"), [("name", "name"), ("Name", '"Name"'), ("order", '"order"'), ('a"b', '"a""b"')]
)
def test_names_are_quoted_where_they_must_be(name: str, text: str) -> None:
    assert ident(name) == text


def test_texts_are_quoted_for_any_setting() -> None:
    assert [literal("a'b"), literal("a\\b'"), literal(None)] == ["'a''b'", "E'a\\\\b'''", "NULL"]


@given(st.text(min_size=1, max_size=70))
def test_a_prefixed_name_fits_and_two_stay_two(name: str) -> None:
    first, second = prefixed(NEW, name), prefixed(NEW, name + "x")
    assert max(len(first.encode()), len(second.encode())) <= MAX_BYTES
    assert first != second


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("length(title) > 3", {"title"}),
        ("TITLE || 'id'", {"title"}),
        ('"Title" || $$ id $$', set[str]()),
        ("SELECT 1 FROM users WHERE users.id = user_id -- title", {"id", "user_id"}),
        ("E'it\\'s id' || title /* id */", {"title"}),
    ],
)
def test_what_an_expression_mentions(text: str, found: set[str]) -> None:
    assert mentioned(text, ["title", "id", "user_id", "name"]) == found


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("CHECK ((length(name) > 3))", "CHECK ((length(n2) > 3))"),
        ("((name)::text = 'name'::name)", "((n2)::text = 'name'::name)"),
        ("name(name, other.name)", "name(n2, other.name)"),
        ('"name" > 1', "n2 > 1"),
    ],
)
def test_the_same_over_another_column(text: str, other: str) -> None:
    assert renamed(text, {"name": "n2"}) == other
