"""The tables and functions of strangler's own schema in the migrated database.

What clients touch is only `writers`, through `wrote`: rows are added there and never changed, so that no two clients
wait for one another, whatever their isolation. Tools fold them into `seen`.
"""

from __future__ import annotations

from typing import Final

from strangler_migrations.marks import REFUSED

SCHEMA: Final = """
CREATE SCHEMA IF NOT EXISTS strangler;
CREATE TABLE IF NOT EXISTS strangler.migrations (
    name text PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY, base text NOT NULL, version text NOT NULL,
    previous text, digest text NOT NULL, source text NOT NULL, shown jsonb NOT NULL, sql boolean NOT NULL,
    state text NOT NULL, actor text NOT NULL, started_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS strangler.statements (
    migration text NOT NULL REFERENCES strangler.migrations ON DELETE CASCADE, number integer NOT NULL,
    phase text NOT NULL, body jsonb NOT NULL, begun_at timestamptz, done_at timestamptz,
    PRIMARY KEY (migration, number));
CREATE TABLE IF NOT EXISTS strangler.fillings (
    migration text NOT NULL REFERENCES strangler.migrations ON DELETE CASCADE, number integer NOT NULL,
    body jsonb NOT NULL, last_key text[], rows bigint NOT NULL DEFAULT 0, done boolean NOT NULL DEFAULT false,
    PRIMARY KEY (migration, number));
CREATE TABLE IF NOT EXISTS strangler.checks (
    migration text NOT NULL REFERENCES strangler.migrations ON DELETE CASCADE, number integer NOT NULL,
    body jsonb NOT NULL, answer jsonb, at timestamptz, PRIMARY KEY (migration, number));
CREATE TABLE IF NOT EXISTS strangler.history (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    migration text NOT NULL, event text NOT NULL, actor text NOT NULL, detail text NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS strangler.lease (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), holder text NOT NULL, token text NOT NULL,
    expires_at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS strangler.writers (
    version text NOT NULL, role text NOT NULL, application text NOT NULL, address text NOT NULL,
    at timestamptz NOT NULL);
CREATE INDEX IF NOT EXISTS writers_latest ON strangler.writers (role, application, at);
CREATE TABLE IF NOT EXISTS strangler.seen (
    migration text NOT NULL REFERENCES strangler.migrations ON DELETE CASCADE, way text NOT NULL, role text NOT NULL,
    application text NOT NULL, address text NOT NULL, first_seen timestamptz NOT NULL, last_seen timestamptz NOT NULL,
    PRIMARY KEY (migration, way, role, application, address));
CREATE TABLE IF NOT EXISTS strangler.calls (
    migration text NOT NULL REFERENCES strangler.migrations ON DELETE CASCADE, role text NOT NULL,
    query bigint NOT NULL, calls bigint NOT NULL, text text NOT NULL, called_at timestamptz,
    PRIMARY KEY (migration, role, query));
CREATE TABLE IF NOT EXISTS strangler.acknowledged (
    migration text NOT NULL REFERENCES strangler.migrations ON DELETE CASCADE, name text NOT NULL, digest text NOT NULL,
    actor text NOT NULL, reason text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (migration, name));
CREATE OR REPLACE FUNCTION strangler.wrote(version text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $strangler$
BEGIN
  -- Under SERIALIZABLE a look at what is there would be a reason to be rolled back: one more row instead.
  IF current_setting('transaction_isolation') = 'serializable' OR NOT EXISTS (
      SELECT FROM strangler.writers w WHERE w.version = $1 AND w.role = session_user
        AND w.application = current_setting('application_name')
        AND w.address = COALESCE(host(inet_client_addr()), 'local')
        AND w.at > clock_timestamp() - interval '1 minute') THEN
    INSERT INTO strangler.writers VALUES ($1, session_user, current_setting('application_name'),
      COALESCE(host(inet_client_addr()), 'local'), clock_timestamp());
  END IF;
END $strangler$;
GRANT USAGE ON SCHEMA strangler TO PUBLIC;
GRANT EXECUTE ON FUNCTION strangler.wrote(text) TO PUBLIC;
CREATE TABLE IF NOT EXISTS strangler.watched (
    migration text PRIMARY KEY REFERENCES strangler.migrations ON DELETE CASCADE,
    since timestamptz NOT NULL, until timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS strangler.agreements (
    migration text NOT NULL REFERENCES strangler.migrations ON DELETE CASCADE, number integer NOT NULL,
    body jsonb NOT NULL, PRIMARY KEY (migration, number));
CREATE TABLE IF NOT EXISTS strangler.parity (
    migration text PRIMARY KEY REFERENCES strangler.migrations ON DELETE CASCADE, at timestamptz NOT NULL,
    rows bigint NOT NULL, apart bigint NOT NULL, example text NOT NULL, digest text NOT NULL);
CREATE TABLE IF NOT EXISTS strangler.paused (
    migration text PRIMARY KEY REFERENCES strangler.migrations ON DELETE CASCADE, actor text NOT NULL,
    reason text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE SEQUENCE IF NOT EXISTS strangler.refused;
SELECT setval('strangler.refused', 1) FROM strangler.refused WHERE NOT is_called;
CREATE OR REPLACE FUNCTION strangler.withdrawn(version text, until timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $strangler$
BEGIN
  IF clock_timestamp() >= until THEN
    RETURN true;
  END IF;
  -- Neither of these is taken back with the transaction.
  PERFORM pg_try_advisory_lock_shared({REFUSED}, 0);
  IF current_setting('transaction_read_only') = 'off' THEN
    PERFORM nextval('strangler.refused');
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
    MESSAGE = format('%s is withdrawn until %s UTC: this form of the schema goes soon',
                     version, to_char(until AT TIME ZONE 'UTC', 'HH24:MI:SS'));
END $strangler$;
GRANT EXECUTE ON FUNCTION strangler.withdrawn(text, timestamptz) TO PUBLIC;
CREATE TABLE IF NOT EXISTS strangler.brownouts (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    migration text NOT NULL REFERENCES strangler.migrations ON DELETE CASCADE, began timestamptz NOT NULL,
    until timestamptz NOT NULL, ended timestamptz, actor text NOT NULL, reason text NOT NULL, first bigint NOT NULL,
    refused bigint, definitions jsonb NOT NULL);
CREATE TABLE IF NOT EXISTS strangler.paces (
    migration text NOT NULL REFERENCES strangler.migrations ON DELETE CASCADE, number integer NOT NULL,
    at timestamptz NOT NULL, rows bigint NOT NULL, PRIMARY KEY (migration, number, at));
CREATE TABLE IF NOT EXISTS strangler.waits (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    migration text NOT NULL REFERENCES strangler.migrations ON DELETE CASCADE, what text NOT NULL, whom text NOT NULL,
    began timestamptz NOT NULL, latest timestamptz NOT NULL, attempts integer NOT NULL,
    ended boolean NOT NULL DEFAULT false);
""".replace("{REFUSED}", str(REFUSED))
LATEST: Final = "strangler.waits"
"""What is made last: where it is missing, the schema is made, or brought up."""
