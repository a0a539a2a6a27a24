"""`strangler.yaml` as one typed model. Defaults live here and nowhere else; its JSON Schema is generated."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

from strangler.config.base import Part
from strangler.config.cutovers import CutoverConfig
from strangler.config.dashboard import Dashboard
from strangler.config.migrations import MigrationsConfig
from strangler.config.notifications import Notification
from strangler.config.policy import Policy
from strangler.config.routes import Label, Redaction, RouteConfig
from strangler.config.rules import Rule
from strangler.config.systems import Candidate, Capture, Serve, System, Worker
from strangler.config.telemetry import Telemetry

NAME: Final = r"^[a-z0-9][a-z0-9._-]{0,62}$"
Name = Annotated[str, StringConstraints(pattern=NAME)]
"""The name of a route, a cutover or a label: it appears in logs, file names and commands."""


def _ledger(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://", "${")):
        raise ValueError("a ledger is sqlite:///FILE or postgresql://user@host/database")
    return value


class Config(Part):
    """The whole file."""

    version: Literal[1]
    """The version of this format."""
    legacy: System
    """The system that answers today."""
    candidate: Candidate
    """The system that is to take over."""
    serve: Serve = Field(default_factory=Serve)
    """Where strangler itself listens, and with how many processes."""
    dashboard: Dashboard = Field(default_factory=Dashboard)
    """Where browsers reach the pages, and who may."""
    ledger: Annotated[str, AfterValidator(_ledger)] = "sqlite:///strangler.db"
    """`sqlite:///FILE` (relative to this file) or `postgresql://user@host/database`."""
    capture: Capture = Field(default_factory=Capture)
    """What a plane hands to the worker."""
    worker: Worker = Field(default_factory=Worker)
    """How the shadow is asked, and answers are compared."""
    redaction: Redaction = Field(default_factory=Redaction)
    """What never reaches the ledger."""
    strata: dict[Name, Label] = Field(default_factory=dict[str, Label])
    """Labels (country, currency, document type) by which evidence is told apart."""
    routes: dict[Name, RouteConfig] = Field(default_factory=dict[str, RouteConfig])
    """Named matches of requests; the most specific wins. What matches none goes to legacy, unobserved."""
    rules: tuple[Rule, ...] = ()
    """Rules for every route."""
    policy: Policy = Field(default_factory=Policy)
    """What the gate asks of the evidence."""
    cutovers: dict[Name, CutoverConfig] = Field(default_factory=dict[str, CutoverConfig])
    """Plans that move routes together."""

    notifications: tuple[Notification, ...] = ()
    """Who is told what happened, by signed webhooks."""

    telemetry: Telemetry | None = None
    """Where traces go. Absent: nowhere, and nothing is done for them."""

    migrations: MigrationsConfig = Field(default_factory=MigrationsConfig)
    """The database whose schema is migrated."""

    def policy_of(self, cutover: str) -> Policy:
        """The policy in force for a cutover: the general one with what the cutover says differently."""
        return self.policy.under(self.cutovers[cutover].policy)

    def cutover_of(self, route: str) -> str:
        """The cutover a route belongs to, or an empty text."""
        return next((name for name, plan in self.cutovers.items() if route in plan.routes), "")
