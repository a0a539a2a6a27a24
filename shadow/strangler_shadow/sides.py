"""The two systems of a configuration, as planes and worker are told to reach them."""

from __future__ import annotations

from strangler.config import Loaded, expand
from strangler.config.systems import System
from strangler.exchange import Side
from strangler_shadow.settings import SideSettings


def side_settings(loaded: Loaded, side: Side) -> SideSettings:
    """How to reach a side, `${NAME}` filled in. Raises UsageError naming a variable that is not set."""
    system: System = loaded.config.legacy if side == "legacy" else loaded.config.candidate
    replace = system.auth.replace if system.auth else {}
    return SideSettings(
        url=system.url,
        replace={name: expand(value) for name, value in replace.items()},
        host=system.host,
        ca=str(loaded.folder / system.ca) if system.ca else None,
        connect_ms=system.connect,
        timeout_ms=system.timeout,
    )
