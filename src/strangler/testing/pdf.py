"""Small PDF files for tests, written by hand: pages of text, turned, with attachments, locked, or hostile."""

from __future__ import annotations

from collections.abc import Mapping

_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
_LOCK = b"<</Filter/Standard/V 1/R 2/O(%s)/U(%s)/P -4>>" % (b"o" * 32, b"u" * 32)


def at(x: float, y: float, text: str) -> bytes:
    """Content of a page: a text whose foot begins at a place, in points from the lower left corner."""
    shown = text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"BT /F 12 Tf %.1f %.1f Td (%s) Tj ET\n" % (x, y, shown)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """An object that holds bytes."""
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(content), content)


def pdf(
    *pages: bytes,
    rotation: int = 0,
    files: Mapping[str, bytes] | None = None,
    encrypted: bool = False,
    flags: bytes = b"",
    form: int = 0,
    more: Mapping[int, bytes] | None = None,
) -> bytes:
    """A file with these pages, each the content of one.

    `flags`: further entries of each page's content stream. `more`: further objects by number, from 100 on; `form`: the
    number of the one that pages draw with `/X Do`.
    """
    first, attached = 1_000, 10_000
    names = list(files or {})
    drawn = b"/XObject<</X %d 0 R>>" % form if form else b""
    tree = b"/Names<</EmbeddedFiles<</Names[%s]>>>>" % b"".join(
        b"(%s)%d 0 R" % (name.encode(), attached + 2 * index) for index, name in enumerate(names)
    )
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R%s>>" % (tree if names else b""),
        2: b"<</Type/Pages/Count %d/Kids[%s]>>"
        % (len(pages), b" ".join(b"%d 0 R" % (first + 2 * index) for index in range(len(pages)))),
        3: _FONT,
        **(more or {}),
    }
    for index, content in enumerate(pages):
        number = first + 2 * index
        objects[number] = (
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Rotate %d/Contents %d 0 R"
            b"/Resources<</Font<</F 3 0 R>>%s>>>>" % (rotation, number + 1, drawn)
        )
        objects[number + 1] = stream(content, flags)
    for index, name in enumerate(names):
        number = attached + 2 * index
        objects[number] = b"<</Type/Filespec/F(%s)/EF<</F %d 0 R>>>>" % (name.encode(), number + 1)
        objects[number + 1] = stream((files or {})[name], b"/Type/EmbeddedFile")
    if encrypted:
        objects[4] = _LOCK
    return _written(objects, b"/Encrypt 4 0 R/ID[(0123456789abcdef)(0123456789abcdef)]" if encrypted else b"")


def _written(objects: Mapping[int, bytes], trailer: bytes) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    table = bytearray(b"xref\n0 1\n0000000000 65535 f \n")
    for number in sorted(objects):
        table += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    begin = len(out)
    size = max(objects) + 1
    out += table + b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (size, trailer, begin)
    return bytes(out)
