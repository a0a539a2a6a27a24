"""What would work in place of what a view cannot serve."""

from __future__ import annotations

import re
from typing import Final

_REMEDIES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), remedy)
    for pattern, remedy in (
        (r"^\s*COPY\b.*\bFROM\b", "COPY into a temporary table, then INSERT … SELECT from there"),
        (r"^\s*COPY\b", "COPY (SELECT … FROM …) TO …"),
        (r"^\s*TRUNCATE\b", "DELETE; or TRUNCATE of the table itself, by its schema's name"),
        (r"\bON\s+CONSTRAINT\b", "ON CONFLICT (COLUMNS) in place of ON CONSTRAINT NAME"),
        (r"\bTABLESAMPLE\b", "WHERE random() < SHARE; or the table itself, by its schema's name"),
        (r"\bpg_get_serial_sequence\b", "the table's schema in the name; or RETURNING in place of currval()"),
        (r"\bMERGE\b", "INSERT … ON CONFLICT DO UPDATE; views take MERGE from PostgreSQL 17 on"),
        (r"\bWHERE\s+CURRENT\s+OF\b", "WHERE with the primary key in place of the cursor's place"),
        (
            r"\b(ctid|xmin|xmax|cmin|cmax|tableoid)\b",
            "the primary key in place of ctid, a column of its own in place of xmin",
        ),
        (r"\bGROUP\s+BY\b", "name every selected column in GROUP BY: to a view no column follows from a key"),
    )
)


def remedy(statement: str, hint: str | None) -> str:
    """What to write instead; PostgreSQL's own hint where nothing is known."""
    return next((text for pattern, text in _REMEDIES if pattern.search(statement)), hint or "")
