"""Schemathesis against the API: asks the real dashboard, over the sample ledger, what its OpenAPI document says it
answers, and much that it does not.

Run by `make fuzz`, in the project's environment: .venv/bin/python scripts/api_fuzz.py --minutes 10 [--seed N]

Leaves with 0 where nothing was found: no 5xx, no undocumented answer, every answer as its schema says. What is left
goes to `schemathesis run`.
"""

from __future__ import annotations

import argparse
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from strangler.testing.pages import served
from strangler.testing.sample_ledger import sample

CONFIG = """\
[[operations]]
include-operation-id = "listDivergences"
# No schema says which texts are cursors of ours, or names of cutovers.
checks.positive_data_acceptance.enabled = false

[[operations]]
include-method = "POST"
# Nor which keys were used already, and which state a cutover is in.
checks.positive_data_acceptance.enabled = false
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=int, default=10, help="for how long (default 10)")
    length.add_argument(
        "--examples", type=int, help="instead: so many for each operation, the same each time"
    )
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    arguments, more = parser.parse_known_args()
    print(f"seed {arguments.seed}", flush=True)
    told = ["--seed", str(arguments.seed), "--warnings", "off"]
    if arguments.examples:
        told += ["--max-examples", str(arguments.examples), "--generation-deterministic"]
        told += ["--phases", "coverage,fuzzing"]
    else:
        told += [
            "--max-time",
            str(60 * arguments.minutes),
            "--continue-on-failure",
            "--generation-database",
            "none",
        ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        sample(folder, time.time_ns())
        with served(folder) as url:
            config = folder / "schemathesis.toml"
            config.write_text(CONFIG, encoding="utf-8")
            program = [sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", str(config)]
            command = [*program, "run", *told, *more, f"{url}/api/v1/openapi.json"]
            return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
