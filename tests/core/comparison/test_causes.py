"""Each cause's good and bad examples hold, on both sides' view."""

import subprocess
import sys
from pathlib import Path

import pytest

from strangler.comparison.causes import KNOWN, Example, KnownCause
from strangler.comparison.model import Answer
from strangler.comparison.pair import compare

ROOT = Path(__file__).resolve().parents[3]
GOOD = [(known, example) for known in KNOWN for example in known.good]
BAD = [(known, example) for known in KNOWN for example in known.bad]


def causes(example: Example) -> set[str]:
    return {difference.cause.code for difference in compare(example.left, example.right).differences}


def name(value: object) -> str:
    return value.code if isinstance(value, KnownCause) else ""


@pytest.mark.parametrize(("known", "example"), GOOD, ids=name)
def test_good_examples_have_this_one_cause(known, example):
    assert causes(example) == {known.code}
    assert causes(Example(example.right, example.left)) == {known.code}


@pytest.mark.parametrize(("known", "example"), BAD, ids=name)
def test_bad_examples_differ_for_another_reason(known, example):
    found = causes(example)
    assert found
    assert known.code not in found


def test_every_cause_has_examples_and_a_name_of_its_own():
    assert len({known.code for known in KNOWN}) == len(KNOWN)
    assert all(known.good and known.bad and known.about for known in KNOWN)


def test_a_list_that_is_another_page_as_a_whole():
    assert causes(Example({"rows": [1], "offset": 0}, {"rows": [*range(1, 40)], "offset": 1})) == {
        "pagination"
    }


TEXT = b"text/plain"


def error(status, body, media=b"application/json"):
    return Answer(status, ((b"Content-Type", media),), body)


def test_what_differs_within_two_errors_is_an_error_body():
    left = error(404, b'{"error": {"code": "missing", "message": "no such invoice"}}')
    right = error(404, b'{"type": "about:blank", "title": "Not Found"}', b"application/problem+json")
    found = compare(left, right).differences
    assert {d.cause.code for d in found if d.location.part == "body"} == {"error-body"}
    assert {
        d.cause.code for d in compare(error(422, b"bad", TEXT), error(422, b"worse", TEXT)).differences
    } == {"error-body"}


def test_an_amount_in_an_error_keeps_its_own_cause():
    left, right = (
        error(422, b'{"currency": "EUR", "balance": %s}' % amount) for amount in (b"-2.50", b"2.50")
    )
    (difference,) = compare(left, right).differences
    assert (difference.cause.code, difference.severity) == ("sign", "money")
    assert {
        d.cause.code for d in compare(error(200, b"a word", TEXT), error(200, b"a term", TEXT)).differences
    } == {"unexplained"}


def test_the_page_is_written_from_them():
    written = subprocess.run(
        [sys.executable, "-c", "import causes_page; print(causes_page.page(), end='')"],
        cwd=ROOT / "scripts",
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    assert written.stdout == (ROOT / "docs" / "causes.md").read_text("utf-8"), (
        "scripts/causes_page.py writes it anew"
    )
