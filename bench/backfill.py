"""Rows a second that a backfill fills, by the size of the table, against pgroll's batch statement in the same run.

python bench/backfill.py [--json FILE] [--sizes 10000 100000 300000 1000000 3000000] [--limit 30]

The peer is pgroll's statement, written anew from its description: batches of 1,000 keys of rows that are flagged as
needing it, locked, joined back to the table and updated to themselves, so that its trigger computes the new column. It
is stopped after `--limit` seconds; its rate is that of the rows it got to. Ours is a whole `strangler migrate start`,
timed from the state backfilling to backfilled: its ANALYZE and its look for rows that are left are in it. Neither table
was analysed before, as after a restore.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from strangler.testing.postgres import NoPostgresError, start
from strangler_migrations.migration import parse
from strangler_migrations.running import lifecycle
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session, connected

SIZES = (10_000, 100_000, 300_000, 1_000_000, 3_000_000)
FLAT, FACTOR, FROM = 60_000, 5, 300_000
"""The aim: rows a second at any size, or so many times the peer's from this size on."""
BATCH = 1_000
FILL = (
    "INSERT INTO {} (id, amount, note) SELECT i, i * 0.01, 'invoice ' || i || repeat('.', 60)"
    " FROM generate_series(1, {}) i"
)
TABLE = "CREATE TABLE {} (id int PRIMARY KEY, amount numeric(12,2) NOT NULL, note text NOT NULL)"
MIGRATION = parse(
    "operations: [{alter_column: {table: ours, column: amount, type: bigint,"
    " up: (amount * 100)::bigint, down: amount / 100.0}}]",
    Path("01_minor.yaml"),
)
PEER_TRIGGER = """
ALTER TABLE peer ADD COLUMN new_amount bigint, ADD COLUMN needs_backfill boolean DEFAULT true;
CREATE FUNCTION peer_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  amount peer.amount%TYPE := NEW.amount;
  path text;
BEGIN
  SELECT current_setting('search_path') INTO path;
  IF path <> 'public_new' THEN
    NEW.new_amount := (amount * 100)::bigint;
    NEW.needs_backfill := false;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER peer_up BEFORE INSERT OR UPDATE ON peer FOR EACH ROW EXECUTE FUNCTION peer_up();
"""
PEER_BATCH = """
WITH batch AS (SELECT id FROM peer WHERE needs_backfill = true AND id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE),
     written AS (UPDATE peer SET id = peer.id FROM batch WHERE peer.id = batch.id RETURNING peer.id)
SELECT max(id), count(*) FROM written
"""


def peer(connection: psycopg.Connection[Any], size: int, limit: float) -> float:
    connection.execute(TABLE.format("peer").encode())
    connection.execute(FILL.format("peer", size).encode())
    connection.execute(PEER_TRIGGER)
    began, done, last = time.perf_counter(), 0, 0
    while time.perf_counter() - began < limit:
        key, rows = connection.execute(PEER_BATCH, (last, BATCH)).fetchone() or (None, 0)
        if key is None:
            break
        last, done = key, done + rows
    rate = done / (time.perf_counter() - began)
    connection.execute("DROP TABLE peer; DROP FUNCTION peer_up()")
    return rate


def ours(connection: psycopg.Connection[Any], size: int) -> float:
    connection.execute(TABLE.format("ours").encode())
    connection.execute(FILL.format("ours", size).encode())
    session = Session(connection, "public", "bench")
    lifecycle.start(session, MIGRATION, Throttle(), lambda *_: None)
    took = connection.execute(
        "SELECT extract(epoch FROM max(at) FILTER (WHERE event = 'backfilled')"
        " - max(at) FILTER (WHERE event = 'backfilling'))::float8 FROM strangler.history"
    ).fetchone()
    wrong = connection.execute(
        "SELECT count(*) FROM ours WHERE _strangler_new_amount IS DISTINCT FROM (amount * 100)::bigint"
    ).fetchone()
    assert took is not None
    assert wrong == (0,), "every row has its new form"
    return size / float(took[0])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--limit", type=float, default=30.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            server = start(Path(folder))
        except NoPostgresError as error:
            print(f"skipped: {error}")
            return 0
        try:
            rows = [measured(server.create_database(), size, options.limit) for size in options.sizes]
        finally:
            server.stop()
    if options.json:
        options.json.write_text(json.dumps({"backfill": rows}, indent=2))
    return (
        0 if all(row["ours"] >= FLAT or row["size"] < FROM or row["ratio"] >= FACTOR for row in rows) else 1
    )


def measured(url: str, size: int, limit: float) -> dict[str, float]:
    with connected(url) as connection:
        other = peer(connection, size, limit)
        mine = ours(connection, size)
    print(
        f"{size:>10,} rows: ours {mine:>9,.0f} rows/s, pgroll's statement {other:>8,.0f}, ratio {mine / other:.1f}",
        flush=True,
    )
    return {"size": size, "ours": round(mine), "peer": round(other), "ratio": round(mine / other, 2)}


if __name__ == "__main__":
    sys.exit(main())
