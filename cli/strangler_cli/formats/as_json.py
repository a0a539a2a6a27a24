"""JSON for machines: stable names, amounts as text, times as RFC 3339. What each command prints stands in
docs/commands.md.
"""

from __future__ import annotations

import msgspec


def dumped(value: object) -> str:
    """Indented, in the order of the fields; Decimals as strings."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
