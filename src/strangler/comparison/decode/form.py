"""`application/x-www-form-urlencoded`: `$.name[i]`, every name with the list of its values."""

from __future__ import annotations

from urllib.parse import parse_qsl

from strangler.comparison.context import Context
from strangler.comparison.decode.charset import text_of
from strangler.comparison.decode.media import MediaType
from strangler.comparison.model import Decoded, Node
from strangler.errors import DecodeError


def decode_form(body: bytes, media: MediaType, context: Context) -> Decoded:  # noqa: ARG001  every decoder's shape
    """A form as a map of lists. Raises DecodeError on bytes that are not UTF-8."""
    text, anomalies = text_of(body, media, default="utf-8")
    root: dict[str, Node] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise DecodeError(f"not UTF-8 under its percent signs: {error}", media=media.name) from None
    for name, value in pairs:
        values = root.setdefault(name, [])
        if isinstance(values, list):
            values.append(value)
    return Decoded(root, media.name, anomalies)
