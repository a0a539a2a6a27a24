"""Which side serves a request: match, bucket, decide. Pure, and the same in every plane."""

from strangler.routing.cohort import BUCKETS, bucket
from strangler.routing.decide import Decision, needs_body, route
from strangler.routing.match import BodyMatch, Match, RequestHead
from strangler.routing.table import IdentitySource, Phase, Route, Table
from strangler.routing.template import Template

__all__ = [
    "BUCKETS",
    "BodyMatch",
    "Decision",
    "IdentitySource",
    "Match",
    "Phase",
    "RequestHead",
    "Route",
    "Table",
    "Template",
    "bucket",
    "needs_body",
    "route",
]
