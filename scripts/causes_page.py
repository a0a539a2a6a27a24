"""Writes docs/causes.md from the causes themselves: what each is, with its good and bad examples.

    .venv/bin/python scripts/causes_page.py

A test holds the page: it is to be written anew when a cause changes.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path

from strangler import compare
from strangler.comparison.causes import KNOWN, Example, KnownCause

PAGE = Path(__file__).resolve().parent.parent / "docs" / "causes.md"
HEAD = """\
# Causes

Written by `scripts/causes_page.py` from the causes' own examples, which are their tests too. They are asked in this
order, those that are about the kind of difference at hand; the first that fits is the cause. What none explains stays
`unexplained`; between the bodies of two errors of one status, `error-body`.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(section(known) for known in KNOWN)


def section(known: KnownCause) -> str:
    """One cause."""
    text = " ".join((sys.modules[known.explain.__module__].__doc__ or "").split())
    rows = [row(example, "yes") for example in known.good] + [row(example, "no") for example in known.bad]
    table = "\n".join(["| legacy | candidate | is it? | said |", "|---|---|---|---|", *rows])
    return f"\n## {known.code}\n\n{text}\n\n{table}\n"


def row(example: Example, fits: str) -> str:
    found = compare(example.left, example.right).differences
    said = found[0].cause.detail or found[0].cause.code
    if fits == "no":
        said = ", ".join(dict.fromkeys(difference.cause.code for difference in found))
    return f"| {code(example.left)} | {code(example.right)} | {fits} | {said} |"


def code(value: object) -> str:
    return "`" + json.dumps(value, ensure_ascii=False, default=number).replace("|", "\\|") + "`"


def number(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(value)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
