"""`python -m strangler_shadow.worker`: one worker process. Settings come as one line of JSON on standard input."""

from __future__ import annotations

import sys

from strangler_shadow.lifeline import run
from strangler_shadow.worker.process import serve
from strangler_shadow.worker.settings import WorkerSettings

if __name__ == "__main__":
    sys.exit(run("worker", WorkerSettings, serve))
