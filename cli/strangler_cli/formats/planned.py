"""A plan, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.gate.case import duration
from strangler.views.words import iso

if TYPE_CHECKING:
    from strangler.planned import PlanFile
    from strangler_cli.screen import Screen


def as_text(screen: Screen, plan: PlanFile, output: str | None) -> None:
    """Each step with what it takes and what it means."""
    screen.heading(f"{plan.cutover}: the way to {plan.steps[-1].to}")
    for number, step in enumerate(plan.steps, 1):
        screen.line(f"{number:>3}. {step.to}", "strong")
        screen.line(f"     gate       {step.gate}")
        if step.approvals:
            screen.line(f"     approvals  by {step.approvals} other than who asks")
        if step.soak_ns:
            screen.line(f"     stays      {duration(step.soak_ns)} at least")
        screen.line(f"     table      {step.table}")
        screen.line(f"     record     {step.owner} holds it")
        for effect in step.hands_over:
            screen.line(f"     effect     `{effect}`: stop it on legacy before, start it on candidate after")
        screen.line(f"     way back   {step.back}")
    screen.line()
    screen.line(f"made by {plan.made_by}; may be applied until {iso(plan.expires_ns)}", "dim")
    if output is None:
        screen.line("write it with -o FILE, and take its steps with `strangler cutover apply FILE`")
    else:
        screen.line(f"plan {plan.id[:12]} is written: `strangler cutover apply {output}` takes its next step")
