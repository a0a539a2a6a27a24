"""PDF: what a reader of its pages gets from it, and the files attached to it.

    {"pages": [{"lines": ["Invoice 7", "Seats 3 9.00"]}], "files": [{"filename": "factur-x.xml", "content": {…}}]}

`$.pages[i].lines[j]` is what stands at one height of a page, from left to right, whatever the order in which the file
writes it; white space is collapsed. `$.files[i].content` is an attachment, read by its looks. Images, fonts, colours
and the fields of forms are not compared; a page without text is an anomaly, since nothing of it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Final

from strangler.comparison.context import Context
from strangler.comparison.decode.media import MediaType
from strangler.comparison.decode.opaque import opaque
from strangler.comparison.model import Anomaly, Decoded, Node, Path
from strangler.errors import DecodeError

type Decoder = Callable[[bytes, MediaType, Context], Decoded]

MISSING: Final = "the text of a PDF needs the extra `pdf`: pip install 'strangler[pdf]'"
_LISTED: Final = 10_000
_PDF: Final = b"%PDF-"


def installed() -> bool:
    """Whether the extra is there."""
    return find_spec("pypdfium2") is not None


def decode_pdf(body: bytes, media: MediaType, context: Context, decoder: Decoder) -> Decoded:
    """Pages as lists of lines; attachments read by `decoder`. Without the extra an Opaque, and an anomaly says so.

    Raises DecodeError on what is encrypted or broken, or takes more computing, memory, pages or text than documents do.
    """
    if not installed():
        return Decoded(opaque(body, media.name), media.name, (Anomaly("not-installed", (), MISSING),))
    from strangler.comparison.decode.pdfreader import READER

    found = READER.ask(body, media.name, context.limits.decoded)
    anomalies = [
        Anomaly("no-text", ("pages", index), "a page without text: nothing of it is compared")
        for index, lines in enumerate(found.pages)
        if not lines
    ]
    root: dict[str, Node] = {"pages": [{"lines": list(lines)} for lines in found.pages]}
    where = _where(found.pages)
    if found.files:
        attached: list[Node] = []
        for index, (name, data) in enumerate(found.files):
            content = _attachment(data, replace(context, declared=None), decoder)
            attached.append({"filename": name, "content": content.root})
            place: Path = ("files", index, "content")
            anomalies += [replace(each, path=(*place, *each.path)) for each in content.anomalies]
            where["files", index] = f"attachment {name}"
        root["files"] = attached
    return Decoded(root, media.name, tuple(anomalies), where)


def _attachment(data: bytes, context: Context, decoder: Decoder) -> Decoded:
    media = MediaType()
    if not data or data.startswith(_PDF):
        # A PDF in a PDF in a PDF …: a few kB can hold any number of them.
        return Decoded(opaque(data, "application/pdf" if data else ""), "")
    try:
        return decoder(data, media, context)
    except DecodeError:
        return Decoded(opaque(data, ""), "")


def _where(pages: Sequence[Sequence[str]]) -> dict[Path, str]:
    """Of the first lines: a path says as much, and a large file has many."""
    where: dict[Path, str] = {}
    for index, lines in enumerate(pages):
        where["pages", index] = f"page {index + 1}"
        for line in range(min(len(lines), _LISTED - len(where))):
            where["pages", index, "lines", line] = f"page {index + 1}, line {line + 1}"
    return where
