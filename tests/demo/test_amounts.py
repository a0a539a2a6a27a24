"""The chapter on amounts: its parts, and the whole of it with the real processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import psycopg
import pytest
from rich.console import Console

from strangler.testing.postgres import Server
from strangler_demo.amounts.app import build
from strangler_demo.amounts.calls import Booked, Calls
from strangler_demo.amounts.config import MIGRATION_TEXT
from strangler_demo.amounts.database import as_role, seed, total
from strangler_demo.amounts.forms import CANDIDATE, LEGACY, Form
from strangler_demo.amounts.run import run
from strangler_demo.load import Answered, ask
from strangler_demo.story.options import Options
from strangler_demo.traffic import Call
from strangler_migrations.migration import parse
from strangler_migrations.running import lifecycle
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session

DECODE = msgspec.json.Decoder(float_hook=Decimal).decode


def served(url: str, form: Form, work: Callable[[aiohttp.ClientSession, str], Any]) -> Any:
    """What `work` makes of the service over a database, in a form."""

    async def main() -> Any:
        from aiohttp import web

        runner = web.AppRunner(build(url, form))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        try:
            async with aiohttp.ClientSession() as session:
                return await work(session, f"http://127.0.0.1:{port}")
        finally:
            await runner.cleanup()

    return asyncio.run(main())


def answers(url: str, form: Form, calls: list[Call]) -> list[Answered]:
    async def work(session: aiohttp.ClientSession, root: str) -> list[Answered]:
        return [await ask(session, root, call) for call in calls]

    found: list[Answered] = served(url, form, work)
    return found


def test_what_was_booked_is_counted_only_once_it_was_answered() -> None:
    booked = Booked()
    post = Call("new_invoice", "POST", "/invoices", 1, b'{"customer": 1, "amount": "12.34"}', 201)
    credit = Call("credit", "POST", "/invoices/1/credit", 1, b'{"amount": "0.30"}')
    for call, status in ((post, 201), (post, 500), (credit, 200), (credit, 404)):
        booked.note(Answered(call, status, None, b"", 0, 0))
    assert (booked.cents, booked.booked, booked.credited) == (1204, 1, 1)


def test_calls_are_the_seed_s_and_reach_every_invoice() -> None:
    first, again = (list(islice(Calls(3, 40).endless(), 400)) for _ in range(2))
    assert first == again
    assert {call.route for call in first} == {"invoice", "balance", "new_invoice", "credit"}
    assert {call.target for call in first if call.route == "invoice"} >= {
        f"/invoices/{n}" for n in range(1, 41)
    }


@pytest.mark.postgres
def test_both_forms_give_the_same_answers_and_keep_every_cent(postgres: Server) -> None:
    url, cents = seed(postgres, 7, 300)
    with psycopg.connect(url, autocommit=True) as connection:
        session = Session(connection, "public", "test")
        lifecycle.start(session, parse(MIGRATION_TEXT, Path("01_amounts.yaml")), Throttle(), lambda *_: None)
    calls = [call for call in islice(Calls(1, 300).endless(), 120) if call.method == "GET"]
    legacy, candidate = as_role(url, "legacy_app"), as_role(url, "candidate_app")
    before, after = answers(legacy, LEGACY, calls), answers(candidate, CANDIDATE, calls)
    assert [each.body for each in before] == [each.body for each in after]
    assert {each.status for each in before} == {200}
    writes = [call for call in islice(Calls(2, 300).endless(), 200) if call.method == "POST"]
    booked = Booked()
    for form, role in ((LEGACY, legacy), (CANDIDATE, candidate)):
        for answer in answers(role, form, writes):
            assert answer.status == answer.call.expected
            booked.note(answer)
    assert booked.booked
    assert booked.credited
    assert total(url, "_strangler_new_amount") == cents + booked.cents
    again = [answers(role, form, calls) for form, role in ((LEGACY, legacy), (CANDIDATE, candidate))]
    assert [each.body for each in again[0]] == [each.body for each in again[1]]


@pytest.mark.parametrize(
    "body", [b"", b'{"customer": 1, "amount": 1.5}', b'{"customer": 1, "amount": "1.234"}']
)
def test_an_amount_that_is_no_text_of_two_digits_is_refused(postgres: Server, body: bytes) -> None:
    url, _ = seed(postgres, 1, 10)
    call = Call("new_invoice", "POST", "/invoices", 1, body, 422)
    assert [each.status for each in answers(url, LEGACY, [call])] == [422]


@pytest.mark.full
@pytest.mark.timeout(600)
def test_the_whole_chapter(tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    assert run(Options(seed=2, folder=tmp_path / "demo", defects=(), json_file=file), Console()) == 0
    account = DECODE(file.read_bytes())
    assert account["shortfalls"] == []
    assert account["phases"][-1] == "retired"
    assert account["completes"][0][0] != 0
    assert account["completes"][-1][0] == 0
    assert account["requests"]["errors"] == account["requests"]["unexpected"] == 0
