"""The whole account of a demo run: what `--json` writes and the summary shows. Times in milliseconds."""

from __future__ import annotations

from typing import Any

import msgspec


class StageAccount(msgspec.Struct):
    """One stage: what it was, when it began and ended since the start of the run, what came out."""

    number: int
    title: str
    began_ms: int = 0
    ended_ms: int | None = None
    facts: dict[str, Any] = {}


class DefectAccount(msgspec.Struct):
    """One defect and the divergences it showed up as (fingerprints)."""

    name: str
    title: str
    found: bool
    divergences: list[str]


class GateAccount(msgspec.Struct):
    """One question to the gate."""

    at_ms: int
    exit_code: int
    status: str
    reasons: list[str]


class RollbackAccount(msgspec.Struct):
    """The automatic rollback, measured by the customers and not by strangler.

    `wrong`: answers they got that differ from legacy's. `first_wrong_to_last_canary_ms`: from the first wrong
    answer served to the last answer the candidate gave them.
    """

    defect: str
    wrong: int
    first_wrong_to_last_canary_ms: int
    phase_after: str


class Account(msgspec.Struct):
    """Everything."""

    seed: int
    defects_on: list[str]
    policy: dict[str, str]
    stages: list[StageAccount] = []
    defects: list[DefectAccount] = []
    unexplained_by_defects: list[str] = []
    none_on_none_found: bool | None = None
    noise_proposed: list[str] = []
    gate: list[GateAccount] = []
    phases: list[str] = []
    rollback: RollbackAccount | None = None
    requests: dict[str, int] = {}
    moved_back: int = 0
    accounting: dict[str, int] = {}
    commands: list[str] = []
    duration_ms: int = 0
    ok: bool = False
    shortfalls: list[str] = []

    def expectations(self) -> list[str]:
        """What the run should have shown and did not; empty when the demo is what it claims to be."""
        short = [f"the defect `{each.name}` was not found" for each in self.defects if not each.found]
        short += [f"a divergence that no defect explains: {each}" for each in self.unexplained_by_defects]
        if self.none_on_none_found is False:
            short.append("a divergence was found with every defect off")
        codes = [each.exit_code for each in self.gate]
        if self.defects_on and 1 not in codes:
            short.append("the gate never blocked")
        if 0 not in codes:
            short.append("the gate never passed")
        if self.moved_back:
            short.append(f"{self.moved_back} customers went back to legacy while the canary widened")
        if self.requests.get("errors") or self.requests.get("unexpected"):
            short.append("a customer noticed: some requests failed")
        return short
