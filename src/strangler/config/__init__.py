"""`strangler.yaml`: one typed model, its loader, its JSON Schema, and the routing it describes."""

from strangler.config.load import Loaded, expand, load, parse
from strangler.config.model import Config
from strangler.config.routes import RouteConfig

__all__ = ["Config", "Loaded", "RouteConfig", "expand", "load", "parse"]
