"""Places as the ledger writes them, and as a rule does.

The ledger has `body $.lines[*].amount`, `header $['content-type']`, `status`; a rule `$.lines[*].amount`,
`header:content-type`, `status`.
"""

from __future__ import annotations

import re
from typing import Final

_FIELD: Final = re.compile(r"\$(?:\.(\w+)|\['([^']+)'\]).*", re.ASCII)


def rule_place(location: str) -> str | None:
    """The place in a rule's words; None where no rule can name it (a trailer, an answer as a whole)."""
    if location == "status":
        return location
    part, _, path = location.partition(" ")
    if part == "body":
        return path or None
    found = _FIELD.fullmatch(path) if part == "header" else None
    return f"header:{found[1] or found[2]}" if found else None
