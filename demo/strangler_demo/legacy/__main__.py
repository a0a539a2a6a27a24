"""`python -m strangler_demo.legacy --db FILE`: serves an existing legacy database."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from strangler_demo.child import announce
from strangler_demo.legacy.app import build
from strangler_demo.serving import arguments, serve
from strangler_demo.storage import connect
from strangler_demo.world import ZONE


def main() -> None:
    """Serves until SIGTERM."""
    options = arguments("legacy").parse_args()
    db = connect(Path(options.db))
    app = build(db, lambda: datetime.now(ZONE))
    serve(app, options, lambda port: announce("legacy", {"port": port, "pid": os.getpid()}))
    db.close()


if __name__ == "__main__":
    main()
