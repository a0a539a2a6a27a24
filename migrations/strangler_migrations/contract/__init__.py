"""Whether a migration may contract: who still uses the old form, whether both agree, what still needs the old one."""

from strangler_migrations.contract.judge import judge
from strangler_migrations.contract.model import Case, Need, Policy, Proof
from strangler_migrations.contract.prove import proof, prove, refuse_loss

__all__ = ["Case", "Need", "Policy", "Proof", "judge", "proof", "prove", "refuse_loss"]
