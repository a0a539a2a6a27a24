"""How deep a tree is, without recursion."""

from __future__ import annotations

from strangler.comparison.model import Node


def too_deep(root: Node, limit: int) -> bool:
    """Whether maps and lists are nested over `limit` levels."""
    level = [root] if isinstance(root, dict | list) else []
    for _ in range(limit):
        if not level:
            return False
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
    return bool(level)
