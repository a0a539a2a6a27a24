"""Runs the properties again and again, each round from another seed, until the time is up or one of them fails; then as
long Schemathesis against the API (scripts/api_fuzz.py), unless what is left says which tests are meant.

Run by `make fuzz`, in the project's environment: `make fuzz ARGS="--minutes 60"`. What is left goes to pytest, such as
the path of a file. The seed of a round that failed is printed; with `--seed` the first round begins there.
"""

from __future__ import annotations

import argparse
import secrets
import subprocess
import sys
import time
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=int, default=10, help="when no further round begins (default 10)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32), help="of the first round")
    arguments, more = parser.parse_known_args()
    until = time.monotonic() + 60 * arguments.minutes
    rounds = 0
    while not rounds or time.monotonic() < until:
        seed = arguments.seed + rounds
        rounds += 1
        print(f"round {rounds}, seed {seed}", flush=True)
        code = subprocess.run([*_pytest(seed), *more], check=False).returncode
        if code:
            print(f"failed in round {rounds}: make fuzz ARGS='--seed {seed}' begins with it")
            return code
    print(f"{rounds} round{'s' * (rounds > 1)}, nothing found", flush=True)
    return 0 if more else _api(arguments.minutes, arguments.seed)


def _api(minutes: int, seed: int) -> int:
    program = Path(__file__).with_name("api_fuzz.py")
    command = [sys.executable, str(program), "--minutes", str(minutes), "--seed", str(seed)]
    code = subprocess.run(command, check=False).returncode
    if code:
        print(f"failed: {program.name} --seed {seed} begins with it")
    return code


def _pytest(seed: int) -> list[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-m", "hypothesis", "--timeout=1800"]
    return [*command, "--hypothesis-profile=fuzz", f"--hypothesis-seed={seed}"]


if __name__ == "__main__":
    sys.exit(main())
