"""`/metrics` and `deploy/grafana` before a real Prometheus: Debian's package has it, with promtool."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from strangler.testing.ports import free_port
from strangler_shadow.testing import until

from .alert_cases import CASES, unit_tests
from .conftest import Place
from .test_metrics import ROOT, alerts, expressions, filled  # noqa: F401  found by name

pytestmark = [pytest.mark.full, pytest.mark.system]

RULES = ROOT / "deploy/grafana/alerts.yaml"
ASKED = 'global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: ["{rules}"]\nscrape_configs:\n{jobs}'
JOB = """\
  - job_name: {name}
    authorization: {{credentials_file: "{token}"}}
    static_configs: [{{targets: ["{target}"]}}]
"""
EMPTY = {"Transitions"}
"""What has nothing to show in a ledger in which nothing moved while somebody looked."""


def program(name: str) -> str:
    """Where it is; the test skips where it is nowhere."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} here: `apt-get install prometheus` brings it")
    return found


def run(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """It, with what it said."""
    ran = subprocess.run(command, capture_output=True, check=False, text=True, **options)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran


def test_prometheus_reads_the_alerts() -> None:
    assert f"{len(alerts())} rules found" in run(program("promtool"), "check", "rules", str(RULES)).stdout


def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    named = {rule["alert"] for rule in alerts()}
    assert {case.alert for case in CASES if case.said} == named
    assert {case.alert for case in CASES if not case.said} == named


def test_alerts_fire_when_they_should_say_what_they_should_and_are_quiet_else(tmp_path: Path) -> None:
    written = {rule["alert"]: rule for rule in alerts()}
    file = tmp_path / "alerts.test.json"
    file.write_text(json.dumps(unit_tests(CASES, str(RULES), written)))
    assert "SUCCESS" in run(program("promtool"), "test", "rules", str(file)).stdout


def test_promtool_finds_nothing_to_say_of_the_metrics(filled: Place) -> None:  # noqa: F811
    promtool = program("promtool")
    text = filled.ask("/metrics", accept="text/plain").body.decode()
    ran = run(promtool, "check", "metrics", input=text)
    assert ran.stdout + ran.stderr == ""


def test_a_prometheus_scrapes_watches_and_draws_them(filled: Place, tmp_path: Path) -> None:  # noqa: F811
    prometheus = program("prometheus")
    token = tmp_path / "token"
    filled.now_ns = time.time_ns()
    token.write_text(filled.token("viewer"))
    filled.file.write_text(filled.file.read_text() + "dashboard: {login: {}}\n")
    with shown(filled) as target:
        jobs = JOB.format(name="strangler", token=token, target=target)
        config = tmp_path / "prometheus.yml"
        config.write_text(ASKED.format(rules=RULES, jobs=jobs))
        with serving(prometheus, config, tmp_path / "data") as api:
            until(lambda: {each["health"] for each in asked(api, "targets")["activeTargets"]} == {"up"})
            until(lambda: "StranglerMoneyDiverges" in firing(api))
            groups = asked(api, "rules")["groups"]
            rules = [rule for group in groups for rule in group["rules"]]
            assert len(rules) == len(alerts())
            assert {(rule["health"], rule.get("lastError", "")) for rule in rules} == {("ok", "")}
            assert firing(api) <= {"StranglerMoneyDiverges", "StranglerPlaneSilent", "StranglerWorkerSilent"}
            until(lambda: value(api, "count_over_time(strangler_ledger_up[1m])") > 4)
            drawn = [(where, found(api, expression)) for where, expression in panels()]
            assert {where for where, series in drawn if not series} == EMPTY


def panels() -> Iterator[tuple[str, str]]:
    """What Grafana would ask for."""
    named = {rule["alert"] for rule in alerts()}
    for where, expression in expressions():
        if where not in named:
            text = expression.replace("$cutover", ".*").replace("$__rate_interval", "1m")
            yield where, text


@contextmanager
def shown(place: Place) -> Iterator[str]:
    """`strangler dashboard`; its host and port."""
    command = [sys.executable, "-m", "strangler_cli.main", "dashboard", "--port", "0"]
    with subprocess.Popen(command, cwd=place.folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split("://")[1].split("/board")[0]
        process.terminate()


@contextmanager
def serving(prometheus: str, config: Path, data: Path) -> Iterator[str]:
    """A Prometheus; the address of its API."""
    address = f"127.0.0.1:{free_port()}"
    command = [
        prometheus,
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address={address}",
    ]
    log = data.with_suffix(".log")
    with log.open("w") as told, subprocess.Popen(command, stdout=told, stderr=told) as process:
        try:
            until(lambda: answers(f"http://{address}/-/ready") or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield f"http://{address}/api/v1/"
        finally:
            process.terminate()


def answers(url: str) -> bool:
    """Whether it is ready."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def asked(api: str, what: str, **query: str) -> Any:
    """What Prometheus says."""
    with urllib.request.urlopen(f"{api}{what}?{urlencode(query)}", timeout=20) as answer:
        body = json.load(answer)
    assert body["status"] == "success", body
    return body["data"]


def found(api: str, expression: str) -> list[Any]:
    """The series of an expression now. An error of it fails the test."""
    return list(asked(api, "query", query=expression)["result"])


def value(api: str, expression: str) -> int:
    """The one there is; 0 where there is none."""
    series = found(api, expression)
    return int(series[0]["value"][1]) if series else 0


def firing(api: str) -> set[str]:
    """The alerts that fire now."""
    return {
        each["labels"]["alertname"] for each in asked(api, "alerts")["alerts"] if each["state"] == "firing"
    }
