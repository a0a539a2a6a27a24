"""JSON, exact: numbers are int or Decimal, and nothing is guessed.

msgspec parses. It keeps the last of duplicate keys without a word, so keys are counted: the text has two quotes
for every string, and so has the tree written out again, unless a key was lost. Only then the slow parser says which.
"""

from __future__ import annotations

import hashlib
import json
import re
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from strangler.comparison.context import Context
from strangler.comparison.decode.charset import text_of
from strangler.comparison.decode.depth import too_deep
from strangler.comparison.decode.media import MediaType
from strangler.comparison.model import Anomaly, Decoded, Node, Path
from strangler.comparison.values import canonical, tame
from strangler.errors import DecodeError

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_ESCAPED: Final = re.compile(rb"\\.", re.DOTALL)
# `INVOICE-202` looks like an exponent too, to what is quick.
_LONG_NUMBER: Final = re.compile(rb"[0-9]E[+-][0-9]{3}|[0-9]{150}")
_STRIDE: Final = 15
_RUN: Final = b"0" * 10
"""150 digits in a row show as ten in a row where only every 15th byte is looked at, and hardly anything else does."""
_DIGITS: Final = bytes(ord("0") if chr(byte) in "0123456789" else ord(" ") for byte in range(256))
_UTF8: Final = {"", "utf-8", "utf8", "us-ascii"}
_AT: Final = re.compile(r"\(byte (\d+)\)")
_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def decode_json(body: bytes, media: MediaType, context: Context) -> Decoded:
    """A JSON text as a tree. Raises DecodeError with the byte offset, where the parser gives one."""
    anomalies: tuple[Anomaly, ...] = ()
    if media.charset not in _UTF8 or body.startswith(_MARKS):
        text, anomalies = text_of(body, media, default="utf-8")
        if media.charset not in _UTF8:
            anomalies += (Anomaly("charset", (), f"JSON in {media.charset[:40]}; RFC 8259 wants UTF-8"),)
        body = _utf8(text, media)
    root = _parsed(body, media, context)
    plain = canonical(root)
    anomalies += _duplicates(body, plain) + _absurd(plain, root)
    return Decoded(root, media.name, anomalies, canonical=plain)


def _utf8(text: str, media: MediaType) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise DecodeError("lone surrogate", media=media.name, at=error.start) from None


def _parsed(body: bytes, media: MediaType, context: Context) -> Node:
    try:
        root: Node = _DECODER.decode(body)
    except msgspec.DecodeError as error:
        place = _AT.search(str(error))
        what = _AT.sub("", str(error)).strip()
        raise DecodeError(what, media=media.name, at=int(place[1]) if place else None) from None
    except UnicodeDecodeError as error:
        raise DecodeError(f"not UTF-8: {error.reason}", media=media.name) from None
    except InvalidOperation:
        raise DecodeError("a number with an exponent beyond any meaning", media=media.name) from None
    except RecursionError:
        raise DecodeError(f"deeper than {context.limits.depth} levels", media=media.name) from None
    if body.count(b"[") + body.count(b"{") > context.limits.depth and too_deep(root, context.limits.depth):
        raise DecodeError(f"deeper than {context.limits.depth} levels", media=media.name)
    return root


def _duplicates(body: bytes, plain: bytes) -> tuple[Anomaly, ...]:
    text = body
    if body.find(b"\\") >= 0:
        # Only then can the tree's own text hold escapes.
        text, plain = _ESCAPED.sub(b"", body), _ESCAPED.sub(b"", plain)
    if text.count(b'"') == plain.count(b'"'):
        return ()
    found: list[Anomaly] = []
    _find_duplicates(json.loads(body, object_pairs_hook=_Pairs, parse_float=Decimal), (), found)
    return tuple(found)


class _Pairs(list[tuple[str, object]]):
    """The members of an object as they stand in the text."""


def _find_duplicates(node: object, path: Path, found: list[Anomaly]) -> None:
    if isinstance(node, _Pairs):
        values: dict[str, list[object]] = {}
        for name, value in node:
            values.setdefault(name, []).append(value)
        for name, several in values.items():
            if len(several) > 1:
                # Which values, without showing them: two documents may agree on the last and on no other.
                mark = hashlib.sha256(repr(several).encode("utf-8", "surrogatepass")).hexdigest()[:8]
                found.append(Anomaly("duplicate-key", (*path, name), f"stands {len(several)} times ({mark})"))
            for value in several:
                _find_duplicates(value, (*path, name), found)
    elif isinstance(node, list):
        for position, value in enumerate(node):
            _find_duplicates(value, (*path, position), found)


def _absurd(plain: bytes, root: Node) -> tuple[Anomaly, ...]:
    suspect = b"E+" in plain or b"E-" in plain or _RUN in plain[::_STRIDE].translate(_DIGITS)
    if not suspect or not _LONG_NUMBER.search(plain):
        return ()
    found: list[Anomaly] = []
    stack: list[tuple[Node, Path]] = [(root, ())]
    while stack:
        node, path = stack.pop()
        if isinstance(node, dict):
            stack.extend((child, (*path, name)) for name, child in node.items())
        elif isinstance(node, list):
            stack.extend((child, (*path, position)) for position, child in enumerate(node))
        elif isinstance(node, int | Decimal) and not isinstance(node, bool) and tame(node) is None:
            found.append(Anomaly("absurd-number", path, "no amount has this magnitude"))
    return tuple(found)
