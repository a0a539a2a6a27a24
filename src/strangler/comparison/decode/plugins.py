"""Decoders that other distributions bring, by the entry point group `strangler.decoders`.

The name is a media type (`application/edifact`), or a word that a route's `decode` names (`edifact`); the value is a
function of the body (without its content coding), its MediaType and the Context, that returns a Decoded. What it
raises is a DecodeError that names it. It is trusted as strangler's own code is: it runs in the same process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from msgspec import structs

from strangler.comparison.context import Context
from strangler.comparison.decode.media import MediaType
from strangler.comparison.model import Decoded
from strangler.comparison.plain import plain_tree
from strangler.errors import DecodeError, StranglerError, UsageError

GROUP: Final = "strangler.decoders"


@cache
def plugged_in() -> Mapping[str, Sequence[EntryPoint]]:
    """What is installed, by name in lower case. Looked for once."""
    found: dict[str, list[EntryPoint]] = {}
    for each in entry_points(group=GROUP):
        found.setdefault(each.name.lower(), []).append(each)
    return found


def decode_by(name: str, body: bytes, media: MediaType, context: Context) -> Decoded:
    """By the plug-in of this name, which must be installed. Raises DecodeError."""
    function = _loaded(name, media)
    try:
        decoded = function(body, media, context)
    except Exception as error:  # noqa: BLE001  whatever a plug-in does, it is no crash of ours
        what = error.what if isinstance(error, StranglerError) else f"{type(error).__name__}: {error}"
        raise DecodeError(f"the decoder `{name}`: {what}"[:300], media=media.name) from None
    if not isinstance(decoded, Decoded):
        what = f"the decoder `{name}` returned a {type(decoded).__name__}, no Decoded"
        raise DecodeError(what, media=media.name)
    try:
        root = plain_tree(decoded.root, context.limits.depth)
    except UsageError as error:
        raise DecodeError(f"the decoder `{name}`: {error.what}", media=media.name) from None
    return structs.replace(decoded, root=root, canonical=None)


@cache
def _functions(name: str) -> Any:
    """The function, or why there is none."""
    found = plugged_in().get(name, ())
    if not found:
        return "is not installed"
    if len(found) > 1:
        return "stands in " + " and ".join(
            sorted({each.dist.name if each.dist else each.value for each in found})
        )
    try:
        function = found[0].load()
    except Exception as error:  # noqa: BLE001  it is a plug-in's own code that runs
        return f"cannot be loaded: {type(error).__name__}: {error}"
    return function if callable(function) else f"is a {type(function).__name__}, no function"


def _loaded(name: str, media: MediaType) -> Any:
    function = _functions(name)
    if isinstance(function, str):
        raise DecodeError(f"the decoder `{name}` {function}"[:300], media=media.name)
    return function
