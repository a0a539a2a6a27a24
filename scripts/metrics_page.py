"""Writes docs/metrics.md from the table of metrics: python scripts/metrics_page.py"""

from __future__ import annotations

import re
from pathlib import Path

from strangler_shadow.metrics.families import FAMILIES, Family

PAGE = Path(__file__).resolve().parent.parent / "docs" / "metrics.md"
HEAD = """\
# Metrics

Written by `scripts/metrics_page.py` from the table that they are served from.

| where | `/metrics` | `/readyz` | `/healthz` |
|---|---|---|---|
| the dashboard (`strangler dashboard`, `serve.dashboard`), port 8602 | everything below | 200 where the ledger can \
be read, has this version's schema, and a worker wrote within 30 s | 200 as long as the process lives |
| control (`serve.control`), port 8601: without the dashboard, too | what says `control` below, as it was read \
last, so a scrape never waits for the ledger | 200 where the ledger answers, a routing table is in force, and a \
worker wrote within 30 s | 200 as long as the process lives |

`/metrics` answers OpenMetrics where `Accept` names it (Prometheus does), else Prometheus' text format. `/readyz`
answers 503 where it is not ready, with a `reason` for each check that fails. Control listens on this machine alone, and
so does the dashboard unless people log in there; then `/metrics` wants a token with the role `viewer` (`strangler token
create`, and `authorization: {credentials_file: …}` beside the targets). `/readyz` and `/healthz` want none.

```yaml
scrape_configs:
  - job_name: strangler
    static_configs:
      - targets: ["127.0.0.1:8602"]
```

Scrape either of them, not both under one job: what both serve would count twice in a sum. A scrape reads counters that
the ledger keeps and counts divergences along an index; what was read serves everybody until something is written.
`deploy/grafana` has a dashboard and alert rules that are checked against what is served; `make full` has a real
Prometheus scrape it, ask for all that is drawn, and play a case for each alert in which it fires and one in which not.

Base units: seconds, ratios from 0 to 1. Labels have few values: names from the configuration, sides, codes, planes;
never a path, a customer, a stratum or a place in a document. Amounts of money are not among the metrics, as a sample is
a binary float: `/divergences.json` has them exact.

"""
TAIL = """\

`process_…` (processor time, memory, open files of the process that answers, on Linux) are prometheus-client's own.
"""


def page() -> str:
    """The whole page."""
    rows = "\n".join(map(row, FAMILIES))
    return (
        f"{HEAD}| metric | kind | labels | served by | what it says |\n|---|---|---|---|---|\n{rows}\n{TAIL}"
    )


def row(family: Family) -> str:
    """One metric."""
    labels = ", ".join(f"`{name}`" for name in family.labels) or "-"
    return f"| `{family.sample}` | {family.kind} | {labels} | {', '.join(family.by)} | {family.text} |"


def documented(text: str) -> set[str]:
    """The names of the samples that a page has."""
    return set(re.findall(r"^\| `(strangler_\w+)` \|", text, re.MULTILINE))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
