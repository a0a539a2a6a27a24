"""What every story of the demo has: stages that begin and end, an account that it settles, a folder of its own."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import msgspec

from strangler.errors import StranglerError
from strangler_demo.story.account import StageAccount
from strangler_demo.story.clients import Clients
from strangler_demo.story.commands import Commands
from strangler_demo.story.screen import Screen


class Told(Protocol):
    """The account of a story. `shortfalls`: what it should have shown and did not."""

    stages: list[StageAccount]
    ok: bool
    shortfalls: list[str]

    def expectations(self) -> list[str]:
        """What the run should have shown and did not; empty when it is what it claims to be."""
        ...


@dataclass(slots=True)
class Performance[A: Told]:
    """A run of a story. `titles`: of its stages."""

    titles: ClassVar[Sequence[str]]
    clients: Clients
    strangler: Commands
    screen: Screen
    account: A
    began_ns: int = field(default_factory=time.monotonic_ns, kw_only=True)

    def now_ms(self) -> int:
        """Milliseconds since the run began."""
        return (time.monotonic_ns() - self.began_ns) // 1_000_000

    def stage(self, number: int) -> StageAccount:
        """Begin a stage (and end the one before)."""
        if self.account.stages:
            self.account.stages[-1].ended_ms = self.now_ms()
        stage = StageAccount(number, self.titles[number - 1], began_ms=self.now_ms(), facts={})
        self.account.stages.append(stage)
        self.screen.stage(number)
        return stage


def where(cutover: dict[str, Any]) -> str:
    """Where a cutover stands, as `strangler cutover … --json` says it: its phase, and in canary its weight."""
    return f"canary {cutover['weight']}" if cutover["phase"] == "canary" else str(cutover["phase"])


def performed(story: Coroutine[Any, Any, None], account: Told, json_file: Path | None) -> None:
    """Run it to its end, or to where it breaks off; settle its account, and write it where that is wished."""
    try:
        asyncio.run(story)
    except StranglerError as error:
        account.shortfalls = [*account.expectations(), str(error)]
    else:
        account.shortfalls = account.expectations()
    account.ok = not account.shortfalls
    if json_file is not None:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(account), indent=2) + b"\n")


def make_room(folder: Path) -> None:
    """An empty folder for a run; only one that an earlier demo made is emptied."""
    mark = folder / ".strangler-demo"
    if folder.exists() and any(folder.iterdir()):
        if not mark.exists():
            raise StranglerError(
                "the folder is not empty, and no earlier demo made it",
                where=str(folder),
                remedy="name another folder",
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text("made by `strangler demo`; emptied by the next one\n", encoding="utf-8")
