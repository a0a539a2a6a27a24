"""How `compare` grows with the document: invoice runs up to 5 MB and 50,000 lines, beside `orjson.loads` alone.

    python bench/scale.py [--json FILE]

Each case is a process of its own, for its peak of memory; figures are ratios to `orjson.loads` of both bodies
(which makes doubles of amounts) in the same process, and to the smallest run.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import orjson

from strangler.comparison.model import Answer
from strangler.comparison.pair import compare
from strangler.testing.samples import answer, as_json

LINES = (500, 5_000, 50_000)
CASES = ("re-serialised", "an amount", "a lost line", "a percent of amounts")
AIM = 30
BENT = 1.6
"""A hundred times the lines may take so many times a hundred times the time: caches are no straight line."""


def run(lines: int) -> dict[str, object]:
    """An invoice run of about 100 bytes a line."""
    items = [
        {
            "n": n,
            "sku": f"SKU-{n % 977:04}",
            "text": f"Seat licence, customer {n:06}",
            "net": Decimal(1_000 + n * 37 % 90_000).scaleb(-2),
            "tax": Decimal(190 + n * 7 % 17_100).scaleb(-2),
        }
        for n in range(lines)
    ]
    return {"id": "run-2026-11", "currency": "EUR", "lines": items}


def pair(case: str, lines: int) -> tuple[Answer, Answer]:
    left, right = run(lines), run(lines)
    items = right["lines"]
    assert isinstance(items, list)
    if case == "an amount":
        items[lines // 2]["net"] += Decimal("0.01")
    elif case == "a lost line":
        del items[lines // 3]
    elif case == "a percent of amounts":
        for item in items[::100]:
            item["net"] += Decimal("0.01")
    return answer(as_json(left)), answer(as_json(right, reverse=True))  # type: ignore[arg-type]


def seconds(call: Callable[[], object]) -> float:
    rounds: list[float] = []
    for _ in range(3):
        started = time.process_time()
        call()
        rounds.append(time.process_time() - started)
    return statistics.median(rounds)


def peak() -> int:
    """Bytes this process ever held. On Linux `ru_maxrss` begins with what the parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def one(case: str, lines: int, folder: Path) -> dict[str, float]:
    """In a process of its own, which did not make the documents: parsing first, since a peak never goes down."""
    left, right = (answer((folder / name).read_bytes()) for name in ("left", "right"))
    before = peak()
    theirs = seconds(lambda: (orjson.loads(left.body), orjson.loads(right.body)))
    parsed = peak()
    ours = seconds(lambda: compare(left, right))
    outcome = compare(left, right)
    found = len(outcome.differences) + outcome.unlisted
    wanted = {"re-serialised": 0, "an amount": 1, "a lost line": 1, "a percent of amounts": -(-lines // 100)}
    assert found == wanted[case], (case, found)
    return {
        "bytes": len(left.body),
        "compare_ms": round(ours * 1e3, 1),
        "ratio": round(ours / theirs, 1),
        "memory_mb": round((peak() - before) / 2**20, 1),
        "orjson_mb": round((parsed - before) / 2**20, 1),
    }


def measure() -> dict[str, dict[str, dict[str, float]]]:
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for case in CASES:
        for lines in LINES:
            with tempfile.TemporaryDirectory() as folder:
                for name, made in zip(("left", "right"), pair(case, lines), strict=True):
                    (Path(folder) / name).write_bytes(made.body)
                command = [sys.executable, __file__, "--one", case, str(lines), folder]
                said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            figures.setdefault(case, {})[str(lines)] = json.loads(said)
    return figures


def bend(rows: dict[str, dict[str, float]]) -> float:
    """Time a byte of the largest run, against the smallest one's: 1 is a straight line."""
    small, large = rows[str(LINES[0])], rows[str(LINES[-1])]
    return round(large["compare_ms"] / large["bytes"] / (small["compare_ms"] / small["bytes"]), 2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument(
        "--one", nargs=3, metavar=("CASE", "LINES", "FOLDER"), help="one case, in this process"
    )
    arguments = parser.parse_args()
    if arguments.one:
        case, lines, folder = arguments.one
        print(json.dumps(one(case, int(lines), Path(folder))))
        return 0
    figures = measure()
    print(f"{'pair':<22}{'lines':>8}{'MB':>7}{'ms':>9}{'x orjson':>10}{'peak MB':>9}{'orjson MB':>11}")
    for case, rows in figures.items():
        for lines, row in rows.items():
            print(
                f"{case:<22}{int(lines):>8,}{row['bytes'] / 1e6:>7.2f}{row['compare_ms']:>9,}{row['ratio']:>10}"
                f"{row['memory_mb']:>9}{row['orjson_mb']:>11}"
            )
    bends = {case: bend(rows) for case, rows in figures.items()}
    print(f"time a byte, 50,000 lines against 500: {bends} (aim: {BENT} at most)")
    print(f"x orjson at 50,000 lines: aim {AIM} at most")
    if arguments.json:
        arguments.json.write_text(json.dumps({"scale": figures, "bend": bends}, indent=2) + "\n")
    slowest = max(rows[str(LINES[-1])]["ratio"] for rows in figures.values())
    return 0 if slowest <= AIM and max(bends.values()) <= BENT else 1


if __name__ == "__main__":
    sys.exit(main())
