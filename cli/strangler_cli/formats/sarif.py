"""SARIF 2.1.0 (OASIS): what stands in the way of a cutover, as results on strangler.yaml."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from strangler.gate import Reason
    from strangler_cli.formats.verdict import Asked

MOST: Final = 5_000
"""Results of one run that GitHub keeps."""
SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {"blocked": "error", "insufficient": "warning", "frozen": "note"}


def as_sarif(asked: Asked) -> dict[str, Any]:
    """One run. A verdict that passes has no results."""
    verdict = asked.verdict
    reasons = verdict.reasons[:MOST]
    codes = sorted({reason.code for reason in reasons})
    driver = {
        "name": "strangler",
        "version": version("strangler"),
        "rules": [{"id": code, "shortDescription": {"text": code.replace("-", " ")}} for code in codes],
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"strangler/gate/{quote(verdict.cutover, safe='')}"},
        "invocations": [{"executionSuccessful": True, "exitCode": verdict.exit_code}],
        "results": [_result(reason, asked, codes.index(reason.code)) for reason in reasons],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(reason: Reason, asked: Asked, rule: int) -> dict[str, Any]:
    text = f"{reason.measured}. Required: {reason.required}. To change it: {reason.remedy}."
    place: dict[str, Any] = {"artifactLocation": {"uri": uri(asked.file)}}
    if reason.config_line:
        place["region"] = {"startLine": reason.config_line}
    return {
        "ruleId": reason.code,
        "ruleIndex": rule,
        "level": _LEVELS[reason.status],
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"strangler/v1": fingerprint(reason, asked.verdict.cutover)},
    }


def fingerprint(reason: Reason, cutover: str) -> str:
    """The same for the same thing in the way, whatever its numbers."""
    named = f"{cutover}\0{reason.code}\0{reason.route}\0{reason.stratum}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def uri(file: str) -> str:
    """A file as a URI reference: relative to where the command ran, if it lies below."""
    path = Path(file)
    if not path.is_absolute():
        return quote(path.as_posix())
    here = Path.cwd()
    return quote(path.relative_to(here).as_posix()) if path.is_relative_to(here) else path.as_uri()
