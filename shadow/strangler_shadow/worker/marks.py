"""The mark of a judged exchange: the same for the same question with the same outcome, so that it counts once.

The question is the method, the target (the order of its parameters aside), the body and the customer; of the header
fields none, since ids of requests and of traces stand there: one that matters shows in the answer. A JSON-RPC request
is the same whatever its `id`. An equal outcome is the same where legacy's answer says the same; a mismatch is the
same where it has the same fingerprints.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b, sha256
from typing import Final

import msgspec

from strangler.comparison.model import Outcome
from strangler.comparison.said import loose, said
from strangler.exchange import Exchange, Request, Response
from strangler_shadow.worker.case import Case
from strangler_shadow.worker.verdict import answer_of

_RPC: Final = b'"jsonrpc"'
_NUMBERED: Final = frozenset({"id"})


def answered(case: Case) -> bytes:
    """What both sides answered, as far as it is compared; they are equal. May take long.

    Bytes that are the same on both sides hold nothing that is another thing each time, unless a rule expects it.
    """
    legacy, candidate = case.answer("legacy"), case.answer("candidate")
    if not isinstance(legacy, Response) or not isinstance(candidate, Response):
        return b""
    apart = _NUMBERED if _is_rpc(case.exchange.request) else frozenset[str]()
    rules, message = case.yardstick.rules, legacy.message
    if message.body == candidate.message.body and not apart and not loose(rules) and not _packed(legacy):
        return b"%d %s" % (legacy.status, message.sha256 or sha256(message.body or b"").digest())
    return b"%d %s" % (legacy.status, said(answer_of(legacy), rules, case.yardstick.context, apart))


def mark(exchange: Exchange, outcome: Outcome, answer: bytes, fingerprints: Iterable[str]) -> bytes:
    """Eight bytes; empty for what counts neither as equal nor as a mismatch. `answer`: of `answered`."""
    if outcome.verdict == "equal":
        came = b"=" + answer
    elif fingerprints := sorted(fingerprints):
        came = b"/" + " ".join(fingerprints).encode()
    else:
        return b""
    return blake2b(b"\0".join((*_question(exchange), came)), digest_size=8).digest()


def _question(exchange: Exchange) -> tuple[bytes, ...]:
    request = exchange.request
    path, _, query = request.target.partition("?")
    if "&" in query:
        query = "&".join(sorted(query.split("&")))
    words = (exchange.route, request.method, path, query)
    return (
        *(word.encode("utf-8", "surrogateescape") for word in words),
        _body(request),
        exchange.identity_hash,
    )


def _body(request: Request) -> bytes:
    body = request.message.body
    if not body:
        return b""
    if not _is_rpc(request):
        return request.message.sha256 or sha256(body).digest()
    try:
        call = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return sha256(body).digest()
    for one in call if isinstance(call, list) else (call,):
        if isinstance(one, dict):
            one.pop("id", None)
    return sha256(msgspec.json.encode(call, order="sorted")).digest()


def _is_rpc(request: Request) -> bool:
    return _RPC in (request.message.body or b"")


def _packed(answer: Response) -> bool:
    """Whether a content coding is on it: what packs may write down when it did."""
    return any(name.lower() == b"content-encoding" for name, _ in answer.message.fields)
