"""The override of a state folder, as commands see it: where it lies, what it says, what the ledger keeps of it."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from strangler.errors import ConfigError, StranglerError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.views.status import OverrideView
    from strangler_cli.screen import Screen
    from strangler_shadow.override import Override

SET, LIFTED = "override.set", "override.lifted"
"""What the audit calls them."""


@dataclass(frozen=True, slots=True)
class Place:
    """`state`: the folder that planes watch. `loaded`: None while the file cannot be used, and then `problem`."""

    state: Path
    loaded: Loaded | None
    problem: str = ""


def place(file: str) -> Place:
    """Where the override belongs, also while strangler.yaml is broken: `serve` goes on with an earlier one then.

    Raises UsageError, and ConfigError where a broken file leaves no folder to be found.
    """
    from strangler_cli.session import configuration

    try:
        loaded = configuration(file)
    except ConfigError as error:
        state = Path(file).resolve().parent / _named(Path(file))
        if not state.is_dir():
            raise
        return Place(state, None, str(error))
    return Place(folder(loaded), loaded)


def folder(loaded: Loaded) -> Path:
    """The state folder of a configuration."""
    return loaded.folder / loaded.config.serve.state


def of(loaded: Loaded) -> Override | None:
    """The override in force."""
    from strangler_shadow.override import in_force

    return in_force(folder(loaded))


def view(override: Override | None) -> OverrideView | None:
    """For `--json`."""
    return None if override is None else _shown(override)


def tell(screen: Screen, loaded: Loaded) -> None:
    """Say loudly that one is in force, if one is."""
    from strangler.views.standing import command
    from strangler.views.words import iso
    from strangler_shadow.override import kept

    override = of(loaded)
    if override is None:
        return
    why = f" ({override.reason})" if override.reason else ""
    by = f" by {override.actor}" if override.actor else ""
    screen.line("OVERRIDE IN FORCE: legacy answers everybody, whatever the phases say", "bad")
    screen.line(f"  since {iso(override.issued_ns)}{by}{why}")
    for name in kept(override.routes):
        screen.line(f"  but for {name}: it is retired, the candidate goes on", "warn")
    screen.line(f"  lift it: {command(loaded, 'cutover', 'resume', '--all')}", "strong")
    screen.line()
    screen.flush()


@contextmanager
def told_anyway(loaded: Loaded) -> Generator[None]:
    """A ledger that is away must not hide that an override is in force."""
    try:
        yield
    except StranglerError:
        from strangler_cli.screen import Screen

        tell(Screen(sys.stderr), loaded)
        raise


def journal(
    connection: Connection,
    action: str,
    override: Override,
    cutovers: Iterable[str],
    actor: str,
    now_ns: int,
    reason: str,
) -> None:
    """One entry for the override, and one for each cutover that it takes from the candidate or gives back."""
    import msgspec

    from strangler.ledger.audit import append
    from strangler.ledger.cutovers import state_of

    entry = partial(append, connection, at_ns=now_ns, actor=actor, action=action, reason=reason)
    put = action == SET
    body = msgspec.structs.asdict(_shown(override))
    entry(subject="table", before=None if put else body, after=body if put else None)
    for name in cutovers:
        stands = state_of(connection, name)
        without, served = asdict(stands), asdict(replace(stands, phase="shadow", step=-1, weight=0))
        entry(subject=name, before=without if put else served, after=served if put else without)


def _shown(override: Override) -> OverrideView:
    from strangler.views.status import OverrideView
    from strangler.views.words import iso

    return OverrideView(override.generation, iso(override.issued_ns), override.actor, override.reason)


def _named(file: Path) -> str:
    """What a broken file names as its state folder, as far as it can be read."""
    from strangler.config import document
    from strangler.config.systems import Serve

    default: str = Serve.model_fields["state"].default
    try:
        serve = document.read(file.read_text(encoding="utf-8-sig"), str(file)).get("serve")
    except (ConfigError, OSError, UnicodeDecodeError):
        return default
    named = serve.get("state") if isinstance(serve, dict) else None
    return named if isinstance(named, str) else default
