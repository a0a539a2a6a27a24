"""Control asks both sides of every effect, and writes down what they say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import aiohttp
import pytest

from strangler.config.effects import Probe
from strangler.effects import Said
from strangler.ledger.facts import Fact
from strangler.testing.judged import CONFIG, START, configuration
from strangler.testing.origin import Origin, Seen, answer
from strangler_shadow.control.effects import ask, ask_all


def asked(probe: Probe) -> Said:
    async def run() -> Said:
        async with aiohttp.ClientSession() as session:
            return await ask(session, probe, None, START)

    return asyncio.run(run())


def test_a_probe_is_asked_with_its_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNS_TOKEN", "s3cret")
    with Origin(default=lambda _: iter((answer(b'{"active": false}'),))) as origin:
        probe = Probe(url=origin.url + "/runs", headers={"Authorization": "Bearer ${RUNS_TOKEN}"})
        assert asked(probe) == Said("quiet", "false", START)
        assert origin.seen[0].values("Authorization") == [b"Bearer s3cret"]
        monkeypatch.delenv("RUNS_TOKEN")
        said = asked(probe)
        assert (said.word, "RUNS_TOKEN" in said.detail) == ("unknown", True)
        assert len(origin.seen) == 1


def test_what_does_not_answer_is_unknown_and_no_redirect_is_followed() -> None:
    def moved(_: Seen) -> Iterator[bytes]:
        return iter((answer(b"", ("Location", "/elsewhere"), status="302 Found"),))

    with Origin(default=moved) as origin:
        assert asked(Probe(url=origin.url + "/runs")) == Said("unknown", "its probe answers 302", START)
        assert origin.targets() == ["/runs"]
        port = origin.port
    assert asked(Probe(url=f"http://127.0.0.1:{port}/")).word == "unknown"


def test_all_of_a_file_become_facts() -> None:
    def spoken(seen: Seen) -> Iterator[bytes]:
        return iter((answer(b'{"active": true}' if seen.target == "/l" else b'{"active": false}'),))

    with Origin(default=spoken) as origin:
        effects = f'{{runs: {{legacy: {{url: "{origin.url}/l"}}, candidate: {{url: "{origin.url}/c"}}}}, mails: {{}}}}'
        text = CONFIG.replace(
            "    routes: [invoice, invoices]\n", f"    routes: [invoice]\n    effects: {effects}\n"
        )

        async def run() -> list[Fact]:
            async with aiohttp.ClientSession() as session:
                return await ask_all(session, configuration(text), lambda: START)

        found = asyncio.run(run())
    assert [(fact.kind, fact.subject, fact.phase) for fact in found] == [
        ("effect", "reads/runs/legacy", '["active","true"]'),
        ("effect", "reads/runs/candidate", '["quiet","false"]'),
    ]
