"""What has no tree is known by its length and SHA-256."""

from __future__ import annotations

import hashlib

from strangler.comparison.model import Opaque


def opaque(body: bytes, media: str) -> Opaque:
    """A body without a tree."""
    return Opaque(media, len(body), hashlib.sha256(body).hexdigest())
