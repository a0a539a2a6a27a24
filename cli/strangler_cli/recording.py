"""A replay that is also written into the ledger of strangler.yaml, as evidence of its cutovers."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from strangler_cli.session import ledger_of, now_ns

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler_shadow.replayed import Replayed
    from strangler_shadow.worker.ask import Asker


@asynccontextmanager
async def recording(loaded: Loaded, version: str | None, candidate: Asker) -> AsyncGenerator[Replayed]:
    """What takes the questions that were asked; whatever ends it, what was asked so far is written.

    `version`: the candidate's, where it was said; else as strangler.yaml says how it is told. Raises LedgerUnavailable,
    UsageError (the redaction key) and ConfigError.
    """
    from strangler_shadow.replayed import Replayed
    from strangler_shadow.supervisor.statefile import state_folder
    from strangler_shadow.worker.endpoint import ask_version
    from strangler_shadow.worker.ground import ground
    from strangler_shadow.worker.version import VersionSource

    declared = loaded.config.candidate.version
    known = VersionSource.of(declared, version)
    if declared is not None and declared.endpoint is not None and not known.fixed:
        known.known = await ask_version(candidate, declared)
    with ledger_of(loaded, create=True) as ledger:
        replayed = Replayed(ground(loaded, state_folder(loaded)), ledger, known, uuid.uuid4().hex, now_ns)
        try:
            yield replayed
        finally:
            replayed.finish()
