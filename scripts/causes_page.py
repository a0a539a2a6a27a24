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
from strangler.comparison.learning.cause import LearnedCause, Run
from strangler.comparison.learning.table import LEARNED

PAGE = Path(__file__).resolve().parent.parent / "docs" / "causes.md"
HEAD = """\
# Causes

Written by `scripts/causes_page.py` from the causes' own examples, which are their tests too. They are asked in this
order, those that are about the kind of difference at hand; the first that fits is the cause. What none explains stays
`unexplained`; between the bodies of two errors of one status, `error-body`; where a function that a rule `call` names
gave no answer, `rule-failed`.
"""


LEARNED_HEAD = """
# Learned causes

No single pair tells these; many of one route do. Each table is one run of pairs. A learned cause changes the word for
a divergence and which divergences are one; it is withdrawn by the first pair that speaks against it.
"""


def page() -> str:
    """The whole page."""
    return (
        HEAD
        + "".join(section(known) for known in KNOWN)
        + LEARNED_HEAD
        + "".join(learned(known) for known in LEARNED)
    )


def section(known: KnownCause) -> str:
    """One cause."""
    text = " ".join((sys.modules[known.explain.__module__].__doc__ or "").split())
    rows = [row(example, "yes") for example in known.good] + [row(example, "no") for example in known.bad]
    table = "\n".join(["| legacy | candidate | is it? | said |", "|---|---|---|---|", *rows])
    return f"\n## {known.code}\n\n{text}\n\n{table}\n"


def learned(known: LearnedCause) -> str:
    """One learned cause."""
    text = (sys.modules[known.claims.__module__].__doc__ or "").strip()
    runs = [run(pairs, "yes") for pairs in known.good] + [run(pairs, "no") for pairs in known.bad]
    return f"\n## {known.code}\n\n{text}\n" + "".join(runs)


def run(pairs: Run, fits: str) -> str:
    rows = [f"| {count} | {code(each.left)} | {code(each.right)} |" for count, each in pairs]
    return "\n".join(["", f"| {fits}: pairs | legacy | candidate |", "|---|---|---|", *rows, ""])


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
