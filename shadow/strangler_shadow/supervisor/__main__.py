"""`python -m strangler_shadow.supervisor FILE`: `strangler serve` without the command line, for harnesses.

One line of JSON (`Serving`) on standard output says that it is ready.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import msgspec

from strangler.config import load
from strangler.errors import StranglerError
from strangler_shadow.logs import configure
from strangler_shadow.supervisor import Serving, serve


def main(arguments: list[str]) -> int:
    """Serve the configuration named first; the exit code."""
    configure("serve")

    def ready(serving: Serving) -> None:
        sys.stdout.write(msgspec.json.encode(serving).decode() + "\n")
        sys.stdout.flush()

    try:
        asyncio.run(serve(load(Path(arguments[0])), on_ready=ready))
    except StranglerError as error:
        logging.getLogger("strangler").error("%s", error)  # noqa: TRY400  no traceback for people
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
