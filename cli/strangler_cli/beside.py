"""What runs beside `serve` in its own process: the look at who uses the old form of what is being migrated."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from strangler.config import Loaded

_LAST_S: Final = 5.0


@contextmanager
def readers_followed(loaded: Loaded) -> Generator[None]:
    """Look every ten seconds, in a thread, where `migrations.database` names a database; nothing without."""
    url = _database(loaded)
    if url is None:
        yield
        return
    from strangler_migrations.readers.watch import follow

    over = threading.Event()
    thread = threading.Thread(target=follow, args=(url, over.wait), name="readers", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(_LAST_S)


def _database(loaded: Loaded) -> str | None:
    from strangler.config.environment import expand
    from strangler.errors import UsageError

    try:
        return expand(loaded.config.migrations.database or "") or None
    except UsageError as error:
        # Traffic does not wait for what is looked at beside it.
        click.echo(f"who uses the old form of a migration is not looked at: {error.what}", err=True)
        return None
