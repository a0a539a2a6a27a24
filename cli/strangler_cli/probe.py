"""One question to a system, with a deadline: does it answer, and which version does it say it is?"""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from strangler.errors import Unreachable

if TYPE_CHECKING:
    from strangler.config.systems import Candidate, System

PATIENCE_S: Final = 2.0
_MOST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer: status, fields by lower-case name, the body's first MiB."""

    status: int
    fields: Mapping[str, str]
    body: bytes


def ask(
    url: str, fields: Mapping[str, str], *, ca: Path | None = None, patience: float = PATIENCE_S
) -> Heard:
    """GET it once; redirects are not followed. Raises Unreachable, in words, after `patience` seconds at most."""
    return _within(patience, url, lambda: _get(url, fields, ca, patience))


def base(system: System) -> str:
    """What to ask a system without knowing its paths: its base URL."""
    return system.url if urlsplit(system.url).path else system.url + "/"


def version_of(
    candidate: Candidate, fields: Mapping[str, str], ca: Path | None, greeting: Heard
) -> str | None:
    """The candidate's version as the file says to read it; None when the answer does not say.

    `greeting`: its answer at the base URL. Raises Unreachable when a version endpoint does not answer.
    """
    source = candidate.version
    if source is None:
        return None
    if source.value is not None:
        return source.value
    if source.header is not None:
        return greeting.fields.get(source.header.lower())
    heard = ask(candidate.url + str(source.endpoint), fields, ca=ca)
    return found_at(heard.body, source.path)


def found_at(body: bytes, path: str) -> str | None:
    """The one value at a JSONPath of a JSON body, as text; None when it is no JSON or not there."""
    import msgspec
    from jsonpath import JSONPathError, findall

    try:
        document = msgspec.json.Decoder(float_hook=Decimal).decode(body)
        values = findall(path, document)
    except (msgspec.DecodeError, UnicodeDecodeError, JSONPathError, RecursionError):
        return None
    return str(values[0]) if len(values) == 1 and isinstance(values[0], str | int | Decimal) else None


def _get(url: str, fields: Mapping[str, str], ca: Path | None, patience: float) -> Heard:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=str(ca) if ca else None)
        connection = http.client.HTTPSConnection(host, port, timeout=patience, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=patience)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(
            "GET", target, headers={"Accept": "*/*", "User-Agent": "strangler-check", **fields}
        )
        answer = connection.getresponse()
        body = answer.read(_MOST)
        return Heard(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)
    finally:
        connection.close()


def _within(patience: float, url: str, action: Callable[[], Heard]) -> Heard:
    """A server that drips its answer byte by byte passes every socket timeout; the thread is left behind instead."""
    done: list[Heard | Exception] = []

    def run() -> None:
        try:
            done.append(action())
        except (OSError, http.client.HTTPException, ValueError) as error:
            done.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(patience + 0.5)
    result = done[0] if done else TimeoutError()
    if isinstance(result, Heard):
        return result
    raise Unreachable(_words(result, patience), where=url)


def _words(error: Exception, patience: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {patience:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "refused: nothing listens there"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); `ca:` names a file of certificates to trust"
    if isinstance(error, http.client.HTTPException):
        return f"what answers does not speak HTTP ({type(error).__name__})"
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"no answer: {reason}"
