"""`/metrics`, `/readyz`, and what is drawn and watched by them: what is served, documented and asked for is one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus
from ruamel.yaml import YAML

from strangler.cutover import Event, EventName
from strangler.ledger.cutovers import state_of, transition
from strangler.ledger.facts import Fact, put, put_lag
from strangler.ledger.moving import move
from strangler.ledger.notifications import Told, keep
from strangler.ledger.settled import StreamReport
from strangler_shadow.metrics.families import FAMILIES

from .conftest import CONFIG, Place
from .made import differing
from .promql import Spoken, spoken

ROOT = Path(__file__).resolve().parents[2]
HOOK = """notifications:
  - {url: "https://hooks.example.com/SECRET-PATH", secret: "${HOOK}", events: ["*"]}
"""
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
EVENTS: tuple[EventName, ...] = ("pause", "resume")
OURS = {family.name: family for family in FAMILIES}

type Samples = dict[str, list[tuple[dict[str, str], float]]]


@pytest.fixture
def filled(place: Place) -> Place:
    """Everything that a metric may speak of."""
    place.file.write_text(CONFIG + HOOK)
    differing(place)
    report = StreamReport(
        *("i/plane-1", "boot", 7, place.now_ns - 1_000_000_000, 4, 90),
        {"queue-full": 2},
        {"too-large": 3},
        {"invoice": (50, 20, 1), "": (9, 0, 0)},
        {"client": 5},
    )
    place.write(reports=(report,))
    ledger = place.ledger()
    with ledger.begin() as connection:
        put(connection, Fact("telemetry", "worker-0", '{"sent":7,"dropped":2,"failed":0}', "", place.now_ns))
        put_lag(connection, "reads", Decimal("0.25"), place.now_ns)
        (target,) = place.loaded.config.notifications
        keep(connection, Told(target.key, 0, 3, 1, "", place.now_ns))
    ledger.close()
    return place


def read(body: bytes, parser: Any = openmetrics) -> Samples:
    out: Samples = {}
    for family in parser(body.decode()):
        for sample in family.samples:
            out.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return out


def of(samples: Samples, name: str, **labels: str) -> float:
    """The one sample with these labels."""
    (value,) = [value for has, value in samples[name] if labels.items() <= has.items()]
    return value


def test_what_is_served_is_what_is_declared_and_all_of_it(filled: Place) -> None:
    answer = filled.ask("/metrics", accept=OPENMETRICS)
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (
        200,
        "application/openmetrics-text",
    )
    assert answer.body.endswith(b"# EOF\n")
    served = {family.name: family for family in openmetrics(answer.body.decode())}
    ours = {name: family for name, family in served.items() if not name.startswith("process")}
    # Given up: only where somebody's patience is counted, which is the server's.
    assert set(OURS) - set(ours) == {"strangler_questions_given_up"}
    assert set(ours) <= set(OURS)
    for name, family in ours.items():
        assert (family.type, family.documentation) == (OURS[name].kind, OURS[name].text)
        for sample in family.samples:
            assert sample.name == OURS[name].sample
            assert set(sample.labels) == set(OURS[name].labels)


def test_the_numbers_are_those_of_the_ledger(filled: Place) -> None:
    found = read(filled.ask("/metrics", accept=OPENMETRICS).body)
    comparisons = {
        has["verdict"]: value
        for has, value in found["strangler_comparisons_total"]
        if (has["cutover"], has["route"]) == ("reads", "invoice")
    }
    assert comparisons == {"equal": 40, "different": 5, "candidate_failed": 1, "unsettled": 0, "repeated": 0}
    assert of(found, "strangler_comparison_failures_total", route="invoice", reason="timeout") == 1
    assert of(found, "strangler_divergences", severity="money", state="open") == 1
    assert of(found, "strangler_open_divergences", severity="money", cause="rounding") == 1
    assert of(found, "strangler_requests_total", route="invoice", served_by="candidate") == 20
    assert of(found, "strangler_requests_total", route="", served_by="legacy") == 9
    assert of(found, "strangler_messages_refused_total", reason="client") == 5
    assert of(found, "strangler_exchanges_lost_total", reason="queue-full") == 2
    assert of(found, "strangler_requests_uncaptured_total", reason="too-large") == 3
    assert of(found, "strangler_cutover_phase", cutover="reads", phase="shadow") == 1
    assert of(found, "strangler_cutover_phase", cutover="later", phase="legacy") == 1
    assert of(found, "strangler_gate_status", cutover="reads", status="blocked") == 1
    assert of(found, "strangler_replication_lag_seconds", cutover="reads") == 0.25
    assert of(found, "strangler_webhook_given_up_total", target="hooks.example.com") == 1
    assert of(found, "strangler_plane_table_generation", plane="i/plane-1") == 4
    assert of(found, "strangler_cutover_transitions_total", cutover="reads", event="start") == 1
    assert of(found, "strangler_cutover_transitions_total", cutover="reads", event="rollback") == 0
    sent, parts = found["strangler_exchanges_sent_total"][0][1], 0.0
    for part in ("recorded_total", "dropped_total", "shed_total", "missing_total", "outstanding"):
        parts += found[f"strangler_exchanges_{part}"][0][1]
    assert sent == parts
    assert of(found, "strangler_spans_total", outcome="dropped") == 2
    assert of(found, "strangler_ledger_up") == 1


def test_what_happens_to_a_cutover_is_counted(filled: Place) -> None:
    ledger = filled.ledger()
    for event in EVENTS:
        move(ledger, filled.loaded, "reads", Event(event, "mara", "x"), filled.now_ns)
    with ledger.begin() as connection:
        state = state_of(connection, "reads")
        transition(
            connection,
            filled.loaded.config,
            replace(state, phase="shadow", actor="control", reason="too much differs"),
            expected_generation=state.generation,
            event="auto-rollback",
            now_ns=filled.now_ns,
        )
    ledger.close()
    found = read(filled.ask("/metrics", accept=OPENMETRICS).body)
    for event in ("start", *EVENTS, "auto-rollback"):
        assert of(found, "strangler_cutover_transitions_total", cutover="reads", event=event) == 1


def test_the_form_follows_what_is_asked_for(filled: Place) -> None:
    for accept in ("", "*/*", "text/plain", "text/html", "nonsense;;q=,,"):
        answer = filled.ask("/metrics", accept=accept)
        assert answer.headers["content-type"].startswith("text/plain")
        assert "strangler_comparisons_total" in read(answer.body, prometheus)
    assert filled.ask("/metrics", accept=OPENMETRICS).headers["cache-control"] == "no-store"


def test_labels_are_names_of_ours_whatever_traffic_says(filled: Place) -> None:
    judged = filled.judged()
    hostile = 'a"} 1\n# EOF\nevil{x="'
    filled.write(
        *(
            judged.different(fingerprint=f"{hostile}{number}", labels=(("country", hostile),))
            for number in range(30)
        )
    )
    body = filled.ask("/metrics", accept=OPENMETRICS).body
    assert b"evil" not in body
    assert b"SECRET-PATH" not in body
    before = len(body.splitlines())
    judged = filled.judged()
    filled.write(*(judged.different(fingerprint=f"more-{number}") for number in range(200)))
    assert len(filled.ask("/metrics", accept=OPENMETRICS).body.splitlines()) == before


def test_while_the_ledger_is_away_that_is_what_is_served(filled: Place) -> None:
    (filled.folder / "strangler.db").rename(filled.folder / "aside.db")
    answer = filled.ask("/metrics", accept=OPENMETRICS)
    found = read(answer.body)
    assert (answer.status, of(found, "strangler_ledger_up")) == (200, 0)
    assert "strangler_comparisons_total" not in found
    ready = filled.ask("/readyz", accept="application/json")
    assert (ready.status, ready.json["ready"]) == (503, False)
    assert ready.json["checks"][0] == {"name": "ledger", "ok": False, "reason": "there is no ledger yet"}
    assert filled.ask("/healthz").status == 200


def test_ready_is_a_ledger_of_ours_and_a_worker_that_writes(filled: Place) -> None:
    assert filled.ask("/readyz").json == {
        "ready": True,
        "checks": [
            {"name": "ledger", "ok": True, "reason": ""},
            {"name": "worker", "ok": True, "reason": ""},
        ],
    }
    filled.now_ns += 45_000_000_000
    silent = filled.ask("/readyz")
    assert silent.status == 503
    assert silent.json["checks"][1]["reason"] == "the worker last wrote 45 s ago; required: within 30 s"
    ledger = filled.ledger()
    with ledger.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    ledger.close()
    filled.close()
    other = filled.ask("/readyz")
    assert (other.status, "this version knows" in other.json["checks"][0]["reason"]) == (503, True)


def test_a_worker_that_never_wrote_is_said(place: Place) -> None:
    found = place.ask("/readyz")
    assert (found.status, found.json["checks"][1]["reason"]) == (503, "no worker ever wrote")


def test_who_may_not_look_may_not_scrape(filled: Place) -> None:
    filled.visitor = replace(filled.visitor, roles=frozenset())
    assert filled.ask("/metrics", accept=OPENMETRICS).status == 403
    assert filled.ask("/readyz").status == 200
    assert filled.ask("/healthz").status == 200


def test_the_page_is_written_from_the_table() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "import metrics_page; print(metrics_page.page(), end='')"],
        cwd=ROOT / "scripts",
        capture_output=True,
        check=True,
        text=True,
    )
    assert (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8") == ran.stdout, (
        "scripts/metrics_page.py writes it anew"
    )


def test_names_are_as_prometheus_wants_them() -> None:
    for family in FAMILIES:
        assert re.fullmatch(r"strangler_[a-z0-9_]+", family.name)
        assert not family.name.endswith(("_total", "_info", "_milliseconds", "_ms", "_percent"))
        assert family.text.endswith(".")
    assert len(OURS) == len(FAMILIES)


# What is drawn, and what is watched.


def expressions() -> Iterator[tuple[str, str]]:
    """Where each stands, and it; Grafana's own variables are names of labels and ranges."""
    dashboard = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for each in dashboard["annotations"]["list"]:
        yield each["name"], each["expr"]
    for group in alerts():
        yield group["alert"], group["expr"]


