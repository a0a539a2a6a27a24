"""multipart/*: forms with files (RFC 7578), and parts one after the other (RFC 2046).

    {"number": ["INV-7"], "scan": [{"media": "application/json", "filename": "7.json", "content": {"total": 9}}]}

A part of `multipart/form-data` is `$.name[i]`, any other `$.parts[i]`, read by its own media type. A plain text is
its text; what has a file name or another type is a map of `media`, `content`, and where it has them `filename`, `id`
(Content-ID) and `range` (Content-Range). The boundary is drawn anew for every message, and not compared; nor is the
order among parts of different names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final
from urllib.parse import unquote

from strangler.comparison.context import Context
from strangler.comparison.decode.media import MediaType, media_type
from strangler.comparison.decode.opaque import opaque
from strangler.comparison.decode.parameters import parameters
from strangler.comparison.decode.parts import Odd, Part, once, parts_of
from strangler.comparison.model import Anomaly, Decoded, Node, Path
from strangler.errors import DecodeError

_FORM: Final = "multipart/form-data"
_DEEPEST: Final = 8
_LISTED: Final = 20
_PLAIN_TEXT: Final = {"", "text/plain"}
_EXTENDED: Final = {"utf-8", "iso-8859-1"}
_TOLD: Final = {"content-id": "id", "content-range": "range"}

type Decoder = Callable[[bytes, MediaType, Context], Decoded]


@dataclass(slots=True)
class _Gathered:
    """What the parts have contributed so far."""

    root: dict[str, Node] = field(default_factory=dict[str, Node])
    odd: Odd = field(default_factory=dict[str, Anomaly])
    anomalies: list[Anomaly] = field(default_factory=list[Anomaly])
    where: dict[Path, str] = field(default_factory=dict[Path, str])

    def add(self, number: int, name: str, labels: dict[str, Node], content: Decoded) -> None:
        values = self.root.setdefault(name, [])
        if not isinstance(values, list):
            raise TypeError(name)
        path: Path = (name, len(values))
        within: Path = (*path, "content") if labels else path
        values.append({**labels, "content": content.root} if labels else content.root)
        self.anomalies += [replace(each, path=(*within, *each.path)) for each in content.anomalies]
        if number <= _LISTED:
            self.where[path] = f"part {number}"
        told = islice(content.where.items(), _LISTED)
        self.where.update(((*within, *below), f"part {number}, {at}") for below, at in told)


def decode_multipart(
    body: bytes, media: MediaType, context: Context, decoder: Decoder, level: int = 1
) -> Decoded:
    """The parts as a map of lists; `decoder` reads what is not multipart again. Raises DecodeError."""
    if level > _DEEPEST:
        raise DecodeError(f"parts within parts, over {_DEEPEST} levels", media=media.name)
    gathered = _Gathered()
    for number, part in enumerate(parts_of(body, media, gathered.odd), 1):
        declared = media_type(part.fields.get("content-type", "").encode("latin-1", "replace"))
        try:
            name, filename = _disposition(part, gathered.odd)
            if declared.family == "multipart":
                content = decode_multipart(part.body, declared, context, decoder, level + 1)
            else:
                content = _content(part.body, declared, context, decoder)
        except DecodeError as error:
            raise DecodeError(f"part {number}: {error}", media=media.name) from None
        if media.name != _FORM:
            name = None
        elif name is None:
            once(gathered.odd, "no-name", "a part of a form has no name")
        gathered.add(number, "parts" if name is None else name, _labels(part, declared, filename), content)
    anomalies = (*gathered.odd.values(), *gathered.anomalies)
    return Decoded(gathered.root, media.name, anomalies, gathered.where)


def _content(body: bytes, declared: MediaType, context: Context, decoder: Decoder) -> Decoded:
    if body:
        return decoder(body, declared, context)
    return Decoded("" if declared.name in _PLAIN_TEXT else opaque(b"", declared.name), declared.name)


def _labels(part: Part, declared: MediaType, filename: str | None) -> dict[str, Node]:
    """What is compared beside the content; nothing of a plain text."""
    told: dict[str, Node] = {key: part.fields[name] for name, key in _TOLD.items() if name in part.fields}
    if filename is not None:
        told["filename"] = filename
    return (
        {"media": declared.name or "text/plain", **told} if told or declared.name not in _PLAIN_TEXT else {}
    )


def _disposition(part: Part, odd: Odd) -> tuple[str | None, str | None]:
    """Name and file name, the first of each. Raises DecodeError on an extended one that cannot be read."""
    found: dict[str, str] = {}
    for name, value in parameters(part.fields.get("content-disposition", ""))[1]:
        if name in found:
            once(odd, "repeated-field", f"{name[:40]} stands twice in a disposition")
        found.setdefault(name, value)
    extended = found.get("filename*")
    return found.get("name"), found.get("filename") if extended is None else _extended(extended)


def _extended(value: str) -> str:
    """RFC 8187: `UTF-8''Rechnung%20%E2%82%AC.pdf`."""
    charset, _, rest = value.partition("'")
    try:
        if charset.lower() in _EXTENDED:
            return unquote(rest.partition("'")[2], encoding=charset, errors="strict")
    except UnicodeDecodeError:
        pass
    raise DecodeError(f"the file name {value[:40]!r} cannot be read", media="content-disposition")
