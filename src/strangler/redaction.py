"""Redaction: before anything is written, and so that equal values stay equal.

Always redacted: card numbers (13 to 19 digits that pass Luhn, with or without separators), IBANs (mod 97),
the fields that carry credentials or cookies, user information and token-like parameters of URLs; then what
the configuration declares. A value gives way to `[kind:token]`, a keyed hash, so that two answers that
agreed in clear still agree, and nobody without the key can try out card numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from strangler.comparison.model import Difference, Node
from strangler.comparison.model import Path as NodePath
from strangler.exchange import Failure, Fields, Message, Request, Response

VERSION: Final = 1
"""Rises when what is redacted, or how, changes. Stands beside every stored document."""


class RedactedMessage(msgspec.Struct, frozen=True):
    """`body` is None when it was not captured, or is binary: `size` (bytes on the wire) and `digest` then
    describe it.

    `digest`: keyed SHA-256 (hex) of the body after its content coding, so that it cannot be guessed back.
    """

    fields: tuple[tuple[str, str], ...]
    body: str | None
    media: str
    size: int
    digest: str
    trailers: tuple[tuple[str, str], ...] = ()


class RedactedRequest(msgspec.Struct, frozen=True):
    """A request without its secrets; `peer` is not kept."""

    method: str
    target: str
    authority: str
    message: RedactedMessage


class RedactedAnswer(msgspec.Struct, frozen=True):
    """An answer without its secrets, or the failure in its place (`status` 0)."""

    status: int
    message: RedactedMessage | None
    elapsed_ns: int
    failure: str = ""
    detail: str = ""


class Redactor:
    """Redacts with one key. Immutable, safe to share.

    `fields`: further places, RFC 9535 JSONPaths into bodies or `header:NAME`, as in `redaction.fields`.
    """

    version: Final = VERSION

    def __init__(self, key: bytes, fields: Sequence[str] = ()) -> None:
        raise NotImplementedError

    @property
    def key_id(self) -> str:
        """Names the key without telling it (8 hex digits)."""
        raise NotImplementedError

    def token(self, value: str, kind: str = "value") -> str:
        """`[kind:16 letters]`: the same for equal values under the same key."""
        raise NotImplementedError

    def text(self, text: str) -> str:
        """Any text (an error message, a log line, a member's name): cards, IBANs, credentials in URLs."""
        raise NotImplementedError

    def target(self, target: str) -> str:
        """A URL or a request target: user information and token-like parameters, then as `text`."""
        raise NotImplementedError

    def fields(self, fields: Fields) -> tuple[tuple[str, str], ...]:
        """Header or trailer fields as text, order and duplicates kept."""
        raise NotImplementedError

    def node(self, node: Node, path: NodePath = ()) -> Node:
        """A tree, or a part of one that stands at `path` of its document."""
        raise NotImplementedError

    def difference(self, difference: Difference) -> Difference:
        """Both values, the cause's words, and member names that are data."""
        raise NotImplementedError

    def message(self, message: Message) -> RedactedMessage:
        """Fields and body; JSON, XML, CSV, form and other text bodies are redacted in place, binary ones
        left out.
        """
        raise NotImplementedError

    def request(self, request: Request) -> RedactedRequest:
        """A request."""
        raise NotImplementedError

    def answer(self, answer: Response | Failure) -> RedactedAnswer:
        """An answer, or why there is none."""
        raise NotImplementedError


def redaction_key(configured: str, state: Path, environment: Mapping[str, str]) -> bytes:
    """The key: from `redaction.key` (`${NAME}` filled in), else made once in `state/redaction.key` (mode
    0600).

    Raises UsageError when the key file cannot be read or written, or when others may read it.
    """
    raise NotImplementedError
