"""Path templates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler.routing.template import fill, parse_template, split_path


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("/", "/", {}),
        ("/invoices", "/invoices", {}),
        ("/invoices", "/invoices/", None),
        ("/invoices/{id}", "/invoices/17", {"id": "17"}),
        ("/invoices/{id}", "/invoices/", None),
        ("/invoices/{id}", "/invoices/17/lines", None),
        ("/invoices/{id}", "/invoices/a%2Fb", {"id": "a/b"}),
        ("/invoices/{id}.xml", "/invoices/17.xml", {"id": "17"}),
        ("/invoices/{id}.xml", "/invoices/.xml", None),
        ("/invoices/{id}.xml", "/invoices/17", None),
        ("/runs/run-{day}.csv", "/runs/run-2026-05-01.csv", {"day": "2026-05-01"}),
        ("/files/{rest*}", "/files/a/b/c", {"rest": "a/b/c"}),
        ("/files/{rest*}", "/files", None),
        ("/files/{rest*}", "/files/a/../b", None),
        ("/invoices/{id}", "/invoices/..", None),
        ("/invoices/{id}", "/invoices/%2e%2e", None),
        ("/a b", "/a%20b", {}),
        ("/invoices/{id}", "//17", None),
    ],
)
def test_fill(template: str, path: str, values: dict[str, str] | None) -> None:
    assert fill(parse_template(template), split_path(path)) == values


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("invoices", "starts with /"),
        ("/a?b=c", "query"),
        ("/{a}/{a}", "twice"),
        ("/{a}{b}", "two variables"),
        ("/{rest*}/x", "stands last"),
        ("/x{rest*}", "stands last"),
        ("/{not good}", "cannot read"),
        ("/}", "cannot read"),
    ],
)
def test_refused(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_template(text)


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ("/invoices/open", "/invoices/{id}"),
        ("/invoices/{id}.xml", "/invoices/{id}"),
        ("/invoices/{id}", "/{kind}/{id}"),
        ("/invoices/{id}", "/{rest*}"),
        ("/a/{rest*}", "/{rest*}"),
    ],
)
def test_more_specific_first(more: str, less: str) -> None:
    assert parse_template(more).rank() < parse_template(less).rank()


@given(st.text(alphabet="abc/.%{}*~ 2eEfF?", max_size=30))
def test_never_another_error(text: str) -> None:
    try:
        template = parse_template(text)
    except ValueError:
        return
    fill(template, split_path("/" + text.lstrip("/")))


@given(st.lists(st.text(alphabet="abcxyz0189-_~", min_size=1, max_size=8), min_size=1, max_size=4))
def test_a_path_is_its_own_template(pieces: list[str]) -> None:
    path = "/" + "/".join(pieces)
    assert fill(parse_template(path), split_path(path)) == {}
