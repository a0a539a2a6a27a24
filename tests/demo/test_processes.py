"""The services as processes: up, redeployed under traffic, down; none outlives its parent."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from strangler.errors import Unreachable
from strangler_demo import control
from strangler_demo.load import Tally, send
from strangler_demo.pace import Pace
from strangler_demo.processes import Candidate, Child, Legacy
from strangler_demo.systems import Systems


def test_a_redeploy_under_traffic_loses_no_request(running: Systems) -> None:
    async def under_traffic() -> tuple[Tally, list[str | None]]:
        stop = asyncio.Event()
        versions: list[str | None] = []
        load = asyncio.create_task(
            send(
                running.candidate.url,
                running.traffic.endless(writes_percent=0),
                pace=Pace(200),
                concurrency=4,
                stop=stop,
                watch=lambda answer: versions.append(answer.version),
            )
        )
        await asyncio.to_thread(running.candidate.redeploy, version="2.1.0")
        seen = len(versions)
        while len(versions) < seen + 50:  # noqa: ASYNC110  what is waited for is a count
            await asyncio.sleep(0.01)
        stop.set()
        return await load, versions

    first = running.candidate.child.pid
    root = running.candidate.root
    try:
        tally, versions = asyncio.run(under_traffic())
        assert tally.clean, (tally.errors, tally.unexpected)
        assert {"2.0.0", "2.1.0"} == set(versions)
        # Once the new version has answered, the old one gives each kept connection one last answer.
        assert versions[versions.index("2.1.0") :].count("2.0.0") <= 2 * 4
        assert control.version(root) == "2.1.0"
        assert running.candidate.child.pid != first
    finally:
        running.candidate.redeploy(version="2.0.0")
    assert running.candidate.root == root


def test_redeploying_takes_the_defects_it_is_told(running: Systems) -> None:
    running.candidate.redeploy(version="2.0.1", defects=["jpy", "last-line"])
    assert control.defects(running.candidate.root) == {"jpy", "last-line"}
    running.candidate.redeploy(version="2.0.0")
    assert control.defects(running.candidate.root) == frozenset()


def test_a_service_leaves_cleanly_on_sigterm(tmp_path: Path) -> None:
    with Candidate(tmp_path, version="1") as candidate:
        assert candidate.child.ready()["version"] == "1"
        assert candidate.child.alive
        assert candidate.child.stop() == 0
        assert not candidate.child.alive


def test_a_service_ends_with_its_parent(tmp_path: Path) -> None:
    """The parent is killed; its child sees the end of its input and leaves."""
    script = (
        "import sys, pathlib, time\n"
        "from strangler_demo.processes import Candidate\n"
        f"candidate = Candidate(pathlib.Path({str(tmp_path)!r}), version='1')\n"
        "candidate.child.ready()\n"
        "print(candidate.child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    for _ in range(1000):
        if not exists(child):
            break
        asyncio.run(asyncio.sleep(0.02))
    assert not exists(child)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    import psutil

    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_service_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="no such defect: typo"):
        Candidate(tmp_path, version="1", defects=["typo"]).__enter__()
    (tmp_path / "legacy.db").mkdir()
    with pytest.raises(Unreachable, match="unable to open database file"):
        Legacy(tmp_path).__enter__()


def test_port_zero_is_bound_and_told(tmp_path: Path) -> None:
    with Child("candidate", ["--db", str(tmp_path / "c.db"), "--port", "0"], log=tmp_path / "log") as child:
        assert child.ready()["service"] == "candidate"
        assert control.version(f"http://127.0.0.1:{child.ready()['port']}") == "2.0.0"
        assert child.ready()["pid"] == child.pid
