"""Alembic's entry: runs the revisions in the transaction of the connection that `open_ledger` hands over."""

from __future__ import annotations

from alembic import context

from strangler.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
