"""Looks at whole examples: each is covered by an entry of the audit, written before anything is shown.

An entry says who may look again until when without a further one, so a page that is reloaded, or follows the ledger,
does not fill the chain; and no look is lost, whatever becomes of this process, because none is only remembered.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import msgspec

from strangler.ledger import audit

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.views.divergence import ExemplarView
    from strangler_dashboard.access import Visitor

COVERED_NS: Final = 300_000_000_000
KNOWN: Final = 10_000
"""So many are remembered; whoever is forgotten gets an entry more."""

type Write = Callable[[Callable[[Connection, Loaded], object]], Awaitable[object]]


class Looks:
    """`now_ns`: Unix time. `write`: does something in a write transaction."""

    def __init__(self, now_ns: Callable[[], int], write: Write) -> None:
        self._now_ns, self._write = now_ns, write
        self._since: OrderedDict[tuple[str, str, str, str], int] = OrderedDict()

    async def note(self, visitor: Visitor, divergence: str, number: int, exchange: ExemplarView) -> None:
        """Whoever asks is about to be shown this example, the `number`th. Raises what the ledger raises: then it is not
        shown.
        """
        digest = hashlib.sha256(msgspec.json.encode(exchange)).hexdigest()[:16]
        key = (visitor.name, visitor.via, divergence, digest)
        now_ns = self._now_ns()
        since = self._since.get(key)
        if since is not None and since <= now_ns < since + COVERED_NS:
            return
        after = {"example": number, "digest": digest, "until_ns": now_ns + COVERED_NS}
        await self._write(
            lambda connection, _: audit.append(
                connection,
                at_ns=now_ns,
                actor=visitor.name,
                action="exemplar.seen",
                subject=divergence,
                after=after,
                via=visitor.via,
            )
        )
        self._since[key] = now_ns
        self._since.move_to_end(key)
        while len(self._since) > KNOWN:
            self._since.popitem(last=False)
