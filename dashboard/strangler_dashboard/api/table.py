"""Every operation of the API: its address, what it needs, what it takes, what it answers."""

from __future__ import annotations

from typing import Final

from strangler.views.divergence import DivergenceView, ExemplarsView
from strangler.views.gate import VerdictView
from strangler.views.status import CutoverView, StateView
from strangler_dashboard.acting.table import ACTS
from strangler_dashboard.api.endpoint import Read, Write
from strangler_dashboard.api.queries import OfDivergences, OfEntries, OfHistory
from strangler_dashboard.api.reads import cutovers, divergences, migrations, records, routes
from strangler_dashboard.api.writes.bodies import Why, WhyAgreed, WhyHeld
from strangler_dashboard.models.board import TrendView
from strangler_dashboard.models.evidence import EvidenceView
from strangler_dashboard.models.migrations import MigrationsView, MigrationView
from strangler_dashboard.models.records import EffectsView, NumbersView

_ONE: Final = "/cutovers/{cutover}"
_THIS: Final = "/divergences/{id}"

# fmt: off
READS: Final[tuple[Read, ...]] = (
    Read("/cutovers", "listCutovers", "cutovers", "look", cutovers.CutoversView, cutovers.all_of_them,
         "Every cutover: phase, weight, verdict, routes, next step"),
    Read(_ONE, "getCutover", "cutovers", "look", CutoverView, cutovers.one,
         "One cutover"),
    Read(f"{_ONE}/state", "getCutoverState", "cutovers", "look", StateView, cutovers.state,
         "Where a cutover stands; its ETag changes only when it is moved"),
    Read(f"{_ONE}/gate", "getGate", "cutovers", "look", VerdictView, cutovers.gate,
         "What the gate says now; looking counts as no attempt"),
    Read(f"{_ONE}/evidence", "getEvidence", "cutovers", "look", EvidenceView, cutovers.evidence,
         "The statistics behind the verdict, by stratum"),
    Read(f"{_ONE}/trend", "getTrend", "cutovers", "look", TrendView, cutovers.trend,
         "How comparisons went in the last 24 hours, by route"),
    Read(f"{_ONE}/way", "getWay", "cutovers", "look", cutovers.WayView, cutovers.way,
         "The steps to come, and freeze windows"),
    Read(f"{_ONE}/approvals", "listApprovals", "cutovers", "look", cutovers.ApprovalsView, cutovers.approvals,
         "What approval was asked for, who gave it, and what of it holds"),
    Read(f"{_ONE}/history", "listHistory", "cutovers", "look", records.EntriesView, records.history,
         "What happened to it, from the audit, the latest first", OfHistory),
    Read("/routes", "listRoutes", "routes", "look", routes.RoutesView, routes.all_of_them,
         "Every route of the file, with its figures in the present epoch"),
    Read("/routes/{route}", "getRoute", "routes", "look", routes.RouteOfFile, routes.one,
         "One route"),
    Read("/divergences", "listDivergences", "divergences", "look", divergences.DivergencesView, divergences.page,
         "What differs, the largest drift of money first, page by page", OfDivergences),
    Read(_THIS, "getDivergence", "divergences", "look", DivergenceView, divergences.one,
         "One divergence"),
    Read(f"{_THIS}/seen", "getSeen", "divergences", "look", divergences.AppearancesView, divergences.seen,
         "When it was seen, with which versions and where, and the rule that would let it pass"),
    Read(f"{_THIS}/exemplars", "listExemplars", "divergences", "bodies", ExemplarsView, divergences.exemplars,
         "Whole redacted exchanges in which it was seen"),
    Read("/numbers", "listNumbers", "records", "look", NumbersView, records.numbers,
         "Series of document numbers: gaps, doubles, and what was explained"),
    Read("/effects", "listEffects", "records", "look", EffectsView, records.effects,
         "What runs by itself, whose it is, and what is known of each side"),
    Read("/audit", "listAudit", "records", "look", records.EntriesView, records.audit,
         "Who did what, when and why, the latest first", OfEntries),
    Read("/migrations", "listMigrations", "migrations", "look", MigrationsView, migrations.all_of_them,
         "Migrations of the schema; the one under way in full"),
    Read("/migrations/{migration}", "getMigration", "migrations", "look", MigrationView, migrations.one,
         "One of them: how far it is, who uses the old form, why its contract is refused"),
    Read("/planes", "listPlanes", "system", "look", records.PlanesView, records.planes,
         "Planes with the routing table that they have in force, and what each process sent"),
    Read("/system", "getSystem", "system", "look", records.RunningView, records.system,
         "Worker, ledger, losses, webhooks, override"),
)
# fmt: on
"""In the order of the document."""

_BODIES: Final[dict[str, type[Why]]] = {"hold": WhyHeld, "approve": WhyAgreed}

WRITES: Final[tuple[Write, ...]] = tuple(
    Write(f"{_ONE}/{act.name}", f"{act.name}Cutover", "cutovers", act, _BODIES.get(act.name, Why))
    for act in ACTS
)
"""What pages offer, and nothing else."""
