"""When each alert fires and when it does not, as series that Prometheus' own unit tests play; a sample a minute.

`VALUExN` is that value and N more; `a+bxN` rises by b each minute; `stale`: nobody serves it any more. Counts are such
that Prometheus 2 and 3, whose windows differ by a sample, round to the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_INVOICE = 'cutover="reads", route="invoice"'
_PRIMARY = f'{_INVOICE}, side="candidate", role="primary"'


@dataclass(frozen=True)
class Case:
    """`at`: minutes; `said`: the summary it fires with, empty where it must not fire; `labels`: beside the severity."""

    alert: str
    at: int
    series: dict[str, str]
    said: str = ""
    labels: dict[str, str] = field(default_factory=dict[str, str])


CASES = (
    Case("StranglerLedgerUnreadable", 8, {"strangler_ledger_up": "1x5 0x10"}, "The ledger cannot be read"),
    Case("StranglerLedgerUnreadable", 20, {"strangler_ledger_up": "1x30"}),
    Case("StranglerLedgerUnreadable", 8, {"strangler_ledger_up": "1x6 0 1x20"}),
    Case(
        "StranglerNotScraped", 15, {"strangler_ledger_up": "1x3 stale"}, "Nobody serves strangler's metrics"
    ),
    Case("StranglerNotScraped", 15, {"strangler_ledger_up": "0x30"}),
    Case(
        "StranglerWorkerSilent",
        5,
        {"strangler_worker_heartbeat_timestamp_seconds": "1x20"},
        "The worker last wrote 4m 59s ago",
    ),
    Case("StranglerWorkerSilent", 20, {"strangler_worker_heartbeat_timestamp_seconds": "0+60x30"}),
    Case("StranglerWorkerSilent", 20, {"strangler_worker_heartbeat_timestamp_seconds": "0x30"}),
    Case(
        "StranglerPlaneSilent",
        6,
        {
            'strangler_plane_heartbeat_timestamp_seconds{plane="i/plane-1"}': "60x20",
            'strangler_plane_heartbeat_timestamp_seconds{plane="i/plane-2"}': "0+60x20",
        },
        "The plane i/plane-1 was last heard of 5m 0s ago",
        {"plane": "i/plane-1"},
    ),
    Case(
        "StranglerPlaneSilent",
        20,
        {'strangler_plane_heartbeat_timestamp_seconds{plane="i/plane-1"}': "0+60x5 stale"},
    ),
    Case(
        "StranglerPlaneBehind",
        6,
        {
            'strangler_plane_table_generation{plane="i/plane-1"}': "3x20",
            'strangler_plane_table_generation{plane="i/plane-2"}': "4x20",
            "strangler_routing_table_generation": "4x20",
        },
        "The plane i/plane-1 goes by table 3, which is not the one in force",
        {"plane": "i/plane-1"},
    ),
    Case(
        "StranglerPlaneBehind",
        6,
        {
            'strangler_plane_table_generation{plane="i/plane-1"}': "3x5 4x20",
            "strangler_routing_table_generation": "3x4 4x20",
        },
    ),
    Case(
        "StranglerExchangesDropped",
        28,
        {"strangler_exchanges_dropped_total": "40x20 41x20", "strangler_exchanges_shed_total": "9x20 11x20"},
        "About 3 exchanges were not compared in ten minutes",
    ),
    Case(
        "StranglerExchangesDropped",
        40,
        {"strangler_exchanges_dropped_total": "0x20 5x30", "strangler_exchanges_shed_total": "9x60"},
    ),
    Case(
        "StranglerFallbacks",
        20,
        {
            'strangler_requests_total{route="invoice", served_by="fallback"}': "0+10x30",
            'strangler_requests_total{route="pay", served_by="fallback"}': "7x30",
        },
        "Legacy answers in the candidate's place on invoice",
        {"route": "invoice"},
    ),
    Case(
        "StranglerFallbacks",
        8,
        {
            'strangler_requests_total{route="invoice", served_by="fallback"}': "0x2 1x30",
            'strangler_requests_total{route="invoice", served_by="candidate"}': "0+500x30",
        },
    ),
    Case(
        "StranglerOverrideInForce",
        5,
        {"strangler_override_in_force": "1x9"},
        "`cutover rollback --all` is in force: legacy answers everybody",
    ),
    Case("StranglerOverrideInForce", 5, {"strangler_override_in_force": "1x2 0x9"}),
    Case(
        "StranglerMoneyDiverges",
        5,
        {
            f'strangler_divergences{{{_INVOICE}, severity="money", state="open"}}': "2x9",
            f'strangler_divergences{{{_INVOICE}, severity="money", state="regressed"}}': "1x9",
            f'strangler_divergences{{{_INVOICE}, severity="money", state="accepted"}}': "4x9",
        },
        "3 divergences of money on invoice (reads)",
        {"cutover": "reads", "route": "invoice"},
    ),
    Case(
        "StranglerMoneyDiverges",
        5,
        {
            f'strangler_divergences{{{_INVOICE}, severity="minor", state="open"}}': "5x9",
            f'strangler_divergences{{{_INVOICE}, severity="money", state="fixed"}}': "1x9",
        },
    ),
    Case(
        "StranglerRolledBack",
        8,
        {'strangler_cutover_transitions_total{cutover="reads", event="auto-rollback"}': "0x5 1x20"},
        "reads was rolled back (auto-rollback)",
        {"cutover": "reads", "event": "auto-rollback"},
    ),
    Case(
        "StranglerRolledBack",
        40,
        {
            'strangler_cutover_transitions_total{cutover="reads", event="rollback"}': "0x5 1x60",
            'strangler_cutover_transitions_total{cutover="reads", event="advance"}': "0+1x60",
        },
    ),
    Case(
        "StranglerGateBlocked",
        24 * 60,
        {'strangler_gate_status{cutover="reads", status="blocked"}': "1x1500"},
        "The gate has blocked reads for a day",
        {"cutover": "reads", "status": "blocked"},
    ),
    Case(
        "StranglerGateBlocked",
        24 * 60,
        {
            'strangler_gate_status{cutover="reads", status="blocked"}': "1x1400 0x100",
            'strangler_gate_status{cutover="reads", status="insufficient"}': "1x1500",
        },
    ),
    Case(
        "StranglerPrimaryErrors",
        30,
        {
            f"strangler_answer_errors_total{{{_PRIMARY}}}": "0+2x60",
            f"strangler_answers_total{{{_PRIMARY}}}": "0+100x60",
        },
        "candidate answers 2% of invoice with 5xx",
        {"cutover": "reads", "route": "invoice", "side": "candidate"},
    ),
    Case(
        "StranglerPrimaryErrors",
        30,
        {
            f"strangler_answer_errors_total{{{_PRIMARY}}}": "0+1x60",
            f"strangler_answers_total{{{_PRIMARY}}}": "0+200x60",
            f'strangler_answer_errors_total{{{_INVOICE}, side="candidate", role="shadow"}}': "0+100x60",
            f'strangler_answers_total{{{_INVOICE}, side="candidate", role="shadow"}}': "0+100x60",
            f'strangler_answer_errors_total{{{_INVOICE}, side="legacy", role="primary"}}': "0x60",
            f'strangler_answers_total{{{_INVOICE}, side="legacy", role="primary"}}': "0x60",
        },
    ),
    Case(
        "StranglerReplicationLags",
        10,
        {'strangler_replication_lag_seconds{cutover="reads"}': "45x20"},
        "The replication of reads is 45s behind",
        {"cutover": "reads"},
    ),
    Case("StranglerReplicationLags", 10, {'strangler_replication_lag_seconds{cutover="reads"}': "5x20"}),
    Case(
        "StranglerRefereeDisagrees",
        5,
        {"strangler_referee_disagreements_open": "2x9"},
        "A second judge disagrees with 2 comparisons",
    ),
    Case("StranglerRefereeDisagrees", 5, {"strangler_referee_disagreements_open": "2x2 0x9"}),
    Case(
        "StranglerWebhookBehind",
        45,
        {'strangler_webhook_behind{target="hooks.example.com"}': "5x60"},
        "The webhook hooks.example.com is 5 entries behind",
        {"target": "hooks.example.com"},
    ),
    Case(
        "StranglerWebhookBehind",
        45,
        {'strangler_webhook_behind{target="hooks.example.com"}': "5x20 0x2 5x60"},
    ),
    Case(
        "StranglerStandingOld",
        15,
        {"strangler_standing_timestamp_seconds": "0x30"},
        "The gate's view on the dashboard is 15m 0s old",
    ),
    Case("StranglerStandingOld", 15, {"strangler_standing_timestamp_seconds": "0+60x30"}),
)


def unit_tests(cases: tuple[Case, ...], rules: str, written: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A file for `promtool test rules`. `rules`: the file with the alerts; `written`: each alert as it stands there."""
    return {
        "rule_files": [rules],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
                "alert_rule_test": [
                    {
                        "eval_time": f"{case.at}m",
                        "alertname": case.alert,
                        "exp_alerts": [_expected(case, written[case.alert])] if case.said else [],
                    }
                ],
            }
            for case in cases
        ],
    }


def _expected(case: Case, rule: dict[str, Any]) -> dict[str, Any]:
    description = rule["annotations"]["description"]
    for name, value in case.labels.items():
        description = description.replace(f"{{{{ $labels.{name} }}}}", value)
    return {
        "exp_labels": {**case.labels, "severity": rule["labels"]["severity"]},
        "exp_annotations": {"summary": case.said, "description": description},
    }
