"""How fast `compare` is beside DeepDiff: a 2 kB invoice, medians of five interleaved rounds, in one run.

    python bench/comparison.py [--json FILE]

Both start from the same bytes: DeepDiff is given what `json.loads(parse_float=Decimal)` makes of them, except for
equal bytes, which it also has to parse to know.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from deepdiff import DeepDiff

from strangler.comparison.model import Answer
from strangler.comparison.pair import compare
from strangler.testing.samples import answer, as_json, invoice

ROUNDS = 5
AIMS = {"byte-equal": 1_000, "re-serialised": 40, "three differences": 30}


def cases() -> dict[str, tuple[Answer, Answer]]:
    document = invoice(7)
    text = as_json(document)
    other = invoice(7)
    other["total"] = Decimal("999.99")
    other["status"] = "paid"
    other["due_date"] = "2026-12-24"
    # Date differs in every pair, as it does in real answers.
    dated = (("Cache-Control", "no-store"), ("ETag", '"1"')), (("Cache-Control", "no-store"), ("ETag", '"2"'))
    left = answer(text, fields=dated[0])
    return {
        "byte-equal": (left, answer(text, fields=dated[1])),
        "re-serialised": (left, answer(as_json(document, indent=1, reverse=True), fields=dated[1])),
        "three differences": (left, answer(as_json(other), fields=dated[1])),
    }


def by_deepdiff(left: Answer, right: Answer) -> object:
    return DeepDiff(json.loads(left.body, parse_float=Decimal), json.loads(right.body, parse_float=Decimal))


def seconds(
    call: Callable[[Answer, Answer], object], pair: tuple[Answer, Answer], budget: float = 0.2
) -> float:
    """Processor seconds per call: on a busy machine the clock on the wall measures the neighbours."""
    started = time.process_time()
    call(*pair)
    calls = max(5, int(budget / (time.process_time() - started + 1e-7)))
    started = time.process_time()
    for _ in range(calls):
        call(*pair)
    return (time.process_time() - started) / calls


def measure() -> dict[str, dict[str, float]]:
    pairs = cases()
    ours: dict[str, list[float]] = {name: [] for name in pairs}
    theirs: dict[str, list[float]] = {name: [] for name in pairs}
    for _ in range(ROUNDS):
        for name, pair in pairs.items():
            ours[name].append(seconds(compare, pair))
            theirs[name].append(seconds(by_deepdiff, pair))
    return {name: _summary(ours[name], theirs[name], AIMS[name]) for name in pairs}


def _summary(ours: list[float], theirs: list[float], aim: float) -> dict[str, float]:
    ratios = sorted(b / a for a, b in zip(ours, theirs, strict=True))
    return {
        "ratio": round(statistics.median(ratios), 1),
        "lowest": round(ratios[0], 1),
        "highest": round(ratios[-1], 1),
        "aim": aim,
        "compare_us": round(statistics.median(ours) * 1e6, 2),
        "deepdiff_us": round(statistics.median(theirs) * 1e6, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    figures = measure()
    print(f"{'pair':<20}{'ratio':>10}{'spread':>20}{'aim':>8}{'compare us':>12}{'DeepDiff us':>13}")
    for name, row in figures.items():
        spread = f"{row['lowest']:,} - {row['highest']:,}"
        print(
            f"{name:<20}{row['ratio']:>10,}{spread:>20}{row['aim']:>8,}{row['compare_us']:>12}{row['deepdiff_us']:>13}"
        )
    print(json.dumps({"comparison": figures}))
    if arguments.json:
        arguments.json.write_text(json.dumps({"comparison": figures}, indent=2) + "\n")
    return 0 if all(row["ratio"] >= row["aim"] for row in figures.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
