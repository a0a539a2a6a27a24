"""Forms with files, and parts one after the other."""

import gzip
import hashlib
from decimal import Decimal

import pytest

from strangler.comparison.decode import decode
from strangler.comparison.model import Opaque
from strangler.comparison.pair import compare
from strangler.comparison.referee import disagrees
from strangler.comparison.rules import Rules
from strangler.errors import DecodeError
from strangler.exchange import Message
from strangler.redaction import Redactor
from strangler.testing.samples import answer

FORM = "multipart/form-data; boundary="
PDF = bytes(range(256))


def part(head, content=b""):
    lines = [line.encode() for line in ([head] if isinstance(head, str) else head)]
    return b"".join(line + b"\r\n" for line in lines) + b"\r\n" + content


def named(name, content=b"", *, more="", media=""):
    head = [f'Content-Disposition: form-data; name="{name}"{more}']
    return part([*head, f"Content-Type: {media}"] if media else head, content)


def body(*parts, boundary="b"):
    line = b"--" + boundary.encode()
    return b"".join(line + b"\r\n" + each + b"\r\n" for each in parts) + line + b"--\r\n"


def form(*parts, boundary="b"):
    return answer(body(*parts, boundary=boundary), media=FORM + boundary)


def mixed(*parts, media="multipart/mixed"):
    return answer(body(*parts), media=media + "; boundary=b")


def upload(*, filename="7.pdf", media="application/pdf+x", content=PDF, boundary="b"):
    return form(
        named("number", "Grüße".encode()),
        named("line", b"1"),
        named("scan", content, more=f'; filename="{filename}"', media=media),
        named("line", b"2"),
        named("data", b'{"total": 9.00}', media="application/json"),
        named("note", "grün".encode("latin-1"), media="text/plain; charset=latin-1"),
        boundary=boundary,
    )


def test_parts_of_a_form_stand_under_their_names():
    decoded = decode(upload())
    assert decoded.root == {
        "number": ["Grüße"],
        "line": ["1", "2"],
        "scan": [
            {
                "media": "application/pdf+x",
                "filename": "7.pdf",
                "content": Opaque("application/pdf+x", 256, hashlib.sha256(PDF).hexdigest()),
            }
        ],
        "data": [{"media": "application/json", "content": {"total": Decimal("9.00")}}],
        "note": ["grün"],
    }
    assert decoded.anomalies == ()
    assert decoded.where["line", 1] == "part 4"


def test_the_boundary_is_not_compared():
    one, other = upload(boundary="----One"), upload(boundary="----tWO")
    assert one.body != other.body
    assert compare(one, other).verdict == "equal"
    quoted = answer(body(named("a", b"1"), boundary="a b:c"), media=FORM + '"a b:c"')
    assert compare(quoted, form(named("a", b"1"))).verdict == "equal"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"filename": "8.pdf"}, "body $.scan[0].filename"),
        ({"media": "image/png"}, "body $.scan[0].media"),
        ({"content": PDF[:-1] + b"x"}, "body $.scan[0].content"),
    ],
)
def test_what_is_told_of_a_file_is_compared(change, place):
    places = [str(each.location) for each in compare(upload(), upload(**change)).differences]
    assert place in places


def test_rules_reach_into_a_part():
    left = form(named("data", b'{"total": 9.00, "at": 1}', media="application/json"))
    right = form(named("data", b'{"total": 9.01, "at": 2}', media="application/json"))
    (difference,) = compare(left, right, Rules.parse([{"ignore": "$.data[*].content.at"}])).differences
    assert str(difference.location) == "body $.data[0].content.total"
    assert difference.drift == Decimal("0.01")


def test_parts_without_names():
    decoded = decode(
        mixed(
            part("Content-Type: text/xml", b"<a>1</a>"),
            part(["Content-Type: text/csv", "Content-ID: <rows>"], b"a;b\n1;2\n"),
            part(["Content-Disposition: attachment; filename*=UTF-8''%E2%82%AC.txt"], b"plain"),
            part("Content-Transfer-Encoding: base64", b"aGVs\r\nbG8="),
            part("content-transfer-encoding: Quoted-Printable", b"1=3D=\r\n1"),
        )
    )
    assert decoded.root == {
        "parts": [
            {"media": "text/xml", "content": {"a": [{"#text": "1"}]}},
            {"media": "text/csv", "id": "<rows>", "content": [{"a": "1", "b": "2"}]},
            {"media": "text/plain", "filename": "€.txt", "content": "plain"},
            "hello",
            "1=1",
        ]
    }
    assert [(each.code, each.path) for each in decoded.anomalies] == [("delimiter", ("parts", 1, "content"))]
    assert decoded.where["parts", 1, "content", 0] == "part 2, row 2"


def test_a_parameter_may_hold_what_separates_parameters():
    escaped = decode(form(part('Content-Disposition: form-data; filename="x; name=y\\""; name="a;b"')))
    assert escaped.root == {"a;b": [{"media": "text/plain", "filename": 'x; name=y"', "content": ""}]}
    windows = decode(form(named("a", more=r'; filename="C:\dir\7.pdf"')))
    assert windows.root == {"a": [{"media": "text/plain", "filename": r"C:\dir\7.pdf", "content": ""}]}
    soap = 'multipart/related; type="application/xop+xml; charset=x; boundary=c"; boundary=b'
    assert decode(answer(body(part([], b"1")), media=soap)).root == {"parts": ["1"]}


