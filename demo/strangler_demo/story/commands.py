"""The `strangler` command line, called as an operator would call it: a process of its own, its exit code, its JSON."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from strangler.errors import StranglerError

_DECODER = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Ran:
    """One command that ran: what was typed, what it left with, what it printed."""

    command: str
    exit_code: int
    output: str
    errors: str

    @property
    def json(self) -> dict[str, Any]:
        """The output as JSON. Raises StranglerError with what the command said when it printed none."""
        try:
            answer: dict[str, Any] = _DECODER.decode(self.output)
        except msgspec.DecodeError:
            said = (self.errors or self.output).strip()
            raise StranglerError(f"`{self.command}` left with {self.exit_code}: {said}") from None
        return answer


@dataclass(slots=True)
class Commands:
    """Commands against one `strangler.yaml`. `ran` keeps them all for the account."""

    config: Path
    ran: list[Ran] = field(default_factory=list)

    async def run(self, *arguments: str) -> Ran:
        """Run `strangler ARGUMENTS`."""
        process = await asyncio.create_subprocess_exec(
            *launcher(self.config),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, errors = await process.communicate()
        assert process.returncode is not None
        ran = Ran(
            f"strangler {' '.join(arguments)}",
            process.returncode,
            out.decode(errors="replace"),
            errors.decode(errors="replace"),
        )
        self.ran.append(ran)
        return ran

    async def must(self, *arguments: str) -> Ran:
        """Run a command that has to succeed. Raises StranglerError with what it said when it does not."""
        ran = await self.run(*arguments)
        if ran.exit_code != 0:
            raise StranglerError(
                f"`{ran.command}` left with {ran.exit_code}: {(ran.errors or ran.output).strip()}"
            )
        return ran


def launcher(config: Path) -> tuple[str, ...]:
    """The command that starts this very `strangler` on a file."""
    return (sys.executable, "-m", "strangler_cli.main", "--config", str(config))
