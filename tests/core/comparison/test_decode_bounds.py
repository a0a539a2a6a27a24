"""Time and memory of decoding are bounded by the size of the body, whatever stands in it."""

import pytest

from strangler.comparison.context import Context
from strangler.comparison.declared import CsvLayout, DeclaredFormat, FixedColumn, FixedLayout
from strangler.comparison.decode import decode
from strangler.errors import DecodeError
from strangler.testing.pdf import at, pdf
from strangler.testing.samples import answer, as_json, invoice

from .measured import bounded, timed

PARTED = "multipart/form-data; boundary=b"


def levels(content):
    for level in (*range(7), ""):
        kind = (
            b"text/plain"
            if level == 0
            else b"multipart/mixed; boundary=b%d" % (6 if level == "" else level - 1)
        )
        line = f"--b{level}".encode()
        content = b"%s\r\nContent-Type: %s\r\n\r\n%s\r\n%s--" % (line, kind, content, line)
    return content


DECLARED = {
    "text/x-fixed": DeclaredFormat(
        "fixed", FixedLayout(tuple(FixedColumn(f"c{at}", at, at) for at in range(1, 200, 2)))
    ),
    "text/x-headless": DeclaredFormat("csv", CsvLayout(",", header=False)),
}
GROWING = {
    "json": ("application/json", lambda n: as_json([invoice(number) for number in range(n // 1_000)])),
    "json lists": ("application/json", lambda n: b"[" + b"[]," * (n // 3) + b"[]]"),
    "json names": (
        "application/json",
        lambda n: b"{" + b",".join(b'"%d":0' % i for i in range(n // 8)) + b"}",
    ),
    "json twice": ("application/json", lambda n: b"{" + b'"a":0,' * (n // 6) + b'"a":0}'),
    "json depth": ("application/json", lambda n: b"[" * n),
    "json digits": ("application/json", lambda n: b"1" * n),
    "json escapes": ("application/json", lambda n: b'["' + b"\\u00e4" * (n // 6) + b'"]'),
    "xml": ("application/xml", lambda n: b"<a>" + b"<b c='1'>2</b>" * (n // 14) + b"</a>"),
    "xml tails": ("application/xml", lambda n: b"<a>" + b"<b/>x" * (n // 5) + b"</a>"),
    "xml depth": ("application/xml", lambda n: b"<a>" * n),
    "xml namespaces": (
        "application/xml",
        lambda n: (
            b"<a xmlns='%s'>" % (b"u" * (n // 2)) + b"".join(b"<b%d/>" % i for i in range(n // 16)) + b"</a>"
        ),
    ),
    "xml attributes": (
        "application/xml",
        lambda n: (
            b"<a xmlns:p='%s' " % (b"u" * (n // 2))
            + b" ".join(b"p:b%d=''" % i for i in range(n // 24))
            + b"/>"
        ),
    ),
    "csv": ("text/csv", lambda n: b"a,b,c\n" + b"1,2,3\n" * (n // 6)),
    "csv columns": ("text/csv", lambda n: b"a," * (n // 4) + b"\n" + b"1," * (n // 4)),
    "csv quotes": ("text/csv", lambda n: b'a\n"' + b'""' * (n // 2)),
    "form": ("application/x-www-form-urlencoded", lambda n: b"a=1&" * (n // 4)),
    "multipart": (PARTED, lambda n: b"--b\r\n\r\n1\r\n" * (n // 10) + b"--b--"),
    "multipart lines": (PARTED, lambda n: b"--b\r\n\r\n" + b"\r\n--bx" * (n // 6) + b"\r\n--b--"),
    "multipart fields": (
        PARTED,
        lambda n: (
            b"--b\nContent-Disposition: x; a=; a=\nContent-Type: text/csv\n\na;\n1\n" * (n // 70) + b"--b--"
        ),
    ),
    "multipart levels": (PARTED, lambda n: levels(b"x" * n)),
    "multipart base64": (
        PARTED,
        lambda n: b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"YWFh" * (n // 4) + b"\r\n--b--",
    ),
    "fixed": ("text/x-fixed", lambda n: (b"1" * 200 + b"\n") * (n // 201)),
    "fixed short": ("text/x-fixed", lambda n: b"11\n" * (n // 3)),
    "fixed long": ("text/x-fixed", lambda n: b"1" * n),
    "csv without header": ("text/x-headless", lambda n: b"1,2,3\n" * (n // 6)),
    "pdf lines": (
        "application/pdf",
        lambda n: pdf(b"BT /F 12 Tf 0 -14 TD " + b"(1) Tj T* " * (n // 10) + b"ET"),
    ),
    "pdf pages": ("application/pdf", lambda n: pdf(*[at(9, 9, "x")] * min(n // 400, 2_000))),
    "text": ("text/plain", lambda n: b"x" * n),
}


@pytest.mark.parametrize("kind", GROWING)
def test_growth_is_linear(kind):
    media, make = GROWING[kind]
    small, large = make(5_000), make(80_000)
    context = Context(declared=DECLARED.get(media))
    bounded(kind, [(f"{len(body):,}", body, media) for body in (small, large)], context)
    times = len(large) / len(small)
    # What grows with the square takes sixteen times as long for each byte; below a millisecond there is only noise.
    # The quickest of up to three of either: a machine that does something else for a moment says nothing of growth.
    few = min(timed(answer(small, media=media), context)[0] for _ in range(3))
    allowed = 8 * times * max(few, 0.001)
    assert any(timed(answer(large, media=media), context)[0] <= allowed for _ in range(3))


def test_a_namespace_of_any_length_in_use():
    body = b"<a xmlns='urn:%s'>%s</a>" % (b"u" * 500, b"<b/>" * 2_000)
    root = decode(answer(body, media="application/xml")).root
    assert isinstance(root, dict)
    assert list(root) == ["{urn:" + "u" * 500 + "}a"]
    with pytest.raises(DecodeError, match="namespace"):
        decode(answer(body.replace(b"urn:", b"urn:" + b"u" * 20), media="application/xml"))
