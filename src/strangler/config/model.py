"""`strangler.yaml` as one typed model. Defaults live here and nowhere else; its JSON Schema is generated."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from strangler.config.base import Part
from strangler.config.policy import CutoverConfig, Policy
from strangler.config.routes import Label, Redaction, RouteConfig
from strangler.config.rules import Rule
from strangler.config.systems import Candidate, Capture, Serve, System, Worker

NAME: Final = r"^[a-z0-9][a-z0-9._-]{0,62}$"


class Config(Part):
    """The whole file."""

    version: Literal[1]
    legacy: System
    candidate: Candidate
    serve: Serve = Serve()
    ledger: str = "sqlite:///strangler.db"
    """`sqlite:///FILE` (relative to this file) or `postgresql://user@host/database`."""
    capture: Capture = Capture()
    worker: Worker = Worker()
    redaction: Redaction = Redaction()
    strata: dict[str, Label] = {}
    routes: dict[str, RouteConfig] = Field(default={}, json_schema_extra={"propertyNames": {"pattern": NAME}})
    rules: tuple[Rule, ...] = ()
    """Rules for every route."""
    policy: Policy = Policy()
    cutovers: dict[str, CutoverConfig] = Field(default={}, json_schema_extra={"propertyNames": {"pattern": NAME}})

    def policy_of(self, cutover: str) -> Policy:
        """The policy in force for a cutover: the general one with what the cutover says differently."""
        return self.policy.under(self.cutovers[cutover].policy)

    def cutover_of(self, route: str) -> str:
        """The cutover a route belongs to, or an empty text."""
        return next((name for name, plan in self.cutovers.items() if route in plan.routes), "")

