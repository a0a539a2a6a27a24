"""`python -m strangler_demo.candidate --db FILE --version 2.1.0 --defects rounding,jpy`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from strangler_demo.candidate.app import build
from strangler_demo.candidate.defects import DEFECTS
from strangler_demo.candidate.schema import connect
from strangler_demo.candidate.state import State
from strangler_demo.child import announce
from strangler_demo.serving import arguments, serve


def main() -> None:
    """Serves until SIGTERM."""
    parser = arguments("candidate")
    parser.add_argument("--version", default="2.0.0", help="what the version header says")
    parser.add_argument("--defects", default="", help="names separated by commas, or `all`")
    parser.add_argument("--slow-ms", type=int, default=1500, help="how late a delayed answer is")
    options = parser.parse_args()
    db = connect(Path(options.db))
    state = State(db, options.version, lambda: datetime.now(UTC), options.slow_ms)
    names = DEFECTS if options.defects == "all" else filter(None, options.defects.split(","))
    try:
        state.switch(names)
    except KeyError as error:
        parser.error(f"no such defect: {error.args[0]}; known: {', '.join(DEFECTS)}")
    facts: dict[str, int | str] = {"pid": os.getpid(), "version": options.version}
    serve(build(state), options, lambda port: announce("candidate", {"port": port, **facts}))
    db.close()


if __name__ == "__main__":
    main()
