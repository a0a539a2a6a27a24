"""`python -m strangler_shadow.planes.mitmproxy`: one plane process. Settings come as one line of JSON on stdin."""

from __future__ import annotations

import sys

from strangler_shadow.planes.mitmproxy.process import main

if __name__ == "__main__":
    sys.exit(main())
