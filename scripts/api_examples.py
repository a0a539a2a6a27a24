"""Writes the examples of the API's document, and the document itself: what the API answers over the sample ledger.

    .venv/bin/python scripts/api_examples.py

Tests hold both: they are to be written anew when the shape of an answer changes.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
from starlette.requests import Request

from strangler.access import ROLES
from strangler.testing.sample_ledger import NOW, sample
from strangler_dashboard.access import Visitor
from strangler_dashboard.api.served import BASE
from strangler_dashboard.api.table import READS
from strangler_dashboard.app import app
from strangler_dashboard.room import Clocks, Room
from strangler_dashboard.source import Source

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "dashboard" / "strangler_dashboard" / "api" / "examples.json"
DOCUMENT = ROOT / "docs" / "openapi.json"
MOST = 2
"""Of a list no more than so many: an example is to be read."""
CUTOVERS = {"listApprovals": "payments"}
"""Which cutover shows most; else `reads`."""
ACTED: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("start", "statements", {}),
    ("approve", "payments", {}),
    ("advance", "payments", {}),
    ("rollback", "payments", {}),
    ("hold", "reads", {"lasts": "4h"}),
    ("resume", "reads", {}),
    ("pause", "reads", {}),
)
"""One after the other, on which cutover."""


def examples() -> dict[str, Any]:
    """By operation; `names` has those that stand in addresses."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        sample(folder)
        text = asyncio.run(_asked(folder))
        told: dict[str, Any] = json.loads(text.replace(f"{folder}/", ""))
        return told


async def _asked(folder: Path) -> str:
    room = Room(Source(folder / "strangler.yaml"), Clocks(lambda: NOW, lambda: 0.0))
    transport = httpx.ASGITransport(app(room, access=_jonas))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8602") as client:
        listed = (await client.get(f"{BASE}/divergences")).json()["divergences"]
        names = {"cutover": "reads", "route": "invoice", "id": listed[0]["id"]}
        told: dict[str, Any] = {"names": names}
        for entry in READS:
            if "{migration}" in entry.path:
                continue  # the sample has no database that is migrated
            here = {**names, "cutover": CUTOVERS.get(entry.name, "reads")}
            answer = await client.get(BASE + entry.path.format(**here))
            answer.raise_for_status()
            told[entry.name] = _short(answer.json())
        told |= {f"{act}Cutover": await _acted(client, act, name, more) for act, name, more in ACTED}
    room.close()
    told["getSystem"]["revision"] = "0001"  # else every revision of the ledger would be one of the document
    return json.dumps(told)


async def _acted(client: httpx.AsyncClient, act: str, cutover: str, more: dict[str, str]) -> Any:
    said = {"reason": "CHG-3", **more}
    key = {"idempotency-key": f"{act}-{cutover}"}
    answer = await client.post(f"{BASE}/cutovers/{cutover}/{act}", json=said, headers=key)
    answer.raise_for_status()
    return {"request": said, "answer": answer.json()}


async def _jonas(_request: Request) -> Visitor:
    return Visitor("jonas", frozenset(ROLES), "token", "token 1f2e3d4c5b6a")


def _short(value: Any) -> Any:
    if isinstance(value, list):
        return [_short(each) for each in value[:MOST]]
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    return value


def main() -> int:
    EXAMPLES.write_text(json.dumps(examples(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    from strangler_dashboard.api.document import document

    DOCUMENT.write_bytes(document())
    print(f"{EXAMPLES.relative_to(ROOT)} and {DOCUMENT.relative_to(ROOT)} are written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
