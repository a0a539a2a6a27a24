"""`strangler replay`: a recording's safe requests, asked again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from strangler_cli.options import DECODE, TALLY_FORMAT

if TYPE_CHECKING:
    from collections.abc import Callable

    from strangler.config import Loaded
    from strangler.config.rules import Rule
    from strangler.config.systems import Worker
    from strangler.exchange import Request, Side
    from strangler_cli.pairing.tally import Tally
    from strangler_cli.replaying import Chosen
    from strangler_shadow.recordings.cycle import Cycle
    from strangler_shadow.settings import SideSettings


@click.command(
    help="Ask the candidate what a recording asked (FILE.har, or FILE.jsonl with an exchange a line), and compare with "
    "the recorded answers, or with legacy's of now (--live). Only what is safe is asked; what may write is counted.\n\n"
    "Routes and rules are those of strangler.yaml, where there is one.\n\n"
    "Exit code 0: equal; 1: different; 2: usage, nothing to compare, or something that cannot be read.",
)
@click.argument("file")
@click.option("--against", metavar="URL", required=True, help="The candidate.")
@click.option("--live", is_flag=True, help="Ask legacy too, instead of taking the recorded answers.")
@click.option("--legacy", metavar="URL", help="Legacy; default: what strangler.yaml says.")
@click.option(
    "--rate", type=click.IntRange(0), help="Questions a second; 0: no limit. Default: `worker.rate`."
)
@click.option(
    "--concurrency",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    help="Questions under way at once.",
)
@click.option("--rules", metavar="FILE", help="Without strangler.yaml: what may differ.")
@DECODE
@click.option(
    "--record",
    is_flag=True,
    help="Write what it comes to into the ledger, as evidence; only routes of a cutover are asked then.",
)
@click.option(
    "--candidate-version",
    metavar="TEXT",
    help="With --record: the candidate's version; goes before what the file says.",
)
@click.option(
    "--census",
    metavar="CYCLE",
    help="With --record: the recording is all of a cycle (2026-10, or 2026-10-15/2026-11-14, in UTC), which stands in "
    "for statistics where `policy.census` lets it.",
)
@TALLY_FORMAT
@click.pass_context
def command(
    context: click.Context,
    file: str,
    against: str,
    live: bool,
    legacy: str | None,
    rate: int | None,
    concurrency: int,
    rules: str | None,
    decode: str | None,
    record: bool,
    candidate_version: str | None,
    census: str | None,
    form: str,
) -> int:
    """Ask and compare."""
    import asyncio

    from strangler_cli.formats.tally import printed

    loaded = _loaded(context)
    for option, given in (("rules", rules), ("decode", decode)):
        if loaded is not None and given is not None:
            what = f"{loaded.file} says it for its routes; --{option} is for where there is none."
            raise click.UsageError(what)
    if record and loaded is None:
        raise click.UsageError("--record needs a strangler.yaml: its cutovers are what it is evidence of.")
    if candidate_version is not None and not record:
        raise click.UsageError("--candidate-version says what --record books the answers on.")
    if census is not None and not record:
        raise click.UsageError("--census says what --record is all of.")
    base = legacy or (loaded.config.legacy.url if loaded else "")
    if live and not base:
        raise click.UsageError("--live needs --legacy URL, or a strangler.yaml that names legacy.")
    sides: dict[Side, SideSettings] = {"candidate": _side(loaded, "candidate", against)}
    if live:
        sides["legacy"] = _side(loaded, "legacy", base)
    plan = _Plan(
        file,
        base,
        sides,
        _limits(loaded, rate, concurrency),
        _chooser(loaded, base, against, rules, decode),
        loaded if record else None,
        candidate_version,
        _cycle(file, census) if census is not None else None,
    )
    return printed(asyncio.run(_replayed(plan)), form)


@dataclass(frozen=True, slots=True)
class _Plan:
    """`record`: the configuration whose ledger it goes into; None: into none."""

    file: str
    legacy: str
    sides: dict[Side, SideSettings]
    limits: Worker
    choose: Callable[[Request], Chosen | str]
    record: Loaded | None
    version: str | None
    cycle: Cycle | None


def _cycle(file: str, text: str) -> Cycle:
    """The cycle, once the recording is found to be of it. Raises UsageError."""
    from strangler_cli.replaying import read
    from strangler_cli.session import now_ns
    from strangler_shadow.recordings.cycle import cycle, whole

    if file == "-":
        raise click.UsageError("--census reads the recording twice: give a file.")
    found = cycle(text)
    whole(read(file), found, now_ns())
    return found


async def _replayed(plan: _Plan) -> Tally:
    from contextlib import AsyncExitStack

    from strangler_cli.pairing.tally import Tally
    from strangler_cli.progress import progress
    from strangler_cli.recording import recording
    from strangler_cli.replaying import Told, of_cutovers, of_one_host, questions, read
    from strangler_cli.session import actor
    from strangler_shadow.replay import Replay, askers

    recorded, tally = read(plan.file), Tally()
    known = recorded if isinstance(recorded, list) else None
    async with AsyncExitStack() as stack:
        sides = await stack.enter_async_context(askers(plan.sides, plan.limits.timeout, 64 << 20))
        choose, ledger = plan.choose, None
        if plan.record is not None:
            entered = recording(plan.record, plan.version, sides["candidate"])
            ledger = await stack.enter_async_context(entered)
            choose = of_cutovers(choose, ledger.takes)
        step = stack.enter_context(progress("asking", len(known) if known is not None else None))
        told = Told(tally, plan.limits.breaker, step, ledger)
        host = of_one_host(known, plan.legacy) if known is not None else None
        chosen = questions(recorded, choose, plan.legacy, host, told.left_out)
        await Replay(sides, plan.limits).run(chosen, told.asked)
        if plan.cycle is not None and ledger is not None:
            ledger.conclude(plan.cycle, actor())
    tally.recorded = None if ledger is None else ledger.count
    return tally


def _loaded(context: click.Context) -> Loaded | None:
    """The configuration; None where nobody named one and there is none."""
    from click.core import ParameterSource

    from strangler_cli.session import configuration

    parent = context.parent
    named = parent is not None and parent.get_parameter_source("config") is not ParameterSource.DEFAULT
    return configuration(context.obj) if named or Path(context.obj).exists() else None


def _side(loaded: Loaded | None, side: Side, url: str) -> SideSettings:
    from msgspec.structs import replace

    from strangler_shadow.settings import SideSettings
    from strangler_shadow.sides import side_settings

    if not url.startswith(("http://", "https://")):
        raise click.UsageError(f"{url!r} is no http:// or https:// address.")
    return replace(side_settings(loaded, side), url=url) if loaded else SideSettings(url)


def _limits(loaded: Loaded | None, rate: int | None, concurrency: int) -> Worker:
    from strangler.config.systems import Worker

    worker = loaded.config.worker if loaded else Worker()
    given = {"concurrency": concurrency} if rate is None else {"concurrency": concurrency, "rate": rate}
    return worker.model_copy(update=given)


def _chooser(
    loaded: Loaded | None, legacy: str, against: str, rules: str | None, decode: str | None
) -> Callable[[Request], Chosen | str]:
    from functools import cache

    from strangler.routing.build import build_table
    from strangler_cli.files import context_of
    from strangler_cli.replaying import Bare, Known
    from strangler_shadow.worker.ground import by_rules, yardstick

    context = replace(context_of(decode), legacy_base=legacy, candidate_base=against)
    if loaded is None:
        found, lines = _rules(rules)
        return Bare(by_rules(found, lines, rules or "", context)).choose
    return Known(
        build_table(loaded.config, {}, 0, 0), cache(lambda name: yardstick(loaded, name, context))
    ).choose


def _rules(file: str | None) -> tuple[tuple[Rule, ...], list[int]]:
    from strangler.config.rulesfile import parse_rules
    from strangler_cli.files import read_text

    return parse_rules(read_text(file), Path(file)) if file else ((), [])
