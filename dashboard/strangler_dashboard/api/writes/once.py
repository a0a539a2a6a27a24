"""A write is done once for its key, whoever sends it again, however often."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from strangler.canonical import canonical
from strangler.errors import StranglerError
from strangler.ledger import answered
from strangler.ledger.answered import Answered
from strangler_dashboard.api.errors import Unfit

if TYPE_CHECKING:
    from starlette.requests import Request

    from strangler.ledger.store import Ledger
    from strangler_dashboard.access import Visitor

HEADER: Final = "idempotency-key"
PATTERN: Final = r'^"?[!#-\[\]-~]{1,200}"?$'
"""Visible ASCII. The draft has it as a text in quotes; most clients leave them out."""


def key_of(request: Request) -> str:
    """The key of a write. Raises Unfit (400): without one, a write that is repeated after a while might undo what
    somebody did in between.
    """
    said = request.headers.getlist(HEADER)
    if len(said) != 1 or not re.fullmatch(PATTERN, said[0]):
        raise Unfit(
            400,
            "a write has one `Idempotency-Key`" if len(said) != 1 else "the `Idempotency-Key` cannot be read",
            remedy="a text of its own for each thing that is to be done, such as a UUID; the same when it is repeated",
        )
    return said[0].strip('"')


def digest_of(path: str, content: object) -> str:
    """Of what is asked: the same for the same words, however they are spaced."""
    return hashlib.sha256(path.encode() + b"\0" + canonical(content)).hexdigest()


def caller_of(visitor: Visitor) -> str:
    """Whose key it is: two people may have the same one."""
    return f"{visitor.by} {visitor.name}"


def once(
    ledger: Ledger,
    caller: str,
    key: str,
    digest: str,
    now_ns: int,
    do: Callable[[], Answered],
) -> tuple[Answered, bool]:
    """What came of it, and whether that was answered before. Raises Unfit where the key is at work (409) or was of
    something else (422), and what `do` raises: then nothing was done, and the key is free.
    """
    with ledger.begin() as connection:
        found = answered.take(connection, caller, key, digest, now_ns)
    if isinstance(found, Answered):
        return found, True
    if found == "running":
        what = "a write with this key is being done"
        raise Unfit(409, what, remedy="ask again in a moment, with the same key", wait_s=1)
    if found == "other":
        raise Unfit(422, "this key was of something else", remedy="a new key for what is new")
    try:
        answer = do()
    except BaseException:
        with contextlib.suppress(StranglerError), ledger.begin() as connection:
            answered.release(connection, caller, key, now_ns)
        raise
    # Where this cannot be written any more the write is done all the same, and who repeats it does it again.
    with contextlib.suppress(StranglerError), ledger.begin() as connection:
        answered.keep(connection, caller, key, now_ns, answer)
    return answer, False
