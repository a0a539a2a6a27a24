"""No change: nothing, ever. One change: found, in its place. And it does not matter which side is which."""

import copy
from contextlib import suppress
from decimal import Decimal
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from strangler.comparison.decode import decode
from strangler.comparison.fingerprint import fingerprint
from strangler.comparison.normal import normal
from strangler.comparison.pair import EQUAL, compare
from strangler.comparison.paths import at
from strangler.comparison.referee import disagrees
from strangler.comparison.rules import Rules
from strangler.errors import DecodeError
from strangler.testing.samples import answer, as_json

NAMES = st.sampled_from(["id", "total", "currency", "lines", "name", "a b", "tax'", "9", "at", "äö"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1_000, 1_000),
    st.decimals(-100, 100, allow_nan=False, places=2),
    st.sampled_from(["", "EUR", "10.0", "10.00", "2026-01-31", "paid", "PAID", "in_1GqIC8HYgolSBA35"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=25,
)
DOCUMENTS = st.one_of(
    st.dictionaries(NAMES, TREES, min_size=1, max_size=5), st.lists(TREES, min_size=1, max_size=5)
)


def places(node, path=()):
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, child in children:
        yield from places(child, (*path, step))


@given(DOCUMENTS)
def test_no_change_finds_nothing(document):
    assert compare(document, copy.deepcopy(document)).verdict == "equal"
    left, right = as_json(document), as_json(document, indent=1, reverse=True)
    assert compare(left, right).verdict == "equal"
    assert decode(answer(left)).root == document


@given(DOCUMENTS, DOCUMENTS)
def test_the_independent_judge_agrees(left, right):
    ours, theirs = answer(as_json(left)), answer(as_json(right))
    assert disagrees(ours, theirs, Rules(), compare(ours, theirs)) is None
    assert disagrees(ours, ours, Rules(), EQUAL) is None


MIRRORED = {"missing": "extra", "extra": "missing"}


@given(DOCUMENTS, DOCUMENTS)
@example([[None]], [None, [None, None]])
def test_symmetry(left, right):
    there, back = compare(left, right), compare(right, left)
    assert there.verdict == back.verdict
    assert [(d.cause.code, d.severity) for d in sorted(there.differences, key=str_place)] == [
        (d.cause.code, d.severity)
        for d in sorted(back.differences, key=lambda d: str_place(d, mirrored=True))
    ]
    assert sum(d.drift or 0 for d in there.differences) == -sum(d.drift or 0 for d in back.differences)


def str_place(difference, *, mirrored=False):
    kind = MIRRORED.get(difference.kind, difference.kind) if mirrored else difference.kind
    path = difference.location.path
    # What stands on one side only is placed by that side, whichever way round the two are compared.
    if mirrored and difference.counterpart is not None and difference.kind not in MIRRORED:
        path = difference.counterpart
    return (
        kind,
        str(path),
        str((difference.right, difference.left) if mirrored else (difference.left, difference.right)),
    )


NESTED = st.recursive(
    SCALARS, lambda inner: st.one_of(SCALARS, st.dictionaries(NAMES, inner, max_size=5)), max_leaves=25
)
MAPS = st.dictionaries(NAMES, NESTED, min_size=1, max_size=5)


@st.composite
def changed(draw, documents=DOCUMENTS):
    """A document, the same with one value replaced, and where."""
    document = draw(documents)
    path = draw(st.sampled_from([place for place in places(document) if place]))
    value = draw(TREES)
    assume(normal(value) != normal(at(document, path)))
    other = copy.deepcopy(document)
    parent: Any = at(other, path[:-1])
    parent[path[-1]] = value
    return document, other, path


@given(changed())
def test_every_single_change_is_found_at_or_around_its_place(case):
    left, right, path = case
    differences = compare(left, right).differences
    assert differences
    through_lists = any(isinstance(step, int) for step in path)
    for difference in differences:
        where = difference.location.path
        shorter = min(len(where), len(path))
        assert where[:shorter] == path[:shorter] or through_lists


@given(changed(MAPS))
def test_a_single_changed_member_outside_of_lists_is_found_exactly_there(case):
    left, right, path = case
    for difference in compare(left, right).differences:
        assert difference.location.path[: len(path)] == path


@st.composite
def dropped(draw):
    document = draw(DOCUMENTS)
    path = draw(st.sampled_from([place for place in places(document) if place]))
    other = copy.deepcopy(document)
    parent: Any = at(other, path[:-1])
    del parent[path[-1]]
    return document, other, path


@given(dropped())
def test_one_lost_value_is_one_missing(case):
    left, right, path = case
    (difference,) = compare(left, right).differences
    assert difference.kind == "missing"
    assert difference.location.path[:-1] == path[:-1]
    assert normal(difference.left) == normal(at(left, path))
    (difference,) = compare(right, left).differences
    assert difference.kind == "extra"


@given(st.lists(TREES, min_size=2, max_size=8), st.randoms())
def test_a_reordered_list_is_one_order_difference(items, random):
    shuffled = list(items)
    random.shuffle(shuffled)
    assume([normal(item) for item in items] != [normal(item) for item in shuffled])
    assert [d.kind for d in compare({"l": items}, {"l": shuffled}).differences] == ["order"]
    assert compare({"l": items}, {"l": shuffled}, Rules.parse([{"unordered": "$.l"}])).verdict == "equal"


@given(DOCUMENTS, DOCUMENTS)
def test_fingerprints_are_a_function_of_the_pair(left, right):
    def prints():
        return [
            fingerprint("r", d).digest for d in compare(copy.deepcopy(left), copy.deepcopy(right)).differences
        ]

    assert prints() == prints()


@given(DOCUMENTS, DOCUMENTS, st.sampled_from(["$.*", "$..total", "$.lines[*]", "$[0]", "$..[?@.id]"]))
def test_an_ignored_place_never_differs(left, right, path):
    before = compare(left, right)
    after = compare(left, right, Rules.parse([{"ignore": path}]))
    assert after.verdict == "equal" or before.verdict == "different"
    assert not (before.verdict == "equal" and after.silenced)


@given(
    st.binary(max_size=200),
    st.sampled_from(
        [
            "application/json",
            "application/xml",
            "text/csv",
            "text/plain",
            "application/x-www-form-urlencoded",
            "",
            "text/html; charset=utf-16",
        ]
    ),
    st.sampled_from(["", "gzip", "deflate", "br", "zstd"]),
)
def test_any_bytes_decode_or_give_the_typed_error(body, media, coding):
    message = answer(body, media=media, fields=(("Content-Encoding", coding),))
    with suppress(DecodeError):
        decode(message)
    assert compare(message, message).verdict == "equal"
    compare(message, answer(b"{}"))


@given(st.decimals(allow_nan=False, allow_infinity=False), st.integers())
def test_numbers_of_any_size_are_survived(number, whole):
    left, right = {"total": number, "currency": "EUR"}, {"total": whole, "currency": "EUR"}
    outcome = compare(left, right)
    assert outcome.verdict == ("equal" if Decimal(whole) == number else "different")
    compare(left, right, Rules.parse([{"decimal": "$.total", "scale": 2, "tolerance": 1}]))
