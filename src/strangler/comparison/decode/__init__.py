"""Bytes to a tree: content coding, charset and media type, one file each.

`decode` never guesses. What a parser would have to guess about is an anomaly on the result; what cannot be read
is a DecodeError.
"""

from strangler.comparison.decode.entry import decode

__all__ = ["decode"]
