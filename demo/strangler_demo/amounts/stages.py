"""The chapter's stages: what an operator does and sees, through the command line alone."""

from __future__ import annotations

import asyncio
from textwrap import shorten
from typing import Final

from strangler_demo.amounts.config import CUTOVER, MIGRATION
from strangler_demo.amounts.database import total
from strangler_demo.amounts.play import Play
from strangler_demo.story.commands import Ran
from strangler_demo.story.play import until

_STEPS: Final = ("canary", "50 %", "100 %", "candidate", "retired")
_WIDTH: Final = 150


async def on_legacy(play: Play) -> None:
    """1. Legacy alone, on its float amounts."""
    play.stage(1)
    await asyncio.sleep(3)
    play.screen.say(
        f"{play.clients.tally.sent:,} requests answered by legacy; {play.account.invoices:,} invoices, "
        "each with its amount as a double"
    )


async def planned(play: Play) -> None:
    """2. What would happen, before anything does."""
    stage = play.stage(2)
    ran = await play.strangler.must("migrate", "plan", _file(play), "--json")
    statements = [each for phase in ran.json["plans"][0]["phases"] for each in phase["statements"]]
    longest = sum(1 for each in statements if each["rewrites"] or each["scans"])
    stage.facts = {"statements": len(statements)}
    play.screen.say(
        f"`strangler migrate plan`: {len(statements)} statements; {longest} look at a whole table, none of them "
        "under a lock that keeps a client out"
    )


async def expanded(play: Play) -> None:
    """3. Both forms, under traffic."""
    stage = play.stage(3)
    before, began = play.clients.tally.sent, play.now_ms()
    await play.strangler.must("migrate", "start", _file(play), "--actor", "demo")
    took, sent = play.now_ms() - began, play.clients.tally.sent - before
    stage.facts = {"took_ms": took, "requests": sent, "failed": play.failed()}
    play.screen.say(
        f"`strangler migrate start`: every invoice has both forms after {took / 1000:.1f} s; "
        f"{sent:,} requests meanwhile, {play.failed()} failed"
    )


async def shadowed(play: Play) -> None:
    """4. The candidate reads whole cents where legacy reads a float: the answers have to be the same."""
    stage = play.stage(4)
    await asyncio.to_thread(play.services.deploy_candidate)
    await play.cutover("start")
    verdict = await _passes(play)
    stage.facts = {"compared": verdict["compared"], "different": verdict["different"]}
    play.screen.say(
        f"the candidate answers from `public_{MIGRATION}`: {verdict['compared']:,} compared, "
        f"{verdict['different']} different; the gate passes"
    )


async def refused(play: Play) -> None:
    """5. Legacy still answers: its form must stay."""
    stage = play.stage(5)
    ran = await _complete(play)
    stage.facts = {"exit_code": ran.exit_code}
    play.screen.say(f"`strangler migrate complete` leaves with {ran.exit_code}:")
    _say(play, ran)


async def cut_over(play: Play) -> None:
    """6. To the end: from `candidate` on the candidate writes, and legacy reads what it wrote as a float."""
    play.stage(6)
    where = ""
    for _ in _STEPS:
        await _passes(play)
        where = await play.cutover("advance")
        await asyncio.sleep(2)
    await asyncio.to_thread(play.services.legacy.stop)
    play.screen.say(f"{where}: legacy is asked nothing any more, and is switched off")


async def contracted(play: Play) -> None:
    """7. Nobody needs the float."""
    stage = play.stage(7)
    before = play.clients.tally.sent
    await _acknowledged(play)
    ran = await _complete(play)
    _say(play, ran)
    if ran.exit_code:
        ran = await until(
            lambda: _complete(play),
            lambda ran: ran.exit_code == 0,
            seconds=200,
            what="the contract",
            every_ms=5000,
        )
    await asyncio.sleep(3)
    sent = play.clients.tally.sent - before
    stage.facts = {"exit_code": ran.exit_code, "requests": sent, "failed": play.failed()}
    play.screen.say(
        f"`strangler migrate complete`: `amount` is a bigint in the table itself; {sent:,} requests meanwhile, "
        f"{play.failed()} failed"
    )


async def summary(play: Play) -> None:
    """8. The account."""
    play.stage(8)
    tally, booked = play.clients.tally, play.booked
    play.account.requests = {
        "sent": tally.sent,
        "errors": tally.errors.total(),
        "unexpected": tally.unexpected.total(),
        "p50_us": tally.quantile_ns(50) // 1000,
        "p99_us": tally.quantile_ns(99) // 1000,
    }
    play.account.by_candidate = tally.by_candidate.total()
    play.account.by_legacy = tally.answered.total() - tally.by_candidate.total()
    play.account.booked, play.account.credited = booked.booked, booked.credited
    await play.clients.stop()
    play.account.cents_booked = play.services.cents + booked.cents
    play.account.cents_kept = await asyncio.to_thread(total, play.services.database, "amount")
    play.account.stages[-1].ended_ms = play.now_ms()


def _file(play: Play) -> str:
    return str(play.strangler.config.parent / f"{MIGRATION}.yaml")


async def _passes(play: Play) -> dict[str, object]:
    _, verdict = await until(
        play.gate, lambda asked: asked[0] == 0, seconds=240, what="a passing gate", every_ms=1000
    )
    return verdict


async def _complete(play: Play) -> Ran:
    ran = await play.strangler.run("migrate", "complete", "--actor", "demo")
    play.account.completes.append((ran.exit_code, (ran.output + ran.errors).strip()))
    return ran


def _say(play: Play, ran: Ran) -> None:
    """What is in the way, a line each."""
    for line in (ran.output + ran.errors).splitlines():
        if line.startswith(("blocked: ", "insufficient: ", "frozen: ")):
            play.screen.say(shorten(line, _WIDTH, placeholder=" …"), detail=True)


async def _acknowledged(play: Play) -> None:
    """What no view can mark is known by who runs it: legacy was the only one on the tables themselves."""
    seen = (await play.strangler.must("migrate", "readers", "--json")).json
    for each in seen["unknown"]:
        told = (
            "--reason",
            "legacy was the only client of the tables, and is switched off",
            "--actor",
            "demo",
        )
        await play.strangler.must("migrate", "readers", "acknowledge", each["name"], *told)


STORY: Final = (on_legacy, planned, expanded, shadowed, refused, cut_over, contracted, summary)

__all__ = ["CUTOVER", "STORY"]
