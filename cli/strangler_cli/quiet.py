"""What the probes of effects say now, each asked once, for `check`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from strangler.errors import Unreachable
from strangler_cli import probe

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.config.effects import Probe

type Found = tuple[Literal["ok", "warning", "error"], str, str, str]
"""Level, subject, what was found, remedy."""


def quiet(loaded: Loaded, environment: Mapping[str, str]) -> Iterator[Found]:
    """Every probe of the file: does it answer, and what?"""
    from strangler.ledger.effects import probes

    config = loaded.config
    for (cutover, effect, side), declared in probes(config).items():
        ca = (config.legacy if side == "legacy" else config.candidate).ca
        level, what, remedy = _asked(declared, environment, loaded.folder / ca if ca else None)
        yield level, f"effect {cutover}/{effect}", f"{side}: {what}", remedy


def _asked(
    declared: Probe, environment: Mapping[str, str], ca: Path | None
) -> tuple[Literal["ok", "warning", "error"], str, str]:
    from strangler.config.environment import expand, variables
    from strangler.effects import said_by

    given = declared.headers.items()
    missing = [name for _, value in given for name in variables(value) if name not in environment]
    if missing:
        return "warning", f"not asked: {', '.join(missing)} is not set", "export it"
    try:
        heard = probe.ask(declared.url, {name: expand(value, environment) for name, value in given}, ca=ca)
    except Unreachable as error:
        return "error", str(error), "mend its `url`, or see that the side runs"
    if heard.status != 200:
        return "error", f"{declared.url} answers {heard.status}", "mend its `url` or `headers`"
    said = said_by(heard.body, declared, time.time_ns())
    if said.word == "unknown":
        return "error", said.detail, "mend its `path`"
    return "ok", f"{said.word} (it says {said.detail})", ""