def alerts() -> list[dict[str, Any]]:
    rules = YAML(typ="safe").load((ROOT / "deploy/grafana/alerts.yaml").read_text(encoding="utf-8"))
    return [rule for group in rules["groups"] for rule in group["rules"]]


def wrong(said: Spoken, served: Samples) -> list[str]:
    """What an expression asks for and nobody serves."""
    declared = {family.sample: family for family in FAMILIES}
    out = [f"metric {name}" for name in said.metrics if name not in served]
    labels = {label for name in said.metrics if name in declared for label in declared[name].labels}
    for metric, label in said.labels:
        known = declared[metric].labels if metric in declared else labels
        if label not in known:
            out.append(f"label {label} of {metric or 'a grouping'}")
    for metric, label, value in said.values:
        if metric in served and value not in {has.get(label) for has, _ in served[metric]} | LATER:
            out.append(f"value {label}={value} of {metric}")
    return out


LATER = {"regressed"}
"""Values that come with time; the ledger of these tests has none of them yet."""


def test_every_expression_asks_for_what_is_served(filled: Place) -> None:
    served = read(filled.ask("/metrics", accept=OPENMETRICS).body)
    found = list(expressions())
    assert len(found) > 30
    assert {where: bad for where, text in found if (bad := wrong(spoken(text), served))} == {}


