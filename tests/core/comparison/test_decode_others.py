import gzip
import zlib
from collections.abc import Callable

import pytest

from strangler.comparison.context import Context, Limits
from strangler.comparison.decode import decode
from strangler.comparison.decode.codings import uncoded
from strangler.comparison.model import Opaque
from strangler.comparison.pair import compare
from strangler.errors import DecodeError
from strangler.testing.samples import answer


def csv(text, media="text/csv"):
    return decode(answer(text.encode(), media=media))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_sniffed(delimiter):
    text = 'number,total,note\nINV-1,10.00,"a, b; c|\t"\nINV-2,20.00,\n'.replace(",", delimiter)
    rows = csv(text).root
    assert rows[0]["number"] == "INV-1"
    assert rows[0]["total"] == "10.00"
    assert rows[1] == {"number": "INV-2", "total": "20.00", "note": ""}
    assert [a.code for a in csv(text).anomalies] == ([] if delimiter == "," else ["delimiter"])


def test_another_delimiter_is_a_difference():
    left, right = "a,b\n1,2\n", "a;b\n1;2\n"
    outcome = compare(answer(left.encode(), media="text/csv"), answer(right.encode(), media="text/csv"))
    assert [difference.cause.code for difference in outcome.differences] == ["delimiter"]


def test_ragged_rows_and_repeated_columns_are_anomalies():
    decoded = csv("a,a,b\n1,2\n1,2,3,4\n")
    assert decoded.root == [{"a": "1", "a#2": "2"}, {"a": "1", "a#2": "2", "b": "3", "#4": "4"}]
    assert [anomaly.code for anomaly in decoded.anomalies] == ["repeated-column", "ragged-row", "ragged-row"]


def test_one_column_no_rows_and_blank_lines():
    assert csv("name\nx\n\ny\n").root == [{"name": "x"}, {"name": "y"}]
    assert csv("a,b\n").root == []
    assert csv("\n").root == []


@pytest.mark.parametrize("text", ['a,b\n"1,2\n', 'a,b\n"1"x,2\n', "a,b\n1,\0\n"])
def test_broken_tables_are_errors(text):
    with pytest.raises(DecodeError):
        csv(text)


def test_a_lost_row_is_one_difference_and_says_where_it_stood():
    rows = [f"INV-{number},{number}.00" for number in range(15)]
    left = "number,total\n" + "\n".join(rows)
    right = "number,total\n" + "\n".join(rows[:7] + rows[8:])
    outcome = compare(answer(left.encode(), media="text/csv"), answer(right.encode(), media="text/csv"))
    (difference,) = outcome.differences
    assert (difference.kind, str(difference.location)) == ("missing", "body $[7]")
    assert difference.where == csv(left).where[(7,)] == "row 9"
    many = csv("a\n" + "1\n" * 5_000)
    assert (len(many.where), many.where[(4_999,)], (5_000,) in many.where) == (5_000, "row 5001", False)
    assert list(csv("a\n1\n2\n").where.items()) == [((0,), "row 2"), ((1,), "row 3")]


def test_forms():
    decoded = decode(answer(b"a=1&b=%C3%A4&a=2&c=", media="application/x-www-form-urlencoded"))
    assert decoded.root == {"a": ["1", "2"], "b": ["ä"], "c": [""]}
    with pytest.raises(DecodeError):
        decode(answer(b"a=%FF", media="application/x-www-form-urlencoded"))


def test_text_and_bytes():
    assert decode(answer("grün".encode("latin-1"), media="text/plain; charset=latin-1")).root == "grün"
    with pytest.raises(DecodeError):
        decode(answer(b"gr\xfcn", media="text/plain"))
    assert isinstance(decode(answer(b"gr\xfcn", media="")).root, Opaque)


def codings():
    found: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "x-gzip": gzip.compress,
    }
    try:
        import brotli

        found["br"] = brotli.compress
    except ImportError:
        pass
    try:
        import zstandard

        found["zstd"] = zstandard.ZstdCompressor().compress
    except ImportError:
        pass
    return found


