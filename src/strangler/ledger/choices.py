"""What filters may say: every cause, version and stratum that there is."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, select, text

from strangler.ledger import tables
from strangler.ledger.settled import SEVERITIES

STATES: Final = ("open", "regressed", "accepted", "resolved")
_CAUSES: Final = """
WITH RECURSIVE pairs(state, severity) AS (VALUES %s), steps(state, severity, cause) AS (
    SELECT state, severity, (
        SELECT min(d.cause) FROM divergences d
        WHERE d.merged_into = '' AND d.state = pairs.state AND d.severity = pairs.severity
    ) FROM pairs
    UNION ALL
    SELECT state, severity, (
        SELECT min(d.cause) FROM divergences d
        WHERE d.merged_into = '' AND d.state = steps.state AND d.severity = steps.severity AND d.cause > steps.cause
    ) FROM steps WHERE cause IS NOT NULL
) SELECT DISTINCT cause FROM steps
"""


def causes(connection: Connection) -> tuple[str, ...]:
    """Every cause of what is part of nothing else, from one to the next along an index."""
    pairs = [{"state": state, "severity": severity} for state in STATES for severity in SEVERITIES]
    values = ", ".join(f"(:state{number}, :severity{number})" for number in range(len(pairs)))
    given = {f"{name}{number}": value for number, pair in enumerate(pairs) for name, value in pair.items()}
    return tuple(sorted(filter(None, connection.execute(text(_CAUSES % values), given).scalars())))


def versions(connection: Connection) -> tuple[str, ...]:
    """Every version of the candidate that was compared."""
    return _distinct(connection, tables.epochs.c.version)


def strata(connection: Connection) -> tuple[str, ...]:
    """Every stratum in which something was compared."""
    return _distinct(connection, tables.evidence.c.stratum)


def _distinct(connection: Connection, column: Column[str]) -> tuple[str, ...]:
    found: list[str] = list(connection.execute(select(column).distinct()).scalars())
    return tuple(sorted(filter(None, found)))
