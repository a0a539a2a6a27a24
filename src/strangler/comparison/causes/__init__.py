"""Why a difference is there: a file per cause, and the table that says which is asked first."""

from strangler.comparison.causes.site import Example, KnownCause, Site
from strangler.comparison.causes.table import KNOWN, cause_of

__all__ = ["KNOWN", "Example", "KnownCause", "Site", "cause_of"]
