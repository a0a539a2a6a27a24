"""`decode`: an answer to a tree, by Content-Encoding and Content-Type, or by its first bytes where it has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from msgspec import structs

from strangler.comparison.context import Context
from strangler.comparison.decode.charset import text_of
from strangler.comparison.decode.codings import uncoded
from strangler.comparison.decode.csvtable import decode_csv
from strangler.comparison.decode.form import decode_form
from strangler.comparison.decode.jsontree import decode_json
from strangler.comparison.decode.media import MediaType, coding_and_type, media_type, sniffed
from strangler.comparison.decode.opaque import opaque
from strangler.comparison.model import Answer, Decoded
from strangler.errors import DecodeError

type Decoder = Callable[[bytes, MediaType, Context], Decoded]

_PLAIN: Final = Context()
_NOBODYS: Final = {"", "text/plain", "application/octet-stream"}
"""Labels given to anything: they are never looked for among plug-ins."""


def decode(answer: Answer, context: Context = _PLAIN) -> Decoded:
    """The body as a tree. An empty body is an Opaque of size 0. Raises DecodeError."""
    coding, media = coding_and_type(answer.fields)
    body, anomalies = uncoded(answer.body, coding, context.limits.decoded)
    declared = media_type(media)
    if not body:
        return Decoded(opaque(b"", ""), declared.name, anomalies)
    if context.declared is None:
        decoded = _by_media(body, declared, context)
    else:
        decoded = _declared(body, declared, context, answer.status)
    return structs.replace(decoded, anomalies=anomalies + decoded.anomalies) if anomalies else decoded


def _declared(body: bytes, media: MediaType, context: Context, status: int) -> Decoded:
    declared = context.declared
    if declared is None or not 200 <= status < 300:
        return _by_media(body, media, replace(context, declared=None))
    family = declared.family
    found = _FORCED.get(family)
    if found is None:
        # Both sides are what was declared, whatever each calls it.
        return structs.replace(_plugged(family, body, media, context), media=family)
    named = media.named(family)
    return found(body, named if media.charset else named.with_charset(declared.charset), context)


def _by_media(body: bytes, declared: MediaType, context: Context) -> Decoded:
    found = DECODERS.get(declared.family)
    if found is not None:
        return found(body, declared, context)
    if declared.name not in _NOBODYS and declared.name in _plugins():
        return _plugged(declared.name, body, declared, context)
    guess = _guessed(body, declared.family)
    if guess:
        try:
            return DECODERS[guess](body, declared.named(guess), context)
        except DecodeError:
            # The label does not promise the format, so text is what it is.
            pass
    if declared.family == "text" or (not declared.family and not declared.name):
        return _text(body, declared, context)
    return Decoded(opaque(body, declared.name), declared.name)


def _plugins() -> Mapping[str, object]:
    from strangler.comparison.decode.plugins import plugged_in

    return plugged_in()


def _plugged(name: str, body: bytes, media: MediaType, context: Context) -> Decoded:
    from strangler.comparison.decode.plugins import decode_by

    return decode_by(name, body, media, context)


def _guessed(body: bytes, family: str) -> str:
    """The format of a body without a label, or under one that is given to anything."""
    guess = sniffed(body) if family in {"", "text"} else ""
    return "" if family == "text" and guess == "html" else guess


def _xml(body: bytes, media: MediaType, context: Context) -> Decoded:
    # lxml takes 15 ms to import, and many systems never answer in XML.
    from strangler.comparison.decode.xmltree import decode_xml

    return decode_xml(body, media, context)


def _html(body: bytes, media: MediaType, context: Context) -> Decoded:
    guess = sniffed(body)
    if guess == "json" or (guess == "xml" and b"<?xml" in body[:8]):
        # Data under the label that some frameworks give to everything.
        with suppress(DecodeError):
            return DECODERS[guess](body, media.named(guess), context)
    return _page(body, media, context)


def _page(body: bytes, media: MediaType, context: Context) -> Decoded:
    from strangler.comparison.decode.htmlpage import decode_html

    return decode_html(body, media, context)


def _multipart(body: bytes, media: MediaType, context: Context) -> Decoded:
    from strangler.comparison.decode.multipart import decode_multipart

    return decode_multipart(body, media, context, _by_media)


def _pdf(body: bytes, media: MediaType, context: Context) -> Decoded:
    from strangler.comparison.decode.pdfpages import decode_pdf

    return decode_pdf(body, media, context, _by_media)


def _fixed(body: bytes, media: MediaType, context: Context) -> Decoded:
    from strangler.comparison.decode.fixed import decode_fixed

    return decode_fixed(body, media, context)


def _text(body: bytes, media: MediaType, context: Context) -> Decoded:  # noqa: ARG001  every decoder's shape
    try:
        text, anomalies = text_of(body, media, default="utf-8")
    except DecodeError:
        if media.charset or media.name:
            raise
        return Decoded(opaque(body, media.name), media.name)
    return Decoded(text, media.name or "text/plain", anomalies)


DECODERS: Final[Mapping[str, Decoder]] = {
    "json": decode_json,
    "xml": _xml,
    "csv": decode_csv,
    "form": decode_form,
    "html": _html,
    "multipart": _multipart,
    "pdf": _pdf,
}
# Whatever the body looks like.
_FORCED: Final[Mapping[str, Decoder]] = {**DECODERS, "fixed": _fixed, "html": _page, "text": _text}
FAMILIES: Final = tuple(_FORCED)
"""What a route's `decode` may name, beside plug-ins."""

__all__ = ["DECODERS", "FAMILIES", "decode"]
