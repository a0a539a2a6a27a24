"""Time and memory of decoding are bounded by the size of the body: over documents of others, and hostile ones."""

import copy
import time
import tracemalloc
from pathlib import Path

import pytest

from strangler.comparison.context import Context
from strangler.comparison.declared import CsvLayout, DeclaredFormat, FixedColumn, FixedLayout
from strangler.comparison.decode import decode
from strangler.comparison.pair import compare
from strangler.errors import DecodeError
from strangler.testing.pdf import at, pdf
from strangler.testing.samples import answer, as_json, invoice

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
HELD = 128
"""Peak bytes for a byte of body, at most: `[[],[],…]` takes a list of 56 bytes and its place for three bytes."""
FIXED = 1 << 18
"""What decoding takes however small the body is: what a decoder loads at its first use."""
TELLING = 500
"""Bytes of a body, below which a figure for each of them says nothing."""


def cost(body, media):
    """Peak bytes allocated, processor seconds, and whether there is a tree."""
    message = answer(body, media=media)
    seconds, read = timed(message)
    tracemalloc.start()
    try:
        readable(message)
        return tracemalloc.get_traced_memory()[1], seconds, read
    finally:
        tracemalloc.stop()


def timed(message):
    """Processor seconds, and whether there is a tree."""
    started = time.process_time()
    read = readable(message)
    return time.process_time() - started, read


def readable(message):
    declared = DECLARED.get(dict(message.fields).get(b"Content-Type", b"").decode())
    try:
        decode(message, Context(declared=declared))
    except DecodeError:
        return False
    return True


def bounded(name, documents):
    """Hold each of (name, body, media) to the bound, and print what the worst took. How many were refused."""
    readable(answer(documents[0][1], media=documents[0][2]))
    memory, slowness = [(0.0, "none")], [(0.0, "none")]
    unread = 0
    for title, body, media in documents:
        peak, seconds, read = cost(body, media)
        unread += not read
        assert peak <= HELD * len(body) + FIXED, (title, peak, len(body))
        if len(body) >= TELLING:
            memory.append((peak / len(body), title))
            slowness.append((1e6 * seconds / len(body), title))
    print(  # noqa: T201  the figures are asked for
        f"\n{name}: {len(documents)} documents, {unread} typed errors; from {TELLING} bytes on at worst "
        f"{max(memory)[0]:.0f} bytes ({max(memory)[1]}) and {max(slowness)[0]:.2f} µs ({max(slowness)[1]}) a byte"
    )
    return unread


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS.name} beside the repository")
def test_json_test_suite_and_recurly():
    suite = sorted((CORPUS / "json" / "JSONTestSuite" / "test_parsing").glob("*.json"))
    assert len(suite) == 318
    texts = [(f.name, f.read_bytes(), "application/json") for f in suite]
    refused = bounded("JSONTestSuite", texts)
    assert refused >= sum(file.name.startswith("n_") for file in suite) - 1  # one of them is empty
    recurly = sorted((CORPUS / "recurly").rglob("*.xml"))
    assert len(recurly) == 318
    messages = [(f.name, body, "application/xml") for f in recurly for body in bodies(f.read_bytes())]
    assert len(messages) > 300
    assert bounded("recurly", messages) == 0
    for title, body, media in [*texts, *messages]:
        message = answer(body, media=media)
        assert compare(message, message).verdict == "equal", title
        if readable(message):
            root = decode(message).root
            assert compare(root, copy.deepcopy(root)).verdict == "equal", title


def bodies(text):
    """XML documents in a file that holds a request and its response as they went over the wire."""
    for message in text.replace(b"\r\n", b"\n").split(b"\x16"):
        body = message.partition(b"\n\n")[2].strip()
        if body.startswith(b"<"):
            yield body


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
    bounded(kind, [(f"{len(body):,}", body, media) for body in (small, large)])
    times = len(large) / len(small)
    # What grows with the square takes sixteen times as long for each byte; below a millisecond there is only noise.
    seconds = max(min(timed(answer(small, media=media))[0] for _ in range(3)), 0.001)
    assert timed(answer(large, media=media))[0] <= 8 * times * seconds


def test_a_namespace_of_any_length_in_use():
    body = b"<a xmlns='urn:%s'>%s</a>" % (b"u" * 500, b"<b/>" * 2_000)
    root = decode(answer(body, media="application/xml")).root
    assert isinstance(root, dict)
    assert list(root) == ["{urn:" + "u" * 500 + "}a"]
    with pytest.raises(DecodeError, match="namespace"):
        decode(answer(body.replace(b"urn:", b"urn:" + b"u" * 20), media="application/xml"))
