"""strangler moves a billing system from a legacy service to a candidate, one cutover at a time, with proof.

from strangler import compare, Rules

outcome = compare(b'{"total": "10.00"}', b'{"total": "10.01"}', Rules.parse([{"ignore": "$.generated_at"}]))
"""

from __future__ import annotations

TYPE_CHECKING = False  # not from typing: importing that takes longer than everything else here

if TYPE_CHECKING:
    from strangler.comparison.context import Context, Limits
    from strangler.comparison.declared import DeclaredFormat
    from strangler.comparison.decode.media import MediaType
    from strangler.comparison.fingerprint import Fingerprint, fingerprint
    from strangler.comparison.model import (
        Anomaly,
        Answer,
        Cause,
        Decoded,
        Difference,
        Location,
        Node,
        Opaque,
        Outcome,
    )
    from strangler.comparison.pair import compare
    from strangler.comparison.rules import Rules
    from strangler.errors import DecodeError

__all__ = [
    "Anomaly",
    "Answer",
    "Cause",
    "Context",
    "DeclaredFormat",
    "DecodeError",
    "Decoded",
    "Difference",
    "Fingerprint",
    "Limits",
    "Location",
    "MediaType",
    "Node",
    "Opaque",
    "Outcome",
    "Rules",
    "compare",
    "fingerprint",
]

_HOMES = {
    "Anomaly": "comparison.model",
    "Answer": "comparison.model",
    "Cause": "comparison.model",
    "Context": "comparison.context",
    "DecodeError": "errors",
    "DeclaredFormat": "comparison.declared",
    "Decoded": "comparison.model",
    "Difference": "comparison.model",
    "Fingerprint": "comparison.fingerprint",
    "Limits": "comparison.context",
    "Location": "comparison.model",
    "MediaType": "comparison.decode.media",
    "Node": "comparison.model",
    "Opaque": "comparison.model",
    "Outcome": "comparison.model",
    "Rules": "comparison.rules",
    "compare": "comparison.pair",
    "fingerprint": "comparison.fingerprint",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, when it is asked for: `import strangler` itself loads nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'strangler' has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"strangler.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
