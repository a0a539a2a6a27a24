"""`strangler serve`: binds once, starts control, worker and planes, restarts what dies, drains at the end."""

from strangler_shadow.supervisor.lock import AlreadyServing
from strangler_shadow.supervisor.serve import serve
from strangler_shadow.supervisor.sockets import AddressInUse, CannotListen
from strangler_shadow.supervisor.statefile import Running, Serving, running, state_folder

__all__ = [
    "AddressInUse",
    "AlreadyServing",
    "CannotListen",
    "Running",
    "Serving",
    "running",
    "serve",
    "state_folder",
]
