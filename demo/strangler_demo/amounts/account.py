"""The whole account of the chapter: what `--json` writes and the summary shows. Times in milliseconds."""

from __future__ import annotations

import msgspec

from strangler_demo.story.account import StageAccount


class Account(msgspec.Struct):
    """Everything. `refusals`: the exit code of each `migrate complete`, with what it said.

    `cents_booked`: what the customers were told, the seed's included; `cents_kept`: what the database holds at the end.
    """

    seed: int
    invoices: int
    stages: list[StageAccount] = []
    phases: list[str] = []
    completes: list[tuple[int, str]] = []
    requests: dict[str, int] = {}
    by_legacy: int = 0
    by_candidate: int = 0
    booked: int = 0
    credited: int = 0
    cents_booked: int = 0
    cents_kept: int = 0
    commands: list[str] = []
    duration_ms: int = 0
    ok: bool = False
    shortfalls: list[str] = []

    def expectations(self) -> list[str]:
        """What the run should have shown and did not."""
        short: list[str] = []
        codes = [code for code, _ in self.completes]
        if len(codes) < 2 or codes[0] == 0:
            short.append("the contract was not refused while legacy still answered")
        if not codes or codes[-1] != 0:
            short.append("the contract never happened")
        if self.requests.get("errors") or self.requests.get("unexpected"):
            short.append("a customer noticed: some requests failed")
        if self.cents_booked != self.cents_kept:
            short.append(f"{self.cents_booked} cents were booked and {self.cents_kept} are there")
        if not (self.by_legacy and self.by_candidate):
            short.append("one of the services never answered")
        return short
