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

SECONDS: Final = 5
"""Of computing, for one file."""
MEMORY: Final = 512 << 20
"""Bytes, for all of this process."""
MOST_PAGES: Final = 2_000
MOST_TEXT: Final = 4 << 20
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
        pages.append(lines_of(list(_pieces(pdfium.raw, text.raw, text.count_chars(), page.get_rotation()))))
        text.close()
        page.close()
    files = list(_attachments(document, ceiling))
    return {"pages": pages, "files": [[name, len(data)] for name, data in files]}, [data for _, data in files]


def _attachments(document: Any, ceiling: int) -> Iterator[tuple[str, bytes]]:
    left = ceiling
    for index in range(document.count_attachments()):
        attachment = document.get_attachment(index)
        data = bytes(attachment.get_data())
        left -= len(data)
        if left < 0:
            raise Unread(f"attachments of over {ceiling} bytes")
        yield attachment.get_name(), data


def _pieces(raw: Any, text: Any, count: int, rotation: int) -> Iterator[Piece]:
    """What stands between two line breaks of PDFium's, which follow the order of the file."""
    letters: list[str] = []
    first, unicode = -1, raw.FPDFText_GetUnicode
    for index in range(count + 1):
        code = unicode(text, index) if index < count else 0x0A
        if code not in {0x0A, 0x0D}:
            letters.append(_letter(code))
            first = index if first < 0 and not letters[-1].isspace() else first
            continue
        if first >= 0:
            yield Piece(*_place(raw, text, first, rotation), " ".join("".join(letters).split()))
        letters, first = [], -1


def _letter(code: int) -> str:
    if code in _HYPHENS:
        return "-"
    # What stands for no character: a glyph without one, half of a pair.
    return chr(code) if 0 < code <= sys.maxunicode and not 0xD800 <= code < 0xE000 else "\ufffd"


def _place(raw: Any, text: Any, index: int, rotation: int) -> tuple[float, float, float]:
    """Left end and foot of a letter as the page is seen, and its height."""
    x, y, box = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF()
    raw.FPDFText_GetCharOrigin(text, index, x, y)
    raw.FPDFText_GetLooseCharBox(text, index, box)
    wide, high = abs(box.right - box.left), abs(box.top - box.bottom)
    return {
        0: (x.value, y.value, high),
        90: (y.value, -x.value, wide),
        180: (-x.value, -y.value, high),
        270: (-y.value, x.value, wide),
    }[rotation]


if __name__ == "__main__":
    main()
