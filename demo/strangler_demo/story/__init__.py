"""The main job, told once from beginning to end on the demo's two services: `strangler demo`."""

from strangler_demo.story.options import Options
from strangler_demo.story.run import run

__all__ = ["Options", "run"]
