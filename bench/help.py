"""How long `strangler --help` takes beside `python -c "import click"`: processes from start to end, interleaved.

python bench/help.py [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15
AIM = 3
COMMANDS = {
    "import click": [sys.executable, "-c", "import click"],
    "strangler --help": [sys.executable, "-m", "strangler_cli.main", "--help"],
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    times: dict[str, list[int]] = {name: [] for name in COMMANDS}
    for number in range(ROUNDS + 1):
        for name, command in COMMANDS.items():
            started = time.perf_counter_ns()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            if number:  # the first round warms the file cache
                times[name].append(time.perf_counter_ns() - started)
    medians = {name: statistics.median(found) for name, found in times.items()}
    ratio = medians["strangler --help"] / medians["import click"]
    for name, found in times.items():
        spread = f"({min(found) / 1e6:.1f} to {max(found) / 1e6:.1f}, {ROUNDS} rounds)"
        print(f"{name:18} median {medians[name] / 1e6:6.1f} ms  {spread}")
    print(f"{'ratio':18} {ratio:.2f} x  (aim: at most {AIM} x)")
    if arguments.json:
        arguments.json.write_text(json.dumps({"times_ns": times, "ratio": ratio, "aim": AIM}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
