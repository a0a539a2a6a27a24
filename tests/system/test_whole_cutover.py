"""Legacy to retired, with the real processes: every phase walked by command, the gate asked, the answers checked."""

from __future__ import annotations

import json

import pytest
from tests.system.conftest import Bench

from strangler_demo.config import demo_config
from strangler_demo.systems import systems
from strangler_demo.traffic import READS
from strangler_shadow.testing import ServeProcess

pytestmark = [pytest.mark.system, pytest.mark.full, pytest.mark.timeout(400)]

ROUTES = ("payment", "receipt")


def test_legacy_to_retired(tmp_path) -> None:
    with systems(tmp_path / "systems", 5) as running:
        file = tmp_path / "strangler.yaml"
        text = demo_config(legacy=running.legacy.url, candidate=running.candidate.url, lag=running.lag_url)
        text = text.replace(f"routes: [{', '.join(READS)}]", f"routes: [{', '.join(ROUTES)}]")
        file.write_text(text.replace("steps: [1, 5, 25, 50, 100]", "steps: [50, 100]"))
        with ServeProcess(file) as served:
            bench = Bench(running, served, file)
            code, _ = bench.strangler("cutover", "advance", "reads")
            assert code != 0, "legacy: nothing was shadowed yet"
            bench.ok("cutover", "start", "reads")
            code, _ = bench.strangler("cutover", "advance", "reads")
            assert code == 3, "no evidence is never a pass"
            bench.traffic(450, ROUTES, rate=110)
            assert bench.strangler("gate", "reads")[0] == 0
            shares = []
            for _ in range(3):
                bench.ok("cutover", "advance", "reads")
                tally = bench.traffic(30, ROUTES)
                shares.append(tally.by_candidate.total() * 100 // tally.sent)
            assert bench.status()["phase"] == "candidate"
            assert 20 <= shares[0] <= 80
            assert shares[1:] == [100, 100]
            bench.ok("cutover", "advance", "reads")
            assert bench.status()["phase"] == "retired"
            recorded = bench.status()["accounting"]["recorded"]
            assert bench.traffic(5, ROUTES).by_candidate.total() == 10
            assert bench.status()["accounting"]["recorded"] == recorded, "retired: legacy is asked nothing"
            code, said = bench.strangler("cutover", "rollback", "reads")
            assert code != 0
            assert "retired" in said
            history = json.loads(bench.ok("status", "--json"))
            assert history["cutovers"][0]["phase"] == "retired"
