"""Parity of two tables beside reladiff: 1,000,000 rows of five columns, medians of interleaved rounds in one run.

    python bench/parity.py [--json FILE] [--rows N] [--rounds N]

Both are given the same two tables of one server, once with three differences and once with none, and must name the
same rows.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from reladiff import connect_to_table, diff_tables

from strangler.redaction import Redactor
from strangler.testing.postgres import Server, start
from strangler_migrations.parity import Options, Relation, around, side, verify

COLUMNS = ("customer", "amount", "issued", "paid")
AIMS = {"three differences": 5.0, "no difference": 8.0}
CHANGED = {"three differences": ("123456", "500000", "777777"), "no difference": ()}


def filled(url: str, rows: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("legacy", "candidate", "same"):
            connection.execute(
                f"CREATE TABLE {table} (id int8 PRIMARY KEY, customer text NOT NULL, amount numeric(12,2) NOT NULL,"
                " issued timestamptz NOT NULL, paid bool NOT NULL)".encode()
            )
            connection.execute(
                f"INSERT INTO {table} SELECT i, 'customer ' || i::int8 * 7919 % 100003, i::int8 * 37 % 1000000 / 100.0,"
                f" timestamptz '2020-01-01' + i * interval '37 s', i % 3 = 0"
                f" FROM generate_series(1, {rows}) AS i".encode()
            )
        connection.execute("UPDATE candidate SET amount = amount + 1 WHERE id IN (123456, 777777)")
        connection.execute("DELETE FROM candidate WHERE id = 500000")
        connection.execute("VACUUM ANALYZE")


def roomy(server: Server, settings: Path) -> None:
    """Tables that fit the server's memory: what is measured is the comparing, not the reading of files."""
    settings.write_text(settings.read_text() + "shared_buffers = '512MB'\n")
    server.crash()
    server.restart()


def ours(url: str, right: str) -> set[str]:
    left = side("left", url, Relation(table="legacy"))
    other = side("right", url, Relation(table=right))
    found = verify(left, other, Options(), Redactor(b"a key of the bench"), around())
    return {str(each.key["id"]) for each in found.differences}


def theirs(url: str, right: str) -> set[str]:
    left, other = connect_to_table(url, "legacy", "id"), connect_to_table(url, right, "id")
    return {str(row[0]) for _, row in diff_tables(left, other, extra_columns=COLUMNS)}


def seconds(call: Callable[[str, str], set[str]], url: str, right: str, expected: set[str]) -> float:
    began = time.perf_counter()
    found = call(url, right)
    took = time.perf_counter() - began
    if found != expected:
        raise SystemExit(f"{call.__name__} found {sorted(found)}, and there are {sorted(expected)}")
    return took


def measure(url: str, rounds: int) -> dict[str, dict[str, float]]:
    tables = {"three differences": "candidate", "no difference": "same"}
    times: dict[str, list[tuple[float, float]]] = {case: [] for case in tables}
    for _ in range(rounds):
        for case, right in tables.items():
            expected = set(CHANGED[case])
            times[case].append((seconds(ours, url, right, expected), seconds(theirs, url, right, expected)))
    return {case: summary(times[case], AIMS[case]) for case in tables}


def summary(times: list[tuple[float, float]], aim: float) -> dict[str, float]:
    ratios = sorted(theirs / ours for ours, theirs in times)
    return {
        "ratio": round(statistics.median(ratios), 1),
        "lowest": round(ratios[0], 1),
        "highest": round(ratios[-1], 1),
        "aim": aim,
        "verify_s": round(statistics.median(ours for ours, _ in times), 2),
        "reladiff_s": round(statistics.median(theirs for _, theirs in times), 2),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="strangler-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = start(Path(folder) / "server")
        try:
            roomy(server, Path(folder) / "server" / "data" / "postgresql.auto.conf")
            url = server.create_database()
            filled(url, arguments.rows)
            figures = measure(url, arguments.rounds)
        finally:
            server.stop()
    print(f"{'tables with':<20}{'ratio':>8}{'spread':>14}{'aim':>6}{'verify s':>10}{'reladiff s':>12}")
    for case, row in figures.items():
        spread = f"{row['lowest']} - {row['highest']}"
        print(
            f"{case:<20}{row['ratio']:>8}{spread:>14}{row['aim']:>6}{row['verify_s']:>10}{row['reladiff_s']:>12}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps({"parity": figures}, indent=2) + "\n")
    return 0 if all(row["ratio"] >= row["aim"] for row in figures.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
