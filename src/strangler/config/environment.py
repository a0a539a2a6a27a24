"""`${NAME}` in the file: environment variables, so that no secret stands in it.

They are filled in where the value is used, never at load: a configuration can be shown, digested and reviewed
without holding a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from strangler.errors import UsageError

if TYPE_CHECKING:
    from strangler.config.document import Location
    from strangler.config.model import Config

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def expand(value: str, environment: Mapping[str, str] = os.environ) -> str:
    """Put environment variables in the place of `${NAME}`. Raises UsageError naming one that is not set."""

    def replacement(match: re.Match[str]) -> str:
        found = environment.get(match[1])
        if found is None:
            raise UsageError(
                f"the environment variable {match[1]} is not set",
                remedy=f"export {match[1]}=… before this command",
            )
        return found

    return _VARIABLE.sub(replacement, value)


def variables(value: str) -> tuple[str, ...]:
    """The names that `expand` would look up."""
    return tuple(_VARIABLE.findall(value))


def needed(config: Config) -> Iterator[tuple[Location, str]]:
    """Every variable that must be set for this configuration to run, and where it is named.

    The redaction key is not among them: without it, one is made and kept in the state folder.
    """
    for side, system in (("legacy", config.legacy), ("candidate", config.candidate)):
        if system.auth is not None:
            for header, value in system.auth.replace.items():
                for name in variables(value):
                    yield (side, "auth", "replace", header), name
    yield from _of_probes(config)
    for index, target in enumerate(config.notifications):
        for name in variables(target.secret):
            yield ("notifications", index, "secret"), name
    for header, value in config.telemetry.headers.items() if config.telemetry else ():
        for name in variables(value):
            yield ("telemetry", "headers", header), name
    yield from _of_the_login(config)
    for name in variables(config.ledger):
        yield ("ledger",), name


def _of_the_login(config: Config) -> Iterator[tuple[Location, str]]:
    login = config.dashboard.login
    if login is not None and login.oidc is not None:
        for name in variables(login.oidc.client_secret or ""):
            yield ("dashboard", "login", "oidc", "client_secret"), name


def _of_probes(config: Config) -> Iterator[tuple[Location, str]]:
    for cutover, plan in config.cutovers.items():
        for effect, said in (plan.effects or {}).items():
            for side, probe in (("legacy", said.legacy), ("candidate", said.candidate)):
                for header, value in probe.headers.items() if probe else ():
                    for name in variables(value):
                        yield ("cutovers", cutover, "effects", effect, side, "headers", header), name
