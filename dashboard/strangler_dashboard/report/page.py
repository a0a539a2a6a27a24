"""The report as one file of HTML: its style is inside, it has no script, and it asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from markupsafe import Markup

from strangler_dashboard.rendering import asset, rendered

if TYPE_CHECKING:
    from strangler_dashboard.report.gathered import Report


def as_html(report: Report) -> str:
    """The file. Its own policy allows this one style sheet, by its hash, and nothing else."""
    found = asset("app.css")
    style = found[0].decode() if found else ""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    # Ours, from this package: the one text of the file that is not escaped.
    return rendered("report.html", {"report": report, "policy": policy, "style": Markup(style)})  # noqa: S704
