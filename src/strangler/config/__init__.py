"""`strangler.yaml`: one typed model, its loader, its JSON Schema, and the routing it describes."""

from strangler.config.advice import advice
from strangler.config.environment import expand
from strangler.config.load import Loaded, load, parse
from strangler.config.model import Config
from strangler.config.routes import RouteConfig

__all__ = ["Config", "Loaded", "RouteConfig", "advice", "expand", "load", "parse"]