CODINGS = codings()
LIMIT = 100_000


@pytest.mark.parametrize("name", CODINGS)
def test_codings_come_off(name):
    packed = CODINGS[name](b'{"a": 1}')
    decoded = decode(answer(packed, fields=(("Content-Encoding", name),)))
    assert decoded.root == {"a": 1}
    assert decoded.anomalies == ()


@pytest.mark.parametrize("name", CODINGS)
def test_a_bomb_is_an_error(name):
    bomb = CODINGS[name](b"0" * (LIMIT * 20))
    with pytest.raises(DecodeError, match="limit"):
        uncoded(bomb, name.encode(), LIMIT)
    assert len(uncoded(CODINGS[name](b"0" * LIMIT), name.encode(), LIMIT)[0]) == LIMIT


@pytest.mark.parametrize("name", CODINGS)
def test_a_label_that_lies_is_an_anomaly(name):
    decoded = decode(answer(b'{"a": 1}', fields=(("Content-Encoding", name),)))
    assert decoded.root == {"a": 1}
    assert [anomaly.code for anomaly in decoded.anomalies] == ["not-coded"]


@pytest.mark.parametrize("name", CODINGS)
def test_a_cut_off_body_is_an_error(name):
    packed = CODINGS[name](b"0" * 1_000)
    for broken in (packed[:-8], packed[:-1]):
        with pytest.raises(DecodeError):
            uncoded(broken, name.encode(), LIMIT)
    if name != "br":  # of a short one nobody can say that it is one
        with pytest.raises(DecodeError):
            uncoded(packed + b"junk", name.encode(), LIMIT)


def test_a_frame_of_zstandard_must_end():
    zstandard = pytest.importorskip("zstandard")
    packer = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    begun = packer.compress(b"[1]") + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    whole = begun + packer.flush()
    skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc"
    for body in (whole, whole + whole, whole + skipped, whole + skipped + whole):
        assert uncoded(body, b"zstd", LIMIT)[0] == b"[1]" * body.count(b"\x28\xb5\x2f\xfd")
    for body in (begun, whole[:-1], whole + skipped[:-1], whole + begun):
        with pytest.raises(DecodeError):
            uncoded(body, b"zstd", LIMIT)


def test_codings_stack_and_are_bounded():
    twice = gzip.compress(zlib.compress(b"[1]"))
    assert uncoded(twice, b"deflate, gzip", LIMIT)[0] == b"[1]"
    assert uncoded(b"[1]", b"identity", LIMIT) == (b"[1]", ())
    assert uncoded(gzip.compress(b"ab") + gzip.compress(b"cd"), b"gzip", LIMIT)[0] == b"abcd"
    raw = zlib.compressobj(wbits=-15)
    assert uncoded(raw.compress(b"abc") + raw.flush(), b"deflate", LIMIT)[0] == b"abc"
    for encoding in (b"rot13", b"gzip, gzip, gzip, gzip, gzip"):
        with pytest.raises(DecodeError):
            uncoded(twice, encoding, LIMIT)
    with pytest.raises(DecodeError):
        uncoded(b"0" * (LIMIT + 1), b"", LIMIT)


def test_a_coding_on_one_side_only_is_no_difference():
    body = b'{"total": "10.00"}'
    packed = answer(gzip.compress(body), fields=(("Content-Encoding", "gzip"),))
    assert compare(answer(body), packed).verdict == "equal"


def test_a_bomb_is_a_failed_comparison():
    bomb = answer(gzip.compress(b"0" * 1_000_000), fields=(("Content-Encoding", "gzip"),))
    outcome = compare(answer(b"[0]"), bomb, context=Context(limits=Limits(decoded=10_000)))
    assert (outcome.verdict, outcome.failure, outcome.blame) == ("failed", "undecodable", "candidate")
