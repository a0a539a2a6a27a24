"""`python -m strangler_demo.amounts --db URL --form legacy`: one of the two services on one database."""

from __future__ import annotations

import os

from strangler_demo.amounts.app import build
from strangler_demo.amounts.forms import CANDIDATE, LEGACY
from strangler_demo.child import announce
from strangler_demo.serving import arguments, serve


def main() -> None:
    """Serves until SIGTERM."""
    parser = arguments("amounts")
    parser.add_argument(
        "--form", choices=("legacy", "candidate"), required=True, help="what it knows an amount as"
    )
    options = parser.parse_args()
    form = LEGACY if options.form == "legacy" else CANDIDATE
    serve(
        build(options.db, form), options, lambda port: announce("amounts", {"port": port, "pid": os.getpid()})
    )


if __name__ == "__main__":
    main()