def test_no_parts_nothing_in_a_part_and_what_stands_around_them():
    assert decode(form()).root == {}
    assert decode(form(named("a"), named("b", media="application/json"))).root == {
        "a": [""],
        "b": [
            {
                "media": "application/json",
                "content": Opaque("application/json", 0, hashlib.sha256().hexdigest()),
            }
        ],
    }
    around = answer(b"preamble\r\n" + body(named("a", b"1")) + b"epilogue\r\n--b", media=FORM + "b")
    assert decode(around).root == {"a": ["1"]}


def test_a_boundary_within_a_line_and_at_the_beginning_of_a_longer_one():
    decoded = decode(form(named("a", b"x--b--\r\n"), named("b", b"1\r\n--b2")))
    assert decoded.root == {"a": ["x--b--\r\n"], "b": ["1\r\n--b2"]}
    assert [each.code for each in decoded.anomalies] == ["boundary-line"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (answer(body(named("a", b"1")).replace(b"\r\n", b"\n"), media=FORM + "b"), "line-ends"),
        (form(part("Content-Disposition: form-data", b"1")), "no-name"),
        (form(part([*["Content-Disposition: form-data; name=a"] * 2], b"1")), "repeated-field"),
        (form(named("a", b"1", more="; name=c")), "repeated-field"),
        (form(named("a", b"1").replace(b'"a"', b'"\xfc"')), "charset"),
    ],
)
def test_what_readers_disagree_about_is_an_anomaly(message, code):
    assert [each.code for each in decode(message).anomalies] == [code]
    codes = {each.cause.code for each in compare(form(named("a", b"1")), message).differences}
    assert code in codes


def test_parts_in_parts_and_packed():
    inner = body(named("n", b"1"), boundary="i")
    message = form(
        part(["Content-Disposition: form-data; name=a", "Content-Type: multipart/mixed; boundary=i"], inner)
    )
    assert decode(message).root == {"a": [{"media": "multipart/mixed", "content": {"parts": ["1"]}}]}
    packed = answer(gzip.compress(message.body), media=FORM + "b", fields=(("Content-Encoding", "gzip"),))
    assert decode(packed).root == decode(message).root


def nested(levels):
    content = b"1"
    for level in range(levels):
        head = (
            f"Content-Type: multipart/mixed; boundary=b{level - 1}" if level else "Content-Type: text/plain"
        )
        content = body(part(head, content), boundary=f"b{level}")
    return answer(content, media=f"multipart/mixed; boundary=b{levels - 1}")


def test_eight_levels_and_no_more():
    assert decode(nested(8)).root
    with pytest.raises(DecodeError, match="levels"):
        decode(nested(9))


@pytest.mark.parametrize(
    ("content", "media", "what"),
    [
        (body(named("a", b"1")), "multipart/form-data", "names no boundary"),
        (body(named("a", b"1")), FORM + '""', "names no boundary"),
        (body(named("a", b"1")), FORM + "b" * 71, "70 characters"),
        (body(named("a", b"1")), FORM + "ü", "70 characters"),
        (body(named("a", b"1")), FORM + '"b "', "70 characters"),
        (body(named("a", b"1")), FORM + "B", "nowhere"),
        (body(named("a", b"1"))[:-6], FORM + "b", "without its last"),
        (body(named("a", b"1"))[:-4], FORM + "b", "without its last"),
        (body(b"no field\r\n\r\n1"), FORM + "b", "no field"),
        (body(b"no blank line"), FORM + "b", "no field"),
        (body(b"a: b\r\n" * 3_000), FORM + "b", "head of a part"),
        (body(b"a: b\r\n" * 65 + b"\r\n"), FORM + "b", "over 64 fields"),
        (body(part("Content-Transfer-Encoding: base64", b"a")), FORM + "b", "base64"),
        (body(part("Content-Transfer-Encoding: uuencode", b"a")), FORM + "b", "uuencode"),
        (body(part("Content-Disposition: form-data; name=a; filename*=UTF-8''%FF")), FORM + "b", "part 1"),
        (body(named("a", b"1"), named("b", b"{", media="application/json")), FORM + "b", "part 2: application/json"),
    ],
)  # fmt: skip
def test_what_cannot_be_cut_is_an_error(content, media, what):
    with pytest.raises(DecodeError, match=what):
        decode(answer(content, media=media))


def test_symmetry_and_the_independent_judge():
    left, right = upload(), upload(filename="8.pdf", content=PDF * 2)
    there, back = compare(left, right), compare(right, left)
    assert [(d.location, d.left, d.right) for d in there.differences] == [
        (d.location, d.right, d.left) for d in back.differences
    ]
    assert len(there.differences) == 2
    assert disagrees(left, right, Rules(), there) is None
    assert disagrees(left, left, Rules(), compare(left, left)) is None


def test_secrets_in_parts_are_redacted():
    message = form(
        named("password", b"hunter2"),
        named("data", b'{"card": "4111 1111 1111 1111"}', media="application/json"),
        named("scan", PDF, media="image/png"),
    )
    kept = Redactor(b"k" * 32).message(Message(message.fields, message.body, len(message.body), b""))
    assert kept.form == "tree"
    assert kept.body is not None
    for secret in ("hunter2", "4111", hashlib.sha256(PDF).hexdigest()):
        assert secret not in kept.body
