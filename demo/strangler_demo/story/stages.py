"""The ten stages: what an operator does and sees, through the command line alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Any, Final

from strangler import Rules
from strangler.config import load
from strangler_demo import control
from strangler_demo.candidate.defects import title
from strangler_demo.story.account import DefectAccount, RollbackAccount
from strangler_demo.story.expected import SIGNS, found, unclaimed
from strangler_demo.story.measure import wrong_answers
from strangler_demo.story.play import CUTOVER, Play, reason_line, until
from strangler_demo.story.tables import line, show, show_found

RELAPSE: Final = "jpy"
"""The defect that comes back at 50 %: a wrong amount, which needs no statistics."""

_FIRST_STEPS: Final = ("canary", "5 %", "25 %", "50 %")


async def on_legacy(play: Play) -> None:
    """1. Everything on legacy."""
    stage = play.stage(1)
    await asyncio.sleep(3)
    await play.standing()
    tally = play.clients.tally
    stage.facts = {"requests": tally.sent, "per_second": tally.sent // 3, "clean": tally.clean}
    play.screen.say(f"{tally.sent:,} requests answered by legacy, the candidate asked nothing")


async def shadowed(play: Play) -> None:
    """2. The read routes are shadowed."""
    play.stage(2)
    await play.cutover("start")
    play.screen.say(
        "`strangler cutover start reads`: the candidate is asked the same, after the client was answered"
    )


async def divergences_appear(play: Play) -> None:
    """3. Until each defect that is on has shown itself (or, with none on, for a while)."""
    stage = play.stage(3)
    on = play.options.defects

    async def look() -> list[Mapping[str, Any]]:
        seen = await play.divergences()
        await play.standing()
        show_found(play, found(seen, on)) if on else show(play, seen)
        return seen

    if on:
        seen = await until(
            look, lambda seen: all(found(seen, on).values()), seconds=60, what="all defects", every_ms=1500
        )
    else:
        await asyncio.sleep(15)
        seen = await look()
    claimed = found(seen, on)
    play.account.defects = [
        DefectAccount(name, title(name), bool(claimed[name]), [str(each["id"]) for each in claimed[name]])
        for name in on
    ]
    play.account.unexplained_by_defects = [line(each) for each in unclaimed(seen, on)]
    stage.facts = {"divergences": len(seen)}
    play.screen.say(
        f"{len(seen)} divergences, {sum(1 for name in on if claimed[name])} of {len(on)} defects behind them"
    )


async def gate_blocks(play: Play) -> None:
    """4. What CI would see."""
    stage = play.stage(4)
    code, verdict = await play.gate()
    stage.facts = {"exit_code": code}
    play.screen.say(
        f"`strangler gate reads` leaves with {code} ({verdict['status']}), {len(verdict['reasons'])} reasons:"
    )
    for reason in verdict["reasons"][:5]:
        play.screen.say(shorten(reason_line(reason), 150, placeholder=" …"), detail=True)


async def mended(play: Play) -> None:
    """5. The proposed noise rule becomes a rule; the candidate comes back without its defects."""
    stage = play.stage(5)
    status = (await play.strangler.must("status", "--json")).json
    proposals = [each for each in status["proposals"] if each["source"] == "noise"]
    if proposals:
        ids = [each["id"] for each in proposals]
        await play.strangler.must("rules", "suggest", *ids, "--owner", "demo", "--write", "--yes")
    play.account.noise_proposed = [
        f"{each['route']}: {each['kind']} {each['location']}" for each in proposals
    ]
    await asyncio.to_thread(play.systems.candidate.redeploy, version="2.1.0")
    stage.facts = {"proposals": len(proposals)}
    play.screen.say(
        f"{len(proposals)} noise rules accepted as proposed; candidate 2.1.0 deployed: a new epoch begins"
    )


async def gate_passes(play: Play) -> None:
    """6. Evidence builds until the gate passes."""
    stage = play.stage(6)
    verdict = await _passes(play)
    seen = await play.divergences()
    play.account.none_on_none_found = not seen
    show(play, seen)
    stage.facts = {"exit_code": 0, "attempt": verdict.get("attempt")}
    play.screen.say(f"the gate passes (exit code 0) after {verdict['compared']:,} comparisons")


async def canary(play: Play) -> None:
    """7. Step by step to 50 %; nobody goes back."""
    stage = play.stage(7)
    play.clients.seen.forget()
    for _ in _FIRST_STEPS:
        where = await _advance(play)
        await asyncio.sleep(2)
        play.screen.say(f"{where}; {_moved(play)}")
    stage.facts = {"customers_moved": len(play.clients.seen.moved)}
    play.account.moved_back += play.clients.seen.moved_back.total()


async def relapse(play: Play) -> None:
    """8. A defect is switched on again at 50 %: strangler goes back by itself."""
    stage = play.stage(8)
    play.clients.seen.forget()
    await asyncio.to_thread(control.switch, play.systems.candidate.root, [RELAPSE])
    standing = await until(
        play.standing, lambda now: now["phase"] != "canary", seconds=30, what="the rollback", every_ms=1000
    )
    await asyncio.sleep(2)
    served = list(play.clients.seen.candidate)
    await asyncio.to_thread(control.switch, play.systems.candidate.root, [])
    wrong = await _wrong(play, served)
    span = (served[-1].ended_ns - wrong[0].ended_ns) // 1_000_000 if wrong else 0
    play.account.rollback = RollbackAccount(RELAPSE, len(wrong), max(0, span), standing["phase"])
    play.account.phases.append(standing["phase"])
    stage.facts = {"reason": standing.get("reason", "")}
    play.screen.say(
        f"back on legacy by itself: {span} ms from the first wrong answer served to the candidate's last; "
        f"{len(wrong)} wrong in between"
    )
    show(play, await play.divergences())


async def to_the_end(play: Play) -> None:
    """9. Mended, and all the way to 100 %."""
    stage = play.stage(9)
    await asyncio.to_thread(play.systems.candidate.redeploy, version="2.2.0")
    await _passes(play)
    play.clients.seen.forget()
    where = ""
    for _ in (*_FIRST_STEPS, "100 %"):
        where = await _advance(play)
        await asyncio.sleep(1)
    play.account.moved_back += play.clients.seen.moved_back.total()
    stage.facts = {"where": where}
    play.screen.say(
        f"{where}: every read is the candidate's, legacy is asked the same; writes are still legacy's"
    )


async def summary(play: Play) -> None:
    """10. The account, and where to look."""
    play.stage(10)
    status = (await play.strangler.must("status", "--json")).json
    tally = play.clients.tally
    play.account.requests = {
        "sent": tally.sent,
        "errors": tally.errors.total(),
        "unexpected": tally.unexpected.total(),
        "by_candidate": tally.by_candidate.total(),
        "p50_us": tally.quantile_ns(50) // 1000,
        "p99_us": tally.quantile_ns(99) // 1000,
    }
    play.account.accounting = status["accounting"]
    play.account.stages[-1].ended_ms = play.now_ms()


async def _passes(play: Play) -> dict[str, Any]:
    _, verdict = await until(
        play.gate, lambda asked: asked[0] == 0, seconds=240, what="a passing gate", every_ms=2000
    )
    return verdict


async def _advance(play: Play) -> str:
    """One step on, once the way back is proven: legacy was asked after the candidate since the step before."""
    await _passes(play)
    return await play.cutover("advance")


def _moved(play: Play) -> str:
    seen = play.clients.seen
    return f"customers moved so far: {len(seen.moved)}, moved back: {len(seen.moved_back)}"


async def _wrong(play: Play, served: Sequence[Any]) -> list[Any]:
    loaded = load(play.strangler.config)
    rules = Rules.of(
        [rule for entry in loaded.config.routes.values() for rule in entry.rules] + list(loaded.config.rules)
    )
    return await wrong_answers(play.systems.legacy.url, served, rules, SIGNS[RELAPSE].causes)


STORY: Final = (
    on_legacy,
    shadowed,
    divergences_appear,
    gate_blocks,
    mended,
    gate_passes,
    canary,
    relapse,
    to_the_end,
    summary,
)

__all__ = ["CUTOVER", "STORY"]
