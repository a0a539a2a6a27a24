"""JUnit XML: one case per route and stratum, one for the cutover as a whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from strangler.gate import Reason
    from strangler_cli.formats.verdict import Asked

_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, escaped or not."""


def as_junit(asked: Asked) -> str:
    """A report any CI reads. Everything in the way is a failure, so that a report never looks better than its exit
    code; the type says which kind.
    """
    verdict = asked.verdict
    cases: dict[tuple[str, str], list[Reason]] = {place: [] for place in (("", ""), *asked.routes)}
    for reason in verdict.reasons:
        cases.setdefault((reason.route, reason.stratum), []).append(reason)
    failures = sum(bool(reasons) for reasons in cases.values())
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}
    root = ET.Element("testsuites", {"name": "strangler gate", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": _clean(verdict.cutover), **counts, "skipped": "0"})
    for (route, stratum), reasons in cases.items():
        name = f"{route} ({stratum})" if stratum else route or "cutover"
        case = ET.SubElement(
            suite,
            "testcase",
            {"classname": f"strangler.gate.{_clean(verdict.cutover)}", "name": _clean(name)},
        )
        if reasons:
            message = "; ".join(f"{reason.code}: {reason.measured}" for reason in reasons)
            failure = ET.SubElement(case, "failure", {"type": reasons[0].status, "message": _clean(message)})
            failure.text = _clean("\n\n".join([message, *(_long(reason, asked.file) for reason in reasons)]))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _long(reason: Reason, file: str) -> str:
    place = f"\nset in: {file}:{reason.config_line}" if reason.config_line else ""
    return f"{reason.measured}\nrequired: {reason.required}\nto change it: {reason.remedy}{place}"


def _clean(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
