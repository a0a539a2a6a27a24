"""Lint of SQL migrations: which locks they take and for how long, before they run.

for finding in lint([("0007.sql", text)], sizes(url)): ...
"""

from strangler_migrations.lint.lint import RULES, lint
from strangler_migrations.lint.model import Finding, Rule
from strangler_migrations.lint.sizes import sizes
from strangler_migrations.lint.squawk import squawk

__all__ = ["RULES", "Finding", "Rule", "lint", "sizes", "squawk"]
