"""The candidate's version, from wherever the file says."""

from __future__ import annotations

import pytest

from strangler.config.systems import Version
from strangler.exchange import Failure, Message, Response
from strangler_shadow.worker.endpoint import version_in
from strangler_shadow.worker.version import VersionSource


def answer(*fields: tuple[bytes, bytes], status: int = 200) -> Response:
    return Response(status, b"", Message(fields, b"", 0))


def test_from_a_header_in_any_spelling() -> None:
    source = VersionSource.of(Version(header="X-Version"), None)
    assert source.of_answer(None) == ""
    assert source.of_answer(answer((b"x-VERSION", b" 2.1 "))) == "2.1"


def test_no_answer_is_booked_on_the_latest_known() -> None:
    source = VersionSource.of(Version(header="X-Version"), None)
    source.of_answer(answer((b"X-Version", b"7")))
    assert source.of_answer(Failure("timeout")) == "7"
    assert source.of_answer(answer(status=502)) == source.of_answer(answer(status=302)) == "7"


@pytest.mark.parametrize("fields", [(), ((b"X-Version", b""),), ((b"X-Version", b"  "),)])
def test_a_version_that_does_not_say_which_it_is_does_not_pass_for_the_one_before(
    fields: tuple[tuple[bytes, bytes], ...],
) -> None:
    source = VersionSource.of(Version(header="X-Version"), None)
    source.of_answer(answer((b"X-Version", b"7")))
    assert source.of_answer(answer(*fields)) == ""
    assert source.of_answer(Failure("timeout")) == ""
    assert source.of_answer(answer((b"X-Version", b"8"))) == "8"


def test_what_the_command_line_says_goes_before_the_file() -> None:
    source = VersionSource.of(Version(header="X-Version"), "9")
    assert source.of_answer(answer((b"X-Version", b"7"))) == "9"


def test_nothing_declared_is_unknown() -> None:
    assert VersionSource.of(None, None).of_answer(answer((b"X-Version", b"7"))) == ""


def test_a_value_is_fixed() -> None:
    assert VersionSource.of(Version(value="2024-11"), None).of_answer(None) == "2024-11"


@pytest.mark.parametrize(
    ("body", "path", "found"),
    [
        (b'{"version": "2.0"}', "$.version", "2.0"),
        (b'{"build": {"number": 17}}', "$.build.number", "17"),
        (b'{"version": {"a": 1}}', "$.version", ""),
        (b'{"version": true}', "$.version", ""),
        (b"{}", "$.version", ""),
        (b"<html>", "$.version", ""),
        (b"[" * 100_000, "$.version", ""),
    ],
)
def test_an_endpoint_s_answer(body: bytes, path: str, found: str) -> None:
    assert version_in(body, path) == found


def test_two_long_versions_that_differ_at_their_end_stay_two() -> None:
    source = VersionSource.of(Version(header="X-Version"), None)
    builds = [("build " * 20 + end).encode() for end in ("1", "2")]
    first, second = (source.of_answer(answer((b"X-Version", build))) for build in builds)
    assert first != second
    assert (len(first), first[:60]) == (100, second[:60])
    assert version_in(b'{"version": "%s"}' % builds[0], "$.version") == first
