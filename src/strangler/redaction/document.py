"""Redacted messages, as the ledger keeps them."""

from __future__ import annotations

from typing import Literal

import msgspec

type BodyForm = Literal["tree", "text", "absent"]


class RedactedMessage(msgspec.Struct, frozen=True):
    """Fields and body of a request or an answer.

    `form` says what `body` holds: `tree`, the JSON text of the document as it was compared (XML and CSV
    too, so that locations address it); `text`; or `absent` (None): not captured, binary, or of a form in
    which secrets could hide. `media`: the Content-Type. `size`: bytes on the wire. `digest`: keyed SHA-256
    (hex) of the body after its content coding, so that it cannot be guessed back; empty without a body.
    """

    fields: tuple[tuple[str, str], ...]
    body: str | None
    form: BodyForm
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
    """An answer without its secrets, or the failure in its place (`status` 0, no message)."""

    status: int
    message: RedactedMessage | None
    elapsed_ns: int
    failure: str = ""
    detail: str = ""
