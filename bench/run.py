"""Every benchmark, one after the other, each with its peer in the same run; `bench/results/` keeps the figures.

python bench/run.py [NAME…]
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results"
BENCHMARKS = (
    "comparison",
    "scale",
    "help",
    "gate",
    "ledger",
    "worker",
    "plane",
    "backfill",
    "parity",
    "dashboard",
    "followers",
    "side_by_side",
)


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        print(f"there is no benchmark {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    RESULTS.mkdir(exist_ok=True)
    failed = []
    for name in names or BENCHMARKS:
        print(f"\n== {name}", flush=True)
        command = [sys.executable, str(HERE / f"{name}.py"), "--json", str(RESULTS / f"{name}.json")]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    machine = {"machine": platform.machine(), "python": platform.python_version(), "at": time.strftime("%F")}
    (RESULTS / "machine.json").write_text(json.dumps(machine))
    if failed:
        print(f"\nnot at its aim, or not finished: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
