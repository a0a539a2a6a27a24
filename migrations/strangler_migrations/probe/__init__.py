"""Whether the statements of applications run on a version's views: read by PostgreSQL itself, run never."""

from strangler_migrations.probe.model import Finding, Observed, Probe
from strangler_migrations.probe.observed import of_file, of_server
from strangler_migrations.probe.probing import probe

__all__ = ["Finding", "Observed", "Probe", "of_file", "of_server", "probe"]
