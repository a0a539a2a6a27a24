"""The bounds of a backfill: options of the command, before what the configuration says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from strangler_cli.options import Duration, Written, share, size

if TYPE_CHECKING:
    from strangler.config.migrations import MigrationsConfig
    from strangler_migrations.running.throttle import Throttle

_OPTIONS: Final = (
    click.option(
        "--max-rate", type=click.IntRange(1), metavar="ROWS", help="Fill at most so many rows a second."
    ),
    click.option(
        "--max-wal",
        type=Written("size", size),
        metavar="SIZE",
        help="Fill no faster than that the whole server writes so many bytes of WAL a second, such as 8MiB.",
    ),
    click.option(
        "--max-lag",
        type=Duration(),
        metavar="DURATION",
        help="Fill nothing while a replica is further behind.",
    ),
    click.option(
        "--max-active",
        type=click.IntRange(0),
        metavar="SESSIONS",
        help="Fill nothing while more sessions are at work.",
    ),
    click.option(
        "--yields/--no-yields",
        default=None,
        help="Rest after each range, where other sessions are at work, or do not.",
    ),
    click.option(
        "--max-dead",
        type=Written("share", share),
        metavar="SHARE",
        help="Fill nothing while more of the table's rows are dead, such as 30%, although VACUUM ran.",
    ),
)


def throttled[F: Callable[..., Any]](command: F) -> F:
    """The options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def throttle_of(settings: MigrationsConfig, bounds: Mapping[str, Any]) -> Throttle:
    """What the options say, else the configuration."""
    from strangler_migrations.running.bloat import Bloat
    from strangler_migrations.running.chunks import Pacer
    from strangler_migrations.running.lag import Lag
    from strangler_migrations.running.throttle import Throttle

    known = settings.throttle

    def bound(name: str) -> Any:
        return getattr(known, name) if bounds[name] is None else bounds[name]

    if bounds["max_lag"] is None:
        lag_s = None if known.max_lag is None else known.max_lag // 1_000
    else:
        lag_s = bounds["max_lag"] // 1_000_000_000
    pacer = Pacer(settings.chunk / 1000, bound("max_rate"), bound("max_wal"), bound("yields"))
    gently = pacer.max_rate is not None or pacer.max_wal is not None
    return Throttle(pacer, Lag(lag_s), bound("max_active"), Bloat(bound("max_dead"), gently))
