"""The control process as a whole: the file followed, the lag probed, the ledger lost and found."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from strangler.config import load
from strangler.ledger.facts import facts
from strangler.ledger.notifications import told
from strangler.ledger.store import open_ledger
from strangler.testing.origin import HANG, Origin, Seen, Steps, answer
from strangler_shadow.control.process import serve
from strangler_shadow.control.settings import ControlSettings
from strangler_shadow.supervisor.sockets import bind, url_of

CONFIG = """\
version: 1
legacy: {{url: "http://127.0.0.1:1"}}
candidate: {{url: "http://127.0.0.1:2"}}
routes:
  invoice: GET /invoices/{{id}}
cutovers:
  reads: {{routes: [invoice], state: {{synced: {{lag: {{url: "{lag}/lag"}}, within: 2s{back}}}}}}}
"""


class Running:
    """A control process that answers, in this loop."""

    def __init__(self, url: str, file: Path, session: aiohttp.ClientSession) -> None:
        self.url, self.file, self._session = url, file, session

    async def status(self) -> dict[str, Any]:
        async with self._session.get(self.url + "/v1/status") as found:
            body: dict[str, Any] = await found.json()
            return body

    async def text(self, path: str) -> tuple[int, str]:
        async with self._session.get(self.url + path) as found:
            return found.status, await found.text()

    async def until(self, look: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while not look(found := await self.status()):  # noqa: ASYNC110  over HTTP nothing wakes us
                await asyncio.sleep(0.05)
        return found


@asynccontextmanager
async def running(folder: Path, lag: str = "http://127.0.0.1:1", back: str = "") -> AsyncIterator[Running]:
    file, state = folder / "strangler.yaml", folder / "state"
    file.write_text(CONFIG.format(lag=lag, back=back))
    state.mkdir()
    stop = asyncio.Event()
    with bind("127.0.0.1:0", "control") as listening:
        settings = ControlSettings(str(file), str(state), os.dup(listening.fileno()), "i/")
        serving = asyncio.create_task(serve(settings, stop))
        try:
            async with aiohttp.ClientSession() as session:
                yield Running(url_of(listening, "http"), file, session)
        finally:
            stop.set()
            await serving


def test_the_lag_is_probed_and_written_down(tmp_path: Path) -> None:
    async def run(origin: Origin) -> None:
        async with running(tmp_path, origin.url) as control:
            await control.until(lambda found: any(fact["kind"] == "lag" for fact in found.get("facts", ())))
            assert (await control.status())["lag"] == {"reads": "0.25 s"}

    with Origin(default=lambda _: iter((answer(b'{"seconds": 0.25}'),))) as origin:
        asyncio.run(run(origin))
    ledger = open_ledger("sqlite:///strangler.db", tmp_path)
    with ledger.read() as connection:
        (found,) = facts(connection, "lag")
    ledger.close()
    assert (found.subject, found.phase) == ("reads", "0.25")


def test_so_is_the_lag_of_the_way_back(tmp_path: Path) -> None:
    async def run(origin: Origin) -> None:
        back = f', back: {{lag: {{url: "{origin.url}/back", path: $.back}}}}'
        async with running(tmp_path, origin.url, back) as control:
            found = await control.until(
                lambda found: any(fact["kind"] == "lag-back" for fact in found.get("facts", ()))
            )
            assert found["lag"] == {"reads": "0.25 s", "reads, back": "1.5 s"}

    with Origin(default=lambda _: iter((answer(b'{"seconds": 0.25, "back": "1.5"}'),))) as origin:
        asyncio.run(run(origin))
    ledger = open_ledger("sqlite:///strangler.db", tmp_path)
    with ledger.read() as connection:
        (found,) = facts(connection, "lag-back")
    ledger.close()
    assert (found.subject, found.phase) == ("reads", "1.5")


def test_a_lag_that_cannot_be_probed_is_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(tmp_path) as control:
            found = await control.until(lambda found: found["lag"])
            assert "cannot be probed" in found["lag"]["reads"]

    asyncio.run(run())


def test_a_changed_file_is_another_table_and_a_broken_one_is_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(tmp_path) as control:
            first = await control.until(lambda found: found["table"])
            good = control.file.read_text()
            control.file.write_text(good.replace("/invoices/{id}", "/bills/{id}"))
            generation = first["table"]["generation"]
            await control.until(lambda found: found["table"]["generation"] == generation + 1)
            control.file.write_text(good.replace("routes:", "rutes:", 1))
            broken = await control.until(lambda found: found["config"]["problem"])
            assert "rutes" in broken["config"]["problem"]
            assert broken["table"]["generation"] == generation + 1
            control.file.write_text(good.replace("127.0.0.1:2", "127.0.0.1:3"))
            mended = await control.until(lambda found: not found["config"]["problem"])
            assert mended["config"]["restart_needed"]

    asyncio.run(run())


def never_answers(_: Seen) -> Steps:
    yield HANG


def _at(generation: int, found: dict[str, Any]) -> bool:
    return bool(found["table"]["generation"] == generation)


def known(folder: Path, file: Path) -> bool:
    """Whether control has begun to follow the audit for the one webhook of the file."""
    (target,) = load(file).config.notifications
    ledger = open_ledger("sqlite:///strangler.db", folder)
    with ledger.read() as connection:
        found = told(connection, target.key)
    ledger.close()
    return found is not None


@pytest.mark.timeout(60)
def test_a_webhook_that_never_answers_delays_no_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(origin: Origin) -> None:
        hooks = (
            f'notifications: [{{url: "{origin.url}", secret: "${{HOOK}}", events: ["*"], timeout: 60s}}]\n'
        )
        async with running(tmp_path) as control:
            first = await control.until(lambda found: found["table"])
            generation = first["table"]["generation"]
            text = control.file.read_text() + hooks
            control.file.write_text(text)
            while not known(tmp_path, control.file):  # noqa: ASYNC110  nor does a ledger
                await asyncio.sleep(0.05)
            # The first change is what the webhook is told of; those after it come while it is being told.
            for turn in range(1, 5):
                control.file.write_text(text.replace("/invoices/{id}", f"/bills-{turn}/{{id}}"))
                wanted = generation + turn
                await control.until(partial(_at, wanted))
                while not origin.seen:  # noqa: ASYNC110  another loop's
                    await asyncio.sleep(0.02)
            assert len(origin.seen) == 1

    monkeypatch.setenv("HOOK", "whsec_" + "A" * 32)
    with Origin(default=never_answers) as origin:
        asyncio.run(run(origin))


def test_the_last_table_stays_while_the_ledger_is_away(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(tmp_path) as control:
            first = await control.until(lambda found: found["table"] and not found["ledger"])
            while "strangler_ledger_up 1.0" not in (await control.text("/metrics"))[1]:  # noqa: ASYNC110  nothing wakes us
                await asyncio.sleep(0.05)
            (tmp_path / "strangler.db").rename(tmp_path / "aside.db")
            away = await control.until(lambda found: found["ledger"])
            assert away["table"] == first["table"]
            # What was read last is served on, and said to be of then.
            _, metrics = await control.text("/metrics")
            assert "strangler_ledger_up 0.0" in metrics
            assert f"strangler_routing_table_generation {first['table']['generation']}.0" in metrics
            status, ready = await control.text("/readyz")
            assert (status, '{"name":"ledger","ok":false,"reason":"' in ready) == (503, True)
            (tmp_path / "aside.db").rename(tmp_path / "strangler.db")
            await control.until(lambda found: not found["ledger"])

    asyncio.run(run())