@pytest.mark.parametrize(
    "text",
    [
        "strangler_ledger_down == 0",
        "sum by (customer) (strangler_divergences)",
        'strangler_divergences{path="/x"}',
        'strangler_divergences{severity="monye"}',
        "rate(strangler_requests[5m])",
    ],
)
def test_an_expression_that_asks_for_something_else_is_found(text: str, filled: Place) -> None:
    assert wrong(spoken(text), read(filled.ask("/metrics", accept=OPENMETRICS).body))


@pytest.mark.parametrize("text", ["sum(a", "a) + b", 'a{b="c"', "rate(a[5 minutes])", "a{b=c}", "a ?? b"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        spoken(text)


def test_alerts_say_what_and_name_labels_that_are_there() -> None:
    for rule in alerts():
        labels = {label for _, label in spoken(rule["expr"]).labels}
        declared = {family.sample: family for family in FAMILIES}
        for metric in spoken(rule["expr"]).metrics:
            labels |= set(declared[metric].labels)
        text = f"{rule['annotations']['summary']} {rule['annotations']['description']}"
        assert set(re.findall(r"\$labels\.(\w+)", text)) <= labels, rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
    assert len({rule["alert"] for rule in alerts()}) == len(alerts())


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    text = (ROOT / "deploy/grafana/dashboard.json").read_text(encoding="utf-8")
    dashboard = json.loads(text)
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        legends = " ".join(target["legendFormat"] for target in panel["targets"])
        said = [spoken(target["expr"]) for target in panel["targets"]]
        known = {label for family in FAMILIES for label in family.labels}
        assert set(re.findall(r"{{(\w+)}}", legends)) <= known
        assert all(each.metrics for each in said)
