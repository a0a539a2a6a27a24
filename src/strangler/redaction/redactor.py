"""What is redacted where, in a message, a tree, a difference."""

from __future__ import annotations

import hashlib
import hmac
import html
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final
from urllib.parse import unquote_plus

import msgspec

from strangler.comparison.context import Context
from strangler.comparison.model import Answer, Cause, Difference, Location, Node, Opaque, Path
from strangler.errors import DecodeError
from strangler.exchange import Failure, Fields, Message, Request, Response
from strangler.redaction.credentials import FIELDS, decoded_pieces, names_secret, without_credentials
from strangler.redaction.document import BodyForm, RedactedAnswer, RedactedMessage, RedactedRequest
from strangler.redaction.fields import Declared, Live, onward, reached
from strangler.redaction.numbers import is_card, without_numbers

VERSION: Final = 1
"""Rises when what is redacted, or how, changes. Stands beside every stored document."""

_LETTERS: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_WORTH_A_LOOK: Final = re.compile(r"\d|://|[?&;]\w|bearer|basic|digest|token", re.IGNORECASE)
_PLAIN: Final = Context()
_JSON_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


class Redactor:
    """Redacts with one key. Immutable, safe to share between threads.

    `fields`: further places, RFC 9535 JSONPaths into bodies or `header:NAME`, as in `redaction.fields`.
    Raises UsageError for one that is neither.
    """

    version: Final = VERSION

    def __init__(self, key: bytes, fields: Sequence[str] = ()) -> None:
        self._key = key
        self._declared = Declared(fields)
        self.key_id = self._hash(b"the name of this key")[:8]

    def token(self, value: str, kind: str = "value") -> str:
        """`[kind:16 letters]`: the same for equal values of a kind under the same key.

        Letters only, so that no token looks like a number to the next pass.
        """
        return f"[{kind}:{self._hash(f'{kind}={value}'.encode('utf-8', 'surrogatepass'))[:16].translate(_LETTERS)}]"

    def text(self, text: str) -> str:
        """Any text (an error message, a log line, a member's name): cards, IBANs, credentials in URLs."""
        if not _WORTH_A_LOOK.search(text):
            return text
        return without_numbers(without_credentials(text, self._replacement), self._replacement)

    def target(self, target: str) -> str:
        """A URL or a request target: user information and token-like parameters, then as `text`,
        percent-decoded.
        """
        return decoded_pieces(without_credentials(target, self._replacement), self.text)

    def fields(self, fields: Fields) -> tuple[tuple[str, str], ...]:
        """Header or trailer fields as text, order and duplicates kept."""
        texts = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in fields)
        return tuple((self.text(name), self._field(name, value)) for name, value in texts)

    def node(self, node: Node, path: Path = ()) -> Node:
        """A tree, or a part of one that stands at `path` of its document."""
        secret = bool(path) and isinstance(path[-1], str) and names_secret(path[-1])
        return self._node(node, self._declared.at(path), secret=secret)

    def difference(self, difference: Difference) -> Difference:
        """Both values, the cause's words, and member names that hold what must not be kept."""
        location = difference.location
        if location.part in ("header", "trailer"):
            name = str(location.path[0]) if location.path else ""
            left, right = (self._field_node(name, value) for value in (difference.left, difference.right))
        else:
            left, right = (self.node(value, location.path) for value in (difference.left, difference.right))
        return msgspec.structs.replace(
            difference,
            location=Location(location.part, self._path(location.path)),
            left=left,
            right=right,
            cause=Cause(difference.cause.code, self.text(difference.cause.detail)),
            where=self.text(difference.where),
            pattern=None if difference.pattern is None else self._path(difference.pattern),
            counterpart=None if difference.counterpart is None else self._path(difference.counterpart),
        )

    def message(self, message: Message, context: Context = _PLAIN, status: int = 200) -> RedactedMessage:
        """Fields and body. A binary body is left out: `size` and `digest` describe it.

        `context` and `status` as the comparison has them: a declared place is found in what it reads.
        """
        media = next(
            (v.decode("latin-1") for name, v in message.fields if name.lower() == b"content-type"), ""
        )
        body, form, plain = self._body(message, context, status)
        return RedactedMessage(
            fields=self.fields(message.fields),
            body=body,
            form=form,
            media=self.text(media),
            size=message.size,
            digest=self._hash(b"body=" + plain) if plain is not None else "",
            trailers=self.fields(message.trailers),
        )

    def request(self, request: Request) -> RedactedRequest:
        """A request."""
        return RedactedRequest(
            method=self.text(request.method),
            target=self.target(request.target),
            authority=self.text(request.authority.rpartition("@")[2]),
            message=self.message(request.message),
        )

    def answer(self, answer: Response | Failure, context: Context = _PLAIN) -> RedactedAnswer:
        """An answer, or why there is none. `context`: what it is compared in."""
        if isinstance(answer, Failure):
            return RedactedAnswer(0, None, answer.elapsed_ns, answer.reason, self.text(answer.detail))
        return RedactedAnswer(
            answer.status, self.message(answer.message, context, answer.status), answer.elapsed_ns
        )

    def _hash(self, value: bytes) -> str:
        return hmac.new(self._key, value, hashlib.sha256).hexdigest()

    def _replacement(self, kind: str, value: str) -> str:
        return self.token(value, kind)

    def _path(self, path: Path) -> Path:
        return tuple(self.text(step) if isinstance(step, str) else step for step in path)

    def _field(self, name: str, value: str) -> str:
        if name.lower() in FIELDS:
            return self.token(value, "credential")
        if name.lower() in self._declared.headers:
            return self.token(value, "field")
        plain = self.text(value)
        return self.target(plain) if "%" in plain else plain

    def _field_node(self, name: str, value: Node) -> Node:
        return self._field(name, value) if isinstance(value, str) else self._node(value, (), secret=False)

    def _node(self, node: Node, live: Live, *, secret: bool) -> Node:
        # Iterating would not help: documents this deep were refused by the decoder.
        if isinstance(node, dict):
            members: dict[str, Node] = {}
            for name, child in node.items():
                hidden = secret or names_secret(name)
                members[self._key_of(name, members)] = self._node(child, onward(live, name), secret=hidden)
            return members
        if isinstance(node, list):
            return [self._node(child, onward(live, index), secret=secret) for index, child in enumerate(node)]
        if isinstance(node, Opaque):
            return Opaque(self.text(node.media), node.size, self._hash(node.sha256.encode()))
        if node is None or isinstance(node, bool):
            return node
        if secret or reached(live):
            return self.token(
                node if isinstance(node, str) else _by_value(node), "secret" if secret else "field"
            )
        return self.text(node) if isinstance(node, str) else self._number(node)

    def _key_of(self, name: str, taken: dict[str, Node]) -> str:
        """A member's name, redacted; two that look the same afterwards both stay."""
        shown = self.text(name)
        while shown in taken:
            shown += "'"
        return shown

    def _number(self, number: int | Decimal) -> Node:
        if isinstance(number, Decimal):
            if (
                not number.is_finite()
                or not 12 <= number.adjusted() <= 18
                or number != number.to_integral_value()
            ):
                return number
            whole = abs(int(number))
        else:
            if number.bit_length() > 63:
                return self._number(Decimal(number))  # an int that no JSON encoder takes
            whole = abs(number)
        if not 10**12 <= whole < 10**19 or not is_card(str(whole)):
            return number
        return self.token(str(whole), "card")

    def _body(
        self, message: Message, context: Context, status: int
    ) -> tuple[str | None, BodyForm, bytes | None]:
        """The redacted body, its form, and the bytes its digest is taken of."""
        if message.body is None:
            return None, "absent", None
        from strangler.comparison.decode import decode

        try:
            decoded = decode(Answer(status, message.fields, message.body), context)
        except DecodeError:
            return self._unreadable(message.body)
        if isinstance(decoded.root, Opaque):
            return ("", "text", b"") if not message.body else (None, "absent", message.body)
        if isinstance(decoded.root, str) and not _is_json(decoded.media):
            return self._plain(decoded.root, message.body)
        tree = self._node(decoded.root, self._declared.start, secret=False)
        return (
            _ENCODER.encode(tree).decode(),
            "tree",
            message.body,
        )

    def _unreadable(self, body: bytes) -> tuple[str | None, BodyForm, bytes | None]:
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return None, "absent", body
        return self._plain(text, body)

    def _plain(self, text: str, body: bytes) -> tuple[str | None, BodyForm, bytes | None]:
        """Text without a tree: left out when something hides behind escapes, or places were declared in it."""
        hides = any(self.text(variant) != variant for variant in _unescaped(text) if variant != text)
        if hides or self._declared.start:
            return None, "absent", body
        return self.text(text), "text", body


def _unescaped(text: str) -> tuple[str, ...]:
    """The text as a reader of JSON, of HTML or XML, or of a form would see it."""
    return (
        _JSON_ESCAPE.sub(lambda m: chr(int(m[1], 16)), text),
        html.unescape(text),
        unquote_plus(text),
    )


def _is_json(media: str) -> bool:
    return media.endswith(("/json", "+json"))


def _by_value(number: int | Decimal) -> str:
    """The same for numbers that are equal: 10, 10.0, 1E+1. Never written out in full: 1E+999999999 is one
    too.
    """
    sign, digits, exponent = Decimal(number).as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    bare = text.rstrip("0")
    shift = int(exponent) + len(text) - len(bare) if bare and isinstance(exponent, int) else 0
    return f"{'-' if sign and bare else ''}{bare or 0}e{shift}"


def _opaque(value: object) -> object:
    if isinstance(value, Opaque):
        return {"media": value.media, "size": value.size, "digest": value.sha256}
    raise NotImplementedError


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_opaque, decimal_format="number")
