"""A file as an answer: its media type by its name, or as it was said."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from strangler.comparison.model import Answer
from strangler.exchange import Fields

_MEDIA: Final = {
    ".json": "application/json",
    ".xml": "application/xml",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
}
_GZIP: Final = b"\x1f\x8b"


def media_by_name(file: str) -> str | None:
    """By the suffix, a `.gz` after it not counted; None where that says nothing."""
    name = PurePath(file.lower())
    return _MEDIA.get((name.with_suffix("") if name.suffix == ".gz" else name).suffix)


def answer_of(file: str, body: bytes, media: str | None) -> Answer:
    """The file as the body of an answer with status 200; a file that was packed (`.gz`) is one that came packed."""
    fields: Fields = ((b"content-type", media.encode("latin-1", "replace")),) if media else ()
    if file.lower().endswith(".gz") and body.startswith(_GZIP):
        fields = (*fields, (b"content-encoding", b"gzip"))
    return Answer(200, fields, body)
