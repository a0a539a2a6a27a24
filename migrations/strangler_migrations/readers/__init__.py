"""Who still uses the old form of what a migration changes: seen, remembered, and what no one can see, by name."""

from strangler_migrations.readers.acknowledge import acknowledge
from strangler_migrations.readers.model import Acknowledgement, OldForm, Seen, Standing, Unknown, Way
from strangler_migrations.readers.sightings import look
from strangler_migrations.readers.standing import old_form, remembered, standing, under_way
from strangler_migrations.readers.watch import follow

__all__ = [
    "Acknowledgement",
    "OldForm",
    "Seen",
    "Standing",
    "Unknown",
    "Way",
    "acknowledge",
    "follow",
    "look",
    "old_form",
    "remembered",
    "standing",
    "under_way",
]
