"""Writes docs/cutover.md: a month-end cutover on the demo's two billing services, with what each command printed.

python scripts/cutover_story.py [--keep FOLDER]

Everything runs: services, planes, worker, control, traffic. Only the calendar is moved on between the days
(scripts/clock), for strangler's own processes. Folders of this machine are left out of what is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from strangler_demo.config import demo_config
from strangler_demo.load import Tally, send
from strangler_demo.pace import Pace
from strangler_demo.systems import Systems, systems
from strangler_shadow.testing import ServeProcess, until

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "cutover.md"
RATE = 90
"""Requests a second."""


@dataclass
class Story:
    """The page as it grows, and the world it happens in."""

    systems: Systems
    file: Path
    clock: Path
    page: list[str] = field(default_factory=list)
    skip: int = 0
    served: ServeProcess | None = None

    @property
    def environment(self) -> dict[str, str]:
        """For strangler's processes: the story's clock, and a terminal's width."""
        return {
            **os.environ,
            "PYTHONPATH": str(HERE / "clock"),
            "STORY_CLOCK": str(self.clock),
            "COLUMNS": "110",
        }

    def tell(self, text: str) -> None:
        """A paragraph or a heading."""
        self.page.append(text.strip("\n") + "\n")

    def day(self, when: str) -> None:
        """Move the calendar to `2026-11-24 09:00`, UTC. What strangler does every second follows."""
        wanted = datetime.fromisoformat(when).replace(tzinfo=UTC)
        self.clock.write_text(str(int(wanted.timestamp() - time.time())))
        time.sleep(3)

    def run(self, *arguments: str, code: int = 0, show: slice | None = None, actor: str = "") -> None:
        """A command as an operator types it, what it printed, and its exit code where it is not 0."""
        lines = self.quiet(*arguments, code=code, actor=actor).rstrip().splitlines()
        if show is not None and len(lines[show]) < len(lines):
            lines = [*lines[show], "…"]
        tail = [f"(exit code {code})"] if code else []
        typed = " ".join(("strangler", *(f'"{each}"' if " " in each else each for each in arguments)))
        self.page.append("\n".join(["```console", f"{actor}$ {typed}", *lines, *tail, "```", ""]))

    def quiet(self, *arguments: str, code: int = 0, actor: str = "") -> str:
        """A command; what it printed. Ends the story where it leaves with another exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "strangler_cli.main", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.file.parent,
            env={**self.environment, **({"LOGNAME": actor, "USER": actor} if actor else {})},
        )
        said = self._plain(done.stdout + done.stderr)
        if done.returncode != code:
            self.page.append(f"```console\n{' '.join(arguments)}\n{said}\n(exit code {done.returncode})```")
            raise SystemExit(f"{' '.join(arguments)} left with {done.returncode}, not {code}:\n{said}")
        return said

    def traffic(self, per_route: int, routes: tuple[str, ...]) -> Tally:
        """Reads through the plane, and the wait until all of it is judged."""
        assert self.served is not None
        calls = self.systems.traffic.reads(per_route, skip=self.skip, routes=routes)
        self.skip += per_route
        tally = asyncio.run(send(self.served.serving.listen, calls, pace=Pace(RATE), concurrency=8))
        until(self._settled, seconds=90, pause=0.5)
        return tally

    def _settled(self) -> bool:
        return '"outstanding": 0' in self.quiet("status", "--json")

    def _plain(self, text: str) -> str:
        text = text.replace(str(self.file.parent) + "/", "").replace(str(self.file.parent), ".")
        return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:…", text)


ROUTES = ("invoice", "statement", "payment")
POLICY = """\
policy:
  tolerate: {rate: 1%, alpha: 5%}
  approvals: {canary: 1, candidate: 2, retired: 2}
  latency: {floor: 3s}
  freeze:
    - {deny: "0 0 28 * *", for: 4d, zone: Europe/Berlin, reason: the month's invoice run}
"""
CUTOVER = """\
cutovers:
  invoices:
    routes: [%s]
    state: {synced: {lag: {url: "%s", path: $.seconds}, within: 2s}}
    steps: [5, 25, 100]
    effects:
      month-end:
        legacy: {url: "%s/legacy", path: $.enabled}
        candidate: {url: "%s/candidate", path: $.enabled}
"""


@contextmanager
def switches() -> Iterator[tuple[str, dict[str, bool]]]:
    """Each side's month-end run as its scheduler shows it: on or off, at a URL."""
    on = {"legacy": True, "candidate": False}

    class Shown(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"enabled": on[self.path.strip("/")]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shown)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", on
    finally:
        server.shutdown()
        server.server_close()


def configuration(running: Systems, scheduler: str) -> str:
    """The demo's routes and rules under a policy for month's end."""
    whole = demo_config(
        legacy=running.legacy.url,
        candidate=running.candidate.url,
        lag=running.lag_url,
    )
    head = whole[: whole.index("policy:")].replace("timeout: 3s", "timeout: 20s")
    return head + POLICY + "\n" + CUTOVER % (", ".join(ROUTES), running.lag_url, scheduler, scheduler)


def excerpt(file: Path) -> str:
    """Policy and cutover as they stand in the file; where this machine's services listen is nobody's concern."""
    text = file.read_text()
    return re.sub(r"http://127.0.0.1:\d+", "http://127.0.0.1:…", text[text.index("policy:") :])


def play(story: Story, on: dict[str, bool]) -> None:
    """The story."""
    shadow(story)
    first_step(story)
    frozen(story)
    relapse(story)
    over(story, on)
    retired(story)
    kept(story)


def shadow(story: Story) -> None:
    story.tell(SHADOW % excerpt(story.file))
    story.day("2026-11-24 08:30")
    story.run("cutover", "start", "invoices", "--reason", "CHG-1204", actor="mara")
    story.traffic(150, ROUTES)
    story.run("divergences", "list", show=slice(0, 7))
    story.run("gate", "invoices", code=1, show=slice(0, 13))
    story.tell(MENDED)
    story.systems.candidate.redeploy(version="2.1.0")
    story.traffic(100, ROUTES)
    story.run("gate", "invoices", code=3, show=slice(0, 7))


def first_step(story: Story) -> None:
    story.tell(ENOUGH)
    story.day("2026-11-25 09:00")
    story.traffic(520, ROUTES)
    story.run("gate", "invoices", code=4)
    story.run("cutover", "plan", "invoices", "--to", "retired")
    story.tell(ASKING)
    story.run("cutover", "advance", "invoices", "--reason", "CHG-1204", code=4, actor="mara")
    story.run("cutover", "approve", "invoices", code=1, actor="mara")
    story.run("cutover", "approve", "invoices", "--reason", "evidence read", actor="jonas")
    story.run("cutover", "advance", "invoices", "--reason", "CHG-1204", actor="mara")
    story.traffic(60, ROUTES)


def frozen(story: Story) -> None:
    story.tell(FROZEN)
    story.day("2026-11-28 09:00")
    story.traffic(60, ROUTES)
    story.run("cutover", "advance", "invoices", code=4, actor="mara")


def relapse(story: Story) -> None:
    story.tell(RELAPSE)
    story.day("2026-12-02 08:00")
    story.systems.candidate.redeploy(version="2.2.0", defects=("jpy",))
    story.traffic(100, ROUTES)
    story.run("status", show=slice(0, 9))
    story.run("audit", "list", show=slice(0, 2))


def step(story: Story, *approvers: str) -> None:
    """Ask, have it approved, go, and let traffic of the new step come."""
    story.quiet("cutover", "advance", "invoices", "--reason", "CHG-1204", code=4, actor="mara")
    for name in approvers:
        story.quiet("cutover", "approve", "invoices", "--reason", "evidence read", actor=name)
    story.run("cutover", "advance", "invoices", "--reason", "CHG-1204", actor="mara")
    story.traffic(80, ROUTES)


def over(story: Story, on: dict[str, bool]) -> None:
    story.tell(AGAIN)
    story.systems.candidate.redeploy(version="2.2.1")
    story.traffic(900, ROUTES)
    step(story, "jonas")
    for day in ("2026-12-03 09:00", "2026-12-04 09:00"):
        story.day(day)
        story.traffic(60, ROUTES)
        step(story, "jonas")
    story.tell(EFFECTS)
    story.day("2026-12-07 09:00")
    story.traffic(60, ROUTES)
    story.run("cutover", "advance", "invoices", code=1, actor="mara")
    story.tell(HANDED)
    on["legacy"] = False
    time.sleep(5)
    step(story, "jonas", "ada")
    on["candidate"] = True
    time.sleep(5)
    story.run("effects", "list")


def retired(story: Story) -> None:
    story.tell(RETIRED)
    story.day("2027-01-04 09:00")
    story.traffic(100, ROUTES)
    story.run("status", show=slice(0, 10))
    step(story, "jonas", "ada")


def kept(story: Story) -> None:
    story.tell(KEPT)
    story.run("audit", "list")
    story.run("audit", "verify")
    story.run("audit", "head")


SHADOW = """
# A cutover over a month's end

Two billing services, legacy and candidate, each with a database of its own; three routes that read invoices, statements
and payments. What follows was run: every command, and what it printed. It was written by `scripts/cutover_story.py`;
services, planes, worker, control and traffic are real, only the calendar was moved on between the days.

`mara` drives the cutover, `jonas` and `ada` approve. The part of `strangler.yaml` that matters here:

```yaml
%s```

At the month's end nothing moves: from the 28th, four days, by the clocks of Berlin. The candidate's first canary step
takes one approval, the step that makes it the record's owner takes two. The month-end run is no request, so it stands
under `effects` with a probe for each side ([effects](effects.md)).

## Tuesday the 24th: legacy → shadow

The candidate is asked what legacy was asked, after the client has its answer.
"""
MENDED = """
A rounding defect, in two routes. The gate says so, with exit code 1, which is what a CI job would see. The candidate's
people mend it and deploy 2.1.0, which begins a new epoch: what was seen of 2.0.0 neither helps nor hurts it.
"""
ENOUGH = """
Insufficient is not blocked: exit code 3, and what is missing, with the time it takes at the pace of now.

## Wednesday: enough evidence, and the way ahead
"""
ASKING = """
Only the approval is missing. `mara` asks by trying to advance; she cannot approve what she asked for herself. What
jonas approves is this step, on these findings: one more mismatch, and his approval would be void.
"""
FROZEN = """
One customer in twenty is served by the candidate now, and legacy is asked the same afterwards.

## Saturday the 28th: frozen

The month's invoice run. Whoever tries to go on is told until when (exit code 4). A rollback would be permitted.
"""
RELAPSE = """
## Wednesday the 2nd: the defect of 2.2.0

The candidate's people deploy a version that gives yen in hundredths, as if they had decimals. Control rolls back by
itself: nobody was asked, and nobody was frozen.
"""
AGAIN = """
## The same day: 2.2.1, and up again

A new version, a new epoch, and the third attempt: the gate asks for more than it asked of the first, so that trying
again and again does not pass by luck. Each step was asked for and approved as above.
"""
EFFECTS = """
## Monday the 7th: the candidate becomes the owner

From here on the candidate's record is the record, and its month-end run is the one that counts. Two of them would send
every invoice twice, so legacy's has to be quiet first.
"""
HANDED = """
Legacy's run is switched off; jonas and ada approve. Then the candidate's is switched on.
"""
RETIRED = """
## The 4th of January: retired

A whole month's end has gone through the candidate, with legacy asked the same all the time, ready to take over again:
until here `strangler cutover rollback invoices` would have led back within a second.
"""
KEPT = """
## What is kept

Every move, who asked for it and who approved, chained by hashes. The head is worth a line in a place that whoever runs
the ledger cannot write to: `strangler audit verify --head` holds the chain against it.
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, help="a folder for all of it, kept")
    parser.add_argument("-o", "--output", type=Path, default=PAGE, help="where to (default %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = arguments.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        clock = folder / "clock"
        clock.write_text("0")
        with systems(folder / "systems", 7, defects=("rounding",)) as running, switches() as (scheduler, on):
            file = folder / "strangler.yaml"
            file.write_text(configuration(running, scheduler))
            story = Story(running, file, clock)
            story.day("2026-11-24 08:00")
            with ServeProcess(file, story.environment) as served:
                story.served = served
                try:
                    play(story, on)
                finally:
                    arguments.output.write_text("\n".join(story.page))
    return 0


if __name__ == "__main__":
    sys.exit(main())
