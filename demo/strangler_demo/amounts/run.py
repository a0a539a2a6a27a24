"""Set the stage, play the chapter, write the account."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Final

from rich.console import Console

from strangler_demo.amounts.account import Account
from strangler_demo.amounts.calls import Booked, Calls
from strangler_demo.amounts.config import MIGRATION, MIGRATION_TEXT, chapter_config
from strangler_demo.amounts.play import Play
from strangler_demo.amounts.services import Services, services
from strangler_demo.amounts.stages import STORY
from strangler_demo.story.clients import Clients
from strangler_demo.story.commands import Commands
from strangler_demo.story.easing import ease
from strangler_demo.story.options import Options
from strangler_demo.story.performance import make_room, performed
from strangler_demo.story.proxy import serving
from strangler_demo.story.screen import open_screen

INVOICES: Final = 20_000


def run(options: Options, console: Console) -> int:
    """Run the chapter. Returns the exit code: 0 when everything it promises was seen, else 1."""
    account = Account(options.seed, INVOICES)
    make_room(options.folder)
    performed(_perform(options, account, console), account, options.json_file)
    _farewell(account, console)
    return 0 if account.ok else 1


async def _perform(options: Options, account: Account, console: Console) -> None:
    with ExitStack() as outer:
        with console.status("A PostgreSQL and legacy on it are set up …"):
            running = outer.enter_context(services(options.folder, options.seed, INVOICES))
            config = _configured(options.folder, running)
        async with AsyncExitStack() as stack:
            with console.status("`strangler serve` starts in front of it …"):
                proxy = await stack.enter_async_context(serving(config))
            commands, booked = Commands(config), Booked()
            calls = Calls(options.seed, INVOICES).endless()
            clients = Clients(proxy.url, calls, rate=options.rate, also=booked.note)
            with open_screen(console, Play.titles) as screen:
                async with clients:
                    easing = asyncio.create_task(ease(clients.pace, proxy.control))
                    play = Play(clients, commands, screen, account, running, booked)
                    try:
                        for stage in STORY:
                            await stage(play)
                    finally:
                        easing.cancel()
                        account.duration_ms = play.now_ms()
                        account.commands = [ran.command for ran in commands.ran]


def _configured(folder: Path, running: Services) -> Path:
    (folder / f"{MIGRATION}.yaml").write_text(MIGRATION_TEXT, encoding="utf-8")
    path = folder / "strangler.yaml"
    text = chapter_config(
        legacy=running.legacy_url, candidate=running.candidate_url, database=running.database
    )
    path.write_text(text, encoding="utf-8")
    return path


def _farewell(account: Account, console: Console) -> None:
    codes = " → ".join(str(code) for code in dict.fromkeys(code for code, _ in account.completes))
    console.print()
    console.print(
        f"{account.requests.get('sent', 0):,} requests, {account.requests.get('errors', 0)} failed for a client; "
        f"the contract left with {codes}; {account.cents_kept:,} cents are there, {account.cents_booked:,} booked; "
        f"{account.duration_ms // 1000} s",
        highlight=False,
        soft_wrap=True,
    )
    for short in account.shortfalls:
        console.print(f"NOT AS PROMISED: {short}", markup=False, highlight=False, soft_wrap=True)
