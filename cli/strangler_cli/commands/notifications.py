"""`strangler notifications`: the webhooks of strangler.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from strangler.config.notifications import Notification


@click.group(
    help="Send a test event to each webhook that `notifications` names.\n\n"
    "Control tells them what the audit says. `strangler status` and `strangler check` show which of them does not "
    "take what it is sent."
)
def command() -> None:
    """The group."""


@command.command(
    help="Send each webhook one signed event of type `notification.test`, now.\n\n"
    "It needs no ledger and no `serve`. Exit code: 0 all took it; 1 one did not."
)
@click.pass_obj
def test(config: str) -> int:
    """Send."""
    import asyncio

    from strangler.errors import UsageError
    from strangler_cli import session
    from strangler_cli.screen import Screen

    loaded = session.configuration(config)
    targets = loaded.config.notifications
    if not targets:
        raise UsageError(
            "there are no webhooks in the file",
            where=str(loaded.file),
            remedy="`notifications: [{url: …, secret: ${NAME}}]` names them",
        )
    screen, failed = Screen(), 0
    for target in targets:
        problem = asyncio.run(_sent(target, session.now_ns(), session.actor()))
        failed += bool(problem)
        screen.line(f"{target.host}: {problem or 'took it'}", "bad" if problem else "good")
    screen.flush()
    return 1 if failed else 0


async def _sent(target: Notification, now_ns: int, actor: str) -> str:
    from strangler.config import expand
    from strangler.webhook import key_of, message
    from strangler_shadow.control.post import post, session

    key = key_of(expand(target.secret), "notifications")
    said = message("notification.test", now_ns, {"actor": actor}, f"test_{now_ns}")
    async with session() as client:
        return await post(client, target.url, key, said, now_ns=now_ns, timeout_ms=target.timeout)
