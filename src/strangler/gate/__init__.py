"""The gate: policy and evidence in, verdict out. Pure; no data never passes."""

from strangler.gate.judge import judge, rollback_reasons
from strangler.gate.verdict import EXIT_CODES, FactLike, Reason, Status, Verdict, status_of

__all__ = ["EXIT_CODES", "FactLike", "Reason", "Status", "Verdict", "judge", "rollback_reasons", "status_of"]
