"""Reads `strangler.evidence.Evidence` from the ledger: counters only, so its cost does not grow with
traffic.
"""

from __future__ import annotations

from sqlalchemy import Connection

from strangler.config.load import Loaded
from strangler.evidence import Evidence


def read_evidence(connection: Connection, loaded: Loaded, cutover: str, now_ns: int) -> Evidence:
    """The evidence of a cutover's current epoch. Raises UsageError for a cutover the file does not have.

    Before `judge`, call `epochs.ask` on `evidence.epoch` in a write transaction (see `ask_evidence`).
    """
    raise NotImplementedError


def ask_evidence(connection: Connection, loaded: Loaded, cutover: str, now_ns: int) -> Evidence:
    """As `read_evidence`, noting that a verdict is asked for (the epoch gets its attempt). Needs a write
    transaction.

    `gate` and `advance` use this one; `status` and the automatic rollback use `read_evidence`.
    """
    raise NotImplementedError
