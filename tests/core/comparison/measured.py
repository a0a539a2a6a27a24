"""What decoding a body costs, held to what it may."""

import time
import tracemalloc

from strangler.comparison.context import Context
from strangler.comparison.decode import decode
from strangler.errors import DecodeError
from strangler.testing.samples import answer

PLAIN = Context()
HELD = 128
"""Peak bytes for a byte of body, at most: `[[],[],…]` takes a list of 56 bytes and its place for three bytes."""
FIXED = 1 << 18
"""What decoding takes however small the body is: what a decoder loads at its first use."""
TELLING = 500
"""Bytes of a body, below which a figure for each of them says nothing."""


def cost(body, media, context):
    """Peak bytes allocated, processor seconds, and whether there is a tree."""
    message = answer(body, media=media)
    seconds, read = timed(message, context)
    tracemalloc.start()
    try:
        readable(message, context)
        return tracemalloc.get_traced_memory()[1], seconds, read
    finally:
        tracemalloc.stop()


def timed(message, context=PLAIN):
    """Processor seconds, and whether there is a tree."""
    started = time.process_time()
    read = readable(message, context)
    return time.process_time() - started, read


def readable(message, context):
    try:
        decode(message, context)
    except DecodeError:
        return False
    return True


def bounded(name, documents, context=PLAIN):
    """Hold each of (name, body, media) to the bound, and print what the worst took. How many were refused."""
    readable(answer(documents[0][1], media=documents[0][2]), context)
    memory, slowness = [(0.0, "none")], [(0.0, "none")]
    unread = 0
    for title, body, media in documents:
        peak, seconds, read = cost(body, media, context)
        unread += not read
        assert peak <= HELD * len(body) + FIXED, (title, peak, len(body))
        if len(body) >= TELLING:
            memory.append((peak / len(body), title))
            slowness.append((1e6 * seconds / len(body), title))
    print(  # noqa: T201  the figures are asked for
        f"\n{name}: {len(documents)} documents, {unread} typed errors; from {TELLING} bytes on at worst "
        f"{max(memory)[0]:.0f} bytes ({max(memory)[1]}) and {max(slowness)[0]:.2f} µs ({max(slowness)[1]}) a byte"
    )
    return unread
