from decimal import Decimal

import pytest

from strangler.comparison.context import Context, Limits
from strangler.comparison.decode import decode
from strangler.comparison.model import Opaque
from strangler.errors import DecodeError
from strangler.testing.samples import answer


def tree(body, **kw):
    return decode(answer(body, **kw))


def codes(body, **kw):
    return [anomaly.code for anomaly in tree(body, **kw).anomalies]


def test_numbers_are_exact():
    root = tree(b"[0.1, 10.00, 1e2, 12345678901234567890123, -0]").root
    assert root == [Decimal("0.1"), Decimal("10.00"), Decimal("1e2"), 12345678901234567890123, 0]
    assert [type(number) for number in root] == [Decimal, Decimal, Decimal, int, int]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[1,]",
        b"nope",
        b"NaN",
        b"[Infinity]",
        b"'a'",
        b"\xff",
        b'"\xff"',
        b'"\\ud800"',
        b"1.0e",
        b"[]x",
        b" ",
    ],
)
def test_what_is_not_json_is_an_error(body):
    with pytest.raises(DecodeError):
        tree(body)


def test_the_error_says_where():
    with pytest.raises(DecodeError) as caught:
        tree(b'{"a": xyz}')
    assert caught.value.at == 6
    assert caught.value.media == "application/json"


def test_duplicate_keys_are_reported_with_their_place():
    decoded = tree(b'{"x": [{"a": 1, "b": 2, "a": 3}]}')
    (anomaly,) = decoded.anomalies
    assert (anomaly.code, anomaly.path) == ("duplicate-key", ("x", 0, "a"))
    assert anomaly.detail.startswith("stands 2 times")


def test_duplicates_with_other_values_are_another_anomaly_and_show_none():
    one, other = tree(b'{"a": "4711", "a": 2}'), tree(b'{"a": "4712", "a": 2}')
    assert one.root == other.root
    assert one.anomalies != other.anomalies
    assert "4711" not in one.anomalies[0].detail


@pytest.mark.parametrize(
    "body",
    [
        rb'{"a\"b": "c\\", "d": "\u0022"}',
        rb'{"a": "\\\"", "b": "\/"}',
        '{"ä": "\U0001f600", "b": "\\u00e4\\n"}'.encode(),
        b'{"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 1}]}',
        b'{"": ""}',
    ],
)
def test_escapes_are_no_duplicates(body):
    assert codes(body) == []


def test_duplicates_under_escapes():
    assert codes(rb'{"a\n": "\"", "a\u000a": "\\"}') == ["duplicate-key"]


def test_byte_order_mark_and_other_charsets():
    assert codes(b"\xef\xbb\xbf[1]") == ["bom"]
    assert tree(b"\xef\xbb\xbf[1]").root == [1]
    assert codes('["ä"]'.encode("utf-16")) == ["bom"]
    assert tree('["ä"]'.encode("latin-1"), media="application/json; charset=iso-8859-1").root == ["ä"]
    assert codes(b"[1]", media="application/json; charset=iso-8859-1") == ["charset"]


@pytest.mark.parametrize("charset", ["no-such", "zlib_codec", "idna", "base64", "unicode_escape"])
def test_a_charset_that_is_none(charset):
    with pytest.raises(DecodeError):
        tree(b"[1]", media=f"application/json; charset={charset}")


@pytest.mark.parametrize("padding", range(0, 150, 13))
def test_a_number_of_absurd_length_is_reported_wherever_it_stands(padding):
    for digits, absurd in ((271, False), (272, True), (1_000, True)):
        body = b'{"x": "' + b"a" * padding + b'", "n": ' + b"7" * digits + b"}"
        assert bool(decode(answer(body)).anomalies) is absurd
    assert decode(answer(b'{"x": "' + b"a" * padding + b'", "n": 0.' + b"7" * 301 + b"}")).anomalies


def test_absurd_numbers_are_reported_and_never_expanded():
    decoded = tree(b'{"a": [1, 1e999999999, 1E-400], "b": 1E+3}')
    assert sorted(anomaly.path for anomaly in decoded.anomalies) == [("a", 1), ("a", 2)]
    assert all(len(anomaly.detail) < 120 for anomaly in decoded.anomalies)
    with pytest.raises(DecodeError):
        tree(b"1e99999999999999999999")
    with pytest.raises(DecodeError):
        tree(b"9" * 5_000)


def test_depth_is_bounded():
    assert tree(b"[" * 100 + b"]" * 100).root
    with pytest.raises(DecodeError):
        tree(b"[" * 200 + b"]" * 200)
    with pytest.raises(DecodeError):
        tree(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
    wide = b"[" + b"[]," * 1_000 + b"[]]"
    assert len(tree(wide).root) == 1_001


def test_sniffed_without_a_label_and_under_a_wrong_one():
    assert tree(b' {"a": 1}', media="").root == {"a": 1}
    assert tree(b'{"a": 1}', media="text/plain").media == "application/json"
    assert tree(b"[not json", media="text/plain").root == "[not json"
    assert tree(b'{"a": 1}', media="application/vnd.api+json").root == {"a": 1}


def test_no_bytes_and_unknown_bytes():
    assert decode(answer(b"")).root == Opaque(
        "", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    root = tree(b"PK\x05\x06", media="application/zip").root
    assert isinstance(root, Opaque)
    assert (root.media, root.size) == ("application/zip", 4)


def test_the_limit_of_depth_is_the_contexts():
    with pytest.raises(DecodeError):
        decode(answer(b"[[[[1]]]]"), Context(limits=Limits(depth=3)))
