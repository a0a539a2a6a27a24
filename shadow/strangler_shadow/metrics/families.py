"""Every metric there is: name, kind, labels, what it says. docs/metrics.md is written from this table.

Base units (seconds, ratios from 0 to 1). Labels have few values: names from the configuration, planes, sides, codes;
never a path, a customer, a stratum or a place in a document. Amounts of money are not among them: a sample is a binary
float, and divergences with their drift are in the API, exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

type Kind = Literal["counter", "gauge", "info"]
type Server = Literal["control", "dashboard"]


@dataclass(frozen=True, slots=True)
class Family:
    """`name`: as OpenMetrics has a family: a counter's samples have `_total` behind it, an info's `_info`. `by`: who
    serves it.
    """

    name: str
    kind: Kind
    text: str
    labels: tuple[str, ...] = ()
    by: tuple[Server, ...] = ("control", "dashboard")

    @property
    def sample(self) -> str:
        """The name of its samples."""
        return self.name + {"counter": "_total", "gauge": "", "info": "_info"}[self.kind]


type Sample = tuple[Family, tuple[str, ...], int | float]
"""A family, the values of its labels in their order, and the value."""

_PAGES: Final[tuple[Server, ...]] = ("dashboard",)

BUILD: Final = Family("strangler_build", "info", "The version of strangler that answers.", ("version",))
LEDGER_UP: Final = Family(
    "strangler_ledger_up",
    "gauge",
    "1 while the ledger can be read. While it is 0, control serves what it read last, the dashboard nothing of it.",
)
TABLE_GENERATION: Final = Family(
    "strangler_routing_table_generation", "gauge", "Generation of the routing table that is in force."
)
OVERRIDE: Final = Family(
    "strangler_override_in_force",
    "gauge",
    "1 while `cutover rollback --all` holds: legacy answers everybody, whatever the phases say.",
)
WORKER_HEARTBEAT: Final = Family(
    "strangler_worker_heartbeat_timestamp_seconds",
    "gauge",
    "When a worker last wrote to the ledger, Unix time; 0: never.",
)
PLANE_HEARTBEAT: Final = Family(
    "strangler_plane_heartbeat_timestamp_seconds",
    "gauge",
    "When a plane that has not said goodbye was last heard of, Unix time.",
    ("plane",),
)
PLANE_GENERATION: Final = Family(
    "strangler_plane_table_generation", "gauge", "Generation of the table that a plane goes by.", ("plane",)
)
REQUESTS: Final = Family(
    "strangler_requests",
    "counter",
    "Requests by route and by who answered: `legacy`, `candidate`, `fallback` (legacy in the candidate's place). An "
    "empty route: none matched.",
    ("route", "served_by"),
)
REFUSED: Final = Family(
    "strangler_messages_refused",
    "counter",
    "Malformed or ambiguous messages that planes did not pass on: of a `client` (400) or an `upstream` (502).",
    ("reason",),
)
SENT: Final = Family(
    "strangler_exchanges_sent",
    "counter",
    "Exchanges that planes captured. Sent = recorded + dropped + shed + missing + outstanding.",
)
RECORDED: Final = Family("strangler_exchanges_recorded", "counter", "Exchanges that were judged and written.")
DROPPED: Final = Family(
    "strangler_exchanges_dropped",
    "counter",
    "Exchanges that a plane dropped, for want of room in its queue or of a worker.",
)
SHED: Final = Family("strangler_exchanges_shed", "counter", "Exchanges that the worker threw away.")
MISSING: Final = Family(
    "strangler_exchanges_missing", "counter", "Exchanges that were sent and never arrived (a killed worker)."
)
OUTSTANDING: Final = Family(
    "strangler_exchanges_outstanding",
    "gauge",
    "Exchanges that are on their way, neither recorded nor lost yet.",
)
LOST: Final = Family(
    "strangler_exchanges_lost", "counter", "What was dropped, shed or missing, by reason.", ("reason",)
)
UNCAPTURED: Final = Family(
    "strangler_requests_uncaptured",
    "counter",
    "Requests that were to be compared and could not be captured (too large, an upgrade and so on).",
    ("reason",),
)
PHASE: Final = Family(
    "strangler_cutover_phase",
    "gauge",
    "1 for the phase that a cutover is in, 0 for the others.",
    ("cutover", "phase"),
)
WEIGHT: Final = Family(
    "strangler_cutover_weight_ratio", "gauge", "The candidate's share as it is set, 0 to 1.", ("cutover",)
)
PAUSED: Final = Family("strangler_cutover_paused", "gauge", "1 while a cutover is paused.", ("cutover",))
SINCE: Final = Family(
    "strangler_cutover_since_timestamp_seconds",
    "gauge",
    "When a cutover got to its phase and step, Unix time; 0: it never moved.",
    ("cutover",),
)
LAG: Final = Family(
    "strangler_replication_lag_seconds",
    "gauge",
    "Lag of the replication of a cutover whose state is `synced`, as it was last probed.",
    ("cutover",),
)
SPANS: Final = Family(
    "strangler_spans",
    "counter",
    "Spans of traces: `sent`, `dropped` (the queue was full), `failed` (the collector did not take them).",
    ("outcome",),
)
COMPARISONS: Final = Family(
    "strangler_comparisons",
    "counter",
    "Comparisons over all epochs: `equal`, `different`, `candidate_failed`, `unsettled` (moved or lagged meanwhile), "
    "`repeated` (equal to one that counted).",
    ("cutover", "route", "verdict"),
    _PAGES,
)
FAILURES: Final = Family(
    "strangler_comparison_failures",
    "counter",
    "Comparisons that came to nothing, by reason, whoever caused it.",
    ("cutover", "route", "reason"),
    _PAGES,
)
ANSWERS: Final = Family(
    "strangler_answers",
    "counter",
    "Answers of either side in exchanges that both answered; `role`: `primary` (the client got it) or `shadow`.",
    ("cutover", "route", "side", "role"),
    _PAGES,
)
ANSWER_ERRORS: Final = Family(
    "strangler_answer_errors",
    "counter",
    "Those of them with a 5xx status.",
    ("cutover", "route", "side", "role"),
    _PAGES,
)
ANSWER_P99: Final = Family(
    "strangler_answer_p99_seconds",
    "gauge",
    "99th percentile of a side's time to answer in the present epoch (the worst stratum's).",
    ("cutover", "route", "side"),
    _PAGES,
)
DIVERGENCES: Final = Family(
    "strangler_divergences",
    "gauge",
    "Divergences by severity and state, over all epochs.",
    ("cutover", "route", "severity", "state"),
    _PAGES,
)
OPEN: Final = Family(
    "strangler_open_divergences",
    "gauge",
    "Divergences that are open or regressed, by cause.",
    ("cutover", "route", "severity", "cause"),
    _PAGES,
)
GATE: Final = Family(
    "strangler_gate_status",
    "gauge",
    "1 for what the gate would say now (`pass`, `blocked`, `insufficient`, `frozen`), 0 for the others.",
    ("cutover", "status"),
    _PAGES,
)
REASONS: Final = Family(
    "strangler_gate_reasons",
    "gauge",
    "How many reasons of a code stand in the way of a cutover.",
    ("cutover", "code"),
    _PAGES,
)
STANDING_READ: Final = Family(
    "strangler_standing_timestamp_seconds",
    "gauge",
    "When the gate, its reasons and the 99th percentiles were last read, Unix time.",
    by=_PAGES,
)
TRANSITIONS: Final = Family(
    "strangler_cutover_transitions",
    "counter",
    "What happened to cutovers, from the audit: `start`, `advance`, `rollback`, `auto-rollback`, `pause` and so on.",
    ("cutover", "event"),
    _PAGES,
)
WEBHOOK_BEHIND: Final = Family(
    "strangler_webhook_behind",
    "gauge",
    "Entries of the audit that a webhook was not told of yet.",
    ("target",),
    _PAGES,
)
WEBHOOK_GIVEN_UP: Final = Family(
    "strangler_webhook_given_up",
    "counter",
    "Entries that a webhook was never told of, as it refused them.",
    ("target",),
    _PAGES,
)
REFEREE: Final = Family(
    "strangler_referee_disagreements_open",
    "gauge",
    "Comparisons of which the second judge says otherwise, and that nobody has looked at: an alarm about strangler.",
    by=_PAGES,
)
FOLLOWERS: Final = Family("strangler_event_streams", "gauge", "Pages that follow the ledger now.", by=_PAGES)
GIVEN_UP: Final = Family(
    "strangler_questions_given_up",
    "counter",
    "Questions to the ledger that were ended for taking too long, since the process began.",
    by=_PAGES,
)

FAMILIES: Final[tuple[Family, ...]] = (
    BUILD,
    LEDGER_UP,
    TABLE_GENERATION,
    OVERRIDE,
    WORKER_HEARTBEAT,
    PLANE_HEARTBEAT,
    PLANE_GENERATION,
    REQUESTS,
    REFUSED,
    SENT,
    RECORDED,
    DROPPED,
    SHED,
    MISSING,
    OUTSTANDING,
    LOST,
    UNCAPTURED,
    PHASE,
    WEIGHT,
    PAUSED,
    SINCE,
    LAG,
    SPANS,
    COMPARISONS,
    FAILURES,
    ANSWERS,
    ANSWER_ERRORS,
    ANSWER_P99,
    DIVERGENCES,
    OPEN,
    GATE,
    REASONS,
    STANDING_READ,
    TRANSITIONS,
    WEBHOOK_BEHIND,
    WEBHOOK_GIVEN_UP,
    REFEREE,
    FOLLOWERS,
    GIVEN_UP,
)
"""In the order of the page."""
