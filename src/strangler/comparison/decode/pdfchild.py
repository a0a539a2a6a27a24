"""The process that reads PDF files: one after the other, from its standard input to its standard output.

A program of its own, since a PDF is a program too: a few kB can stand for hours of computing and any amount of memory
(forms that draw forms that draw forms), and PDFium ends the process it is in when memory is short. So each file has
a budget, and what breaks is this process. It imports nothing of strangler: it starts often enough.

A question is two numbers of eight bytes, the file's size and how many bytes its attachments may have, and the file.
An answer is the size of a JSON object in eight bytes, the object, and the attachments:
`{"pages": [["a line", …], …], "files": [["name", size], …]}` or `{"error": "…"}`.
"""

from __future__ import annotations

import ctypes
import json
import resource
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any, Final, NamedTuple

SECONDS: Final = 10
"""Of computing, for one file."""
MEMORY: Final = 512 << 20
"""Bytes, for all of this process."""
MOST_PAGES: Final = 2_000
MOST_TEXT: Final = 1 << 20
"""Characters of one file."""
_SAME_HEIGHT: Final = 0.3
"""How far apart, in heights of their letters, pieces of text may stand that are one line."""
_HYPHENS: Final = {0x02, 0xFFFE}
"""What PDFium puts in the place of a hyphen at the end of a line."""


class Unread(Exception):  # noqa: N818  it is told, in words, to who asked
    """A file that is not read, and why."""


class Piece(NamedTuple):
    """Text that the file writes in one go: where it begins as the page is seen (up is more), and its height."""

    x: float
    y: float
    height: float
    text: str


def lines_of(pieces: list[Piece]) -> list[str]:
    """Lines from top to bottom: what stands at one height, from left to right, however the file is ordered."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda each: -each.y):
        if rows and rows[-1][0].y - piece.y <= _SAME_HEIGHT * max(rows[-1][0].height, piece.height):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [" ".join(piece.text for piece in sorted(row)) for row in rows]


def main() -> None:
    """Until there is no more question."""
    import pypdfium2

    source, sink = sys.stdin.buffer, sys.stdout.buffer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_AS, MEMORY)
    while head := source.read(16):
        size, ceiling = struct.unpack(">QQ", head)
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + SECONDS)
        _answer(sink, *_read(pypdfium2, source.read(size), ceiling))


def _limit(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    with suppress(OSError, ValueError):  # a system that does not know this limit
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _answer(sink: IO[bytes], told: dict[str, Any], files: list[bytes]) -> None:
    text = json.dumps(told).encode()
    sink.write(struct.pack(">Q", len(text)) + text)
    for content in files:
        sink.write(content)
    sink.flush()


def _read(pdfium: Any, body: bytes, ceiling: int) -> tuple[dict[str, Any], list[bytes]]:
    try:
        document = pdfium.PdfDocument(body)
    except pdfium.PdfiumError as error:
        encrypted = "password" in str(error).lower()
        return {"error": "it is encrypted" if encrypted else "it is no PDF, or a broken one"}, []
    try:
        return _told(pdfium, document, ceiling)
    except Unread as error:
        return {"error": str(error)}, []
    except pdfium.PdfiumError as error:
        return {"error": f"broken: {error}"}, []
    except MemoryError:
        return {"error": "it takes too much memory"}, []
    finally:
        document.close()


def _told(pdfium: Any, document: Any, ceiling: int) -> tuple[dict[str, Any], list[bytes]]:
    if len(document) > MOST_PAGES:
        raise Unread(f"{len(document)} pages, over the limit of {MOST_PAGES}")
    pages, left = [], MOST_TEXT
    for page in document:
        text = page.get_textpage()
        left -= text.count_chars()
        if left < 0:
            raise Unread(f"over {MOST_TEXT} characters of text")
        pages.append(lines_of(list(_pieces(_Letters(pdfium.raw, text, page.get_rotation())))))
        text.close()
        page.close()
    files = list(_attachments(pdfium, document, ceiling))
    return {"pages": pages, "files": [[name, len(data)] for name, data in files]}, [data for _, data in files]


def _attachments(pdfium: Any, document: Any, ceiling: int) -> Iterator[tuple[str, bytes]]:
    left = ceiling
    for index in range(document.count_attachments()):
        attachment = document.get_attachment(index)
        try:
            data = bytes(attachment.get_data())
        except pdfium.PdfiumError:
            data = b""  # it has a name and no content
        left -= len(data)
        if left < 0:
            raise Unread(f"attachments of over {ceiling} bytes")
        yield attachment.get_name(), data


class _Letters:
    """The letters of a page in PDFium's order: each with its code, and where its foot is as the page is seen."""

    def __init__(self, raw: Any, text: Any, rotation: int) -> None:
        self._raw, self._text, self._rotation = raw, text.raw, rotation
        self.count: int = text.count_chars()
        self._x, self._y, self._box = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF()

    def code(self, index: int) -> int:
        return int(self._raw.FPDFText_GetUnicode(self._text, index))

    def foot(self, index: int) -> tuple[float, float]:
        self._raw.FPDFText_GetCharOrigin(self._text, index, self._x, self._y)
        x, y = self._x.value, self._y.value
        return {0: (x, y), 90: (y, -x), 180: (-x, -y), 270: (-y, x)}[self._rotation]

    def height(self, index: int) -> float:
        box = self._box
        self._raw.FPDFText_GetLooseCharBox(self._text, index, box)
        return float(abs(box.top - box.bottom if self._rotation in {0, 180} else box.right - box.left))


def _pieces(letters: _Letters) -> Iterator[Piece]:
    """What goes on from left to right at one height. (PDFium's own lines run on where they are single letters.)"""
    begun: list[str] = []
    left = foot = height = before = 0.0
    for index in range(letters.count):
        letter = _letter(letters.code(index))
        if letter.isspace():
            begun += letter if begun else ""
            continue
        x, y = letters.foot(index)
        if begun and (begun[-1] == "\n" or abs(y - foot) > height / 2 or x < before - height):
            yield Piece(left, foot, height, _text(begun))
            begun = []
        if not begun:
            left, foot, height = x, y, letters.height(index)
        begun.append(letter)
        before = x
    if begun:
        yield Piece(left, foot, height, _text(begun))


def _letter(code: int) -> str:
    if code in _HYPHENS:
        return "-"
    return chr(code) if 0 < code <= sys.maxunicode else "\ufffd"


def _text(letters: list[str]) -> str:
    """White space collapsed; what UTF-16 needs two units for stands as two letters in PDFium's list."""
    units = "".join(letters).encode("utf-16-le", "surrogatepass")
    return " ".join(units.decode("utf-16-le", "replace").split())


if __name__ == "__main__":
    main()
