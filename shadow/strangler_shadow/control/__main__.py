"""`python -m strangler_shadow.control`: the control process. Settings come as one line of JSON on standard input."""

from __future__ import annotations

import sys

from strangler_shadow.control.process import serve
from strangler_shadow.control.settings import ControlSettings
from strangler_shadow.lifeline import run

if __name__ == "__main__":
    sys.exit(run("control", ControlSettings, serve))
