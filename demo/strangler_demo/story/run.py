"""Set the stage, play the ten stages, write the account, leave everything behind to look at."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

from rich.console import Console

from strangler_demo.config import demo_config
from strangler_demo.story.account import Account
from strangler_demo.story.clients import Clients
from strangler_demo.story.commands import Commands
from strangler_demo.story.easing import ease
from strangler_demo.story.options import Options
from strangler_demo.story.performance import make_room, performed
from strangler_demo.story.play import Play
from strangler_demo.story.proxy import serving
from strangler_demo.story.screen import Screen, open_screen
from strangler_demo.story.stages import STORY
from strangler_demo.systems import Systems, systems

POLICY = {
    "tolerated rate": "1 %",
    "alpha": "5 %",
    "failed share": "0.2 %",
    "strata": "one, no labels",
}


def run(options: Options, console: Console) -> int:
    """Run the demo. Returns the exit code: 0 when everything it promises was seen, else 1."""
    account = Account(options.seed, list(options.defects), POLICY)
    make_room(options.folder)
    console.print(
        f"Policy: at most {POLICY['tolerated rate']} of answers may differ, at a risk of {POLICY['alpha']};"
        f" {POLICY['failed share']} may fail; {POLICY['strata']}. Seed {options.seed}.",
        highlight=False,
        soft_wrap=True,
    )
    performed(_perform(options, account, console), account, options.json_file)
    _farewell(options, account, console)
    return 0 if account.ok else 1


async def _perform(options: Options, account: Account, console: Console) -> None:
    with ExitStack() as outer:
        with console.status("Two billing services, their databases and a month of records are set up …"):
            running = outer.enter_context(
                systems(options.folder / "systems", options.seed, version="2.0.0", defects=options.defects)
            )
            config = _configured(options.folder, running)
        async with AsyncExitStack() as stack:
            with console.status("`strangler serve` starts in front of them …"):
                proxy = await stack.enter_async_context(serving(config))
            commands = Commands(config)
            clients = Clients(proxy.url, running.traffic.endless(writes_percent=4), rate=options.rate)
            with open_screen(console, Play.titles) as screen:
                async with clients:
                    easing = asyncio.create_task(ease(clients.pace, proxy.control))
                    try:
                        await _play(options, account, running, clients, commands, screen)
                    finally:
                        easing.cancel()
            account.commands = [ran.command for ran in commands.ran]
            if options.keep_serving:
                await _keep(console, proxy.url, config)


async def _play(
    options: Options,
    account: Account,
    running: Systems,
    clients: Clients,
    commands: Commands,
    screen: Screen,
) -> None:
    play = Play(clients, commands, screen, account, options, running)
    try:
        for stage in STORY:
            await stage(play)
    finally:
        account.duration_ms = play.now_ms()


async def _keep(console: Console, url: str, config: Path) -> None:
    console.print(
        f"Still serving on {url}; look around with `strangler --config {config} status`. Ctrl-C ends it."
    )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    await stopped.wait()


def _configured(folder: Path, running: Systems) -> Path:
    path = folder / "strangler.yaml"
    path.write_text(
        demo_config(legacy=running.legacy.url, candidate=running.candidate.url, lag=running.lag_url),
        encoding="utf-8",
    )
    return path


def _farewell(options: Options, account: Account, console: Console) -> None:
    config = options.folder / "strangler.yaml"
    found = sum(each.found for each in account.defects)
    console.print()
    console.print(
        f"{found} of {len(account.defects)} defects found, gate " + _codes(account) + _rollback(account)
    )
    console.print(
        f"{account.requests.get('sent', 0):,} requests, {account.requests.get('errors', 0)} failed for a client; "
        f"{account.duration_ms // 1000} s"
    )
    for short in account.shortfalls:
        console.print(f"NOT AS PROMISED: {short}", markup=False, highlight=False, soft_wrap=True)
    console.print("Look around (the ledger stays):")
    for command in ("status", "divergences list", "gate reads", "cutover status reads"):
        console.print(
            f"  strangler --config {config} {command}", markup=False, highlight=False, soft_wrap=True
        )


def _codes(account: Account) -> str:
    codes = [each.exit_code for each in account.gate]
    return " → ".join(str(code) for code in dict.fromkeys(codes))


def _rollback(account: Account) -> str:
    if account.rollback is None:
        return ""
    return (
        f", rolled back within {account.rollback.first_wrong_to_last_canary_ms} ms of the first wrong answer"
    )
