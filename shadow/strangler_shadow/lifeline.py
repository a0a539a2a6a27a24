"""What every process under `serve` has in common: settings on standard input, which then is a lifeline.

A child learns from the end of its standard input that the supervisor is gone, however it went (kill -9 included).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from strangler_shadow.logs import configure

EXIT_USAGE = 2


def run[Settings: msgspec.Struct](
    name: str, kind: type[Settings], serve: Callable[[Settings, asyncio.Event], Coroutine[Any, Any, None]]
) -> int:
    """Read settings, run `serve(settings, stop)` on uvloop; the exit code. `stop` is set when it is to end."""
    configure(name)
    from strangler.errors import StranglerError

    try:
        settings = msgspec.json.decode(read_line(0), type=kind)
    except (msgspec.DecodeError, OSError) as error:
        logging.getLogger(name).error("no settings on standard input: %s", error)  # noqa: TRY400  no traceback
        return EXIT_USAGE
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_served(settings, serve))
    except (StranglerError, OSError) as error:
        logging.getLogger(name).error("%s", error)  # noqa: TRY400  no traceback for people
        return error.exit_code if isinstance(error, StranglerError) else 1
    return 0


def calm_collector() -> None:
    """Let the garbage collector look less often: a process that holds thousands of exchanges pays for every look.

    Nothing of ours is cyclic but what an exception leaves behind; what was imported is never garbage.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def _served[Settings](
    settings: Settings, serve: Callable[[Settings, asyncio.Event], Coroutine[Any, Any, None]]
) -> None:
    stop = asyncio.Event()
    watch(asyncio.get_running_loop(), stop)
    await serve(settings, stop)


def read_line(fd: int) -> bytes:
    """One line from a file descriptor."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(fd, 1 << 16)
        if not piece:
            break
        line += piece
    return bytes(line)


def watch(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set `stop` on SIGTERM, SIGINT, or the end of standard input."""
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def standard_input() -> None:
        if not os.read(0, 4_096):
            loop.remove_reader(0)
            stop.set()

    with contextlib.suppress(OSError, ValueError):  # not a pipe: the signals remain
        loop.add_reader(0, standard_input)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """That of uvloop, where there is one."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


__all__ = ["EXIT_USAGE", "alive", "calm_collector", "loop_factory", "read_line", "run", "watch"]
