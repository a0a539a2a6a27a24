"""What is left of migrations that broke: found, said, and taken away; never values without somebody naming them."""

from strangler_migrations.repair.find import find
from strangler_migrations.repair.mend import mend
from strangler_migrations.repair.model import Finding

__all__ = ["Finding", "find", "mend"]
