"""The one place where errors become words and an exit code. No traceback passes it.

`STRANGLER_DEBUG=1` shows the traceback as well.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable
from typing import Final

import click

INTERRUPTED: Final = 130
"""128 + SIGINT, as shells say it."""
NOBODY_READS: Final = 141
"""128 + SIGPIPE: the reader of our output went away."""
OUR_MISTAKE: Final = 70
"""EX_SOFTWARE of sysexits.h."""
CANNOT_WRITE: Final = 2
"""As for a file that is named and cannot be written."""
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def guarded(action: Callable[[], object]) -> int:
    """Run it; the exit code is what it returned (None: 0) or what its error says."""
    try:
        result = action()
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001  the boundary: everything ends here, in words
        return _ended(error)
    return result if isinstance(result, int) else 0


def _ended(error: BaseException) -> int:
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else OUR_MISTAKE if error.code else 0
    if isinstance(error, BrokenPipeError):
        # What is still buffered has no reader either; without this Python complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return NOBODY_READS
    if isinstance(error, KeyboardInterrupt | click.Abort):
        _say("\nstopped")
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    _show_traceback(error)
    return _said(error)


def _said(error: BaseException) -> int:
    from strangler.errors import StranglerError

    if isinstance(error, StranglerError):
        from strangler_cli.screen import visible

        _say(f"strangler: {visible(str(error))}")
        return error.exit_code
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        # What is still buffered will not be written either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        _say(
            f"strangler: what it has to say cannot be written: {error.strerror}\n    make room, or write it elsewhere"
        )
        return CANNOT_WRITE
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    _say(
        f"strangler: sorry, this is a mistake of ours ({what[:300]}).\n"
        "  Nothing was decided because of it. Please report it with what you called and with what the same call\n"
        "  prints under STRANGLER_DEBUG=1 (look through it for secrets first)."
    )
    return OUR_MISTAKE


def _show_traceback(error: BaseException) -> None:
    if os.environ.get("STRANGLER_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # nobody listens on standard error; the exit code still says it
        click.echo(text, err=True)
