"""PostgreSQL, once per process."""

from strangler.testing.fixtures import postgres  # noqa: F401  found by name
