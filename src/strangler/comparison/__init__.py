"""Two answers go in; out come the places where they disagree, each with a cause.

decode -> rules -> differences -> causes -> fingerprint. `compare` is the whole of it for one pair; `judge_again`
and `settle` take in what one pair cannot tell.
"""

from __future__ import annotations

TYPE_CHECKING = False  # not from typing: importing that takes longer than everything else here

if TYPE_CHECKING:
    from strangler.comparison.context import Context, Limits
    from strangler.comparison.failures import failed
    from strangler.comparison.fingerprint import Fingerprint
    from strangler.comparison.model import Answer, Cause, Difference, Location, Outcome
    from strangler.comparison.noise import Finding, Proposal, Tally, propose, self_findings
    from strangler.comparison.observations import Observations, settle
    from strangler.comparison.pair import compare
    from strangler.comparison.reask import judge_again
    from strangler.comparison.referee import disagrees
    from strangler.comparison.rules import Rules

__all__ = [
    "Answer",
    "Cause",
    "Context",
    "Difference",
    "Finding",
    "Fingerprint",
    "Limits",
    "Location",
    "Observations",
    "Outcome",
    "Proposal",
    "Rules",
    "Tally",
    "compare",
    "disagrees",
    "failed",
    "judge_again",
    "propose",
    "self_findings",
    "settle",
]

_HOMES = {
    "Answer": "model",
    "Cause": "model",
    "Context": "context",
    "Difference": "model",
    "Finding": "noise",
    "Fingerprint": "fingerprint",
    "Limits": "context",
    "Location": "model",
    "Observations": "observations",
    "Outcome": "model",
    "Proposal": "noise",
    "Rules": "rules",
    "Tally": "noise",
    "compare": "pair",
    "disagrees": "referee",
    "failed": "failures",
    "judge_again": "reask",
    "propose": "noise",
    "self_findings": "noise",
    "settle": "observations",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, when it is asked for: the ledger wants the shapes without the decoders."""
    if name not in _HOMES:
        raise AttributeError(f"module 'strangler.comparison' has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"strangler.comparison.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
