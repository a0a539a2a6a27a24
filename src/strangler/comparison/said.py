"""What an answer says, as one digest: the same for two answers that say the same as far as they are compared.

A question that was asked before and got the same answer is no new evidence. What a rule lets pass whatever it holds
(a request's number, the moment of the answer) must not make an old answer look like a new one.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

from strangler.comparison.context import Context
from strangler.comparison.decode import decode
from strangler.comparison.model import Answer, Node
from strangler.comparison.rules import Rules
from strangler.comparison.states import OUTSIDE, Standing
from strangler.comparison.values import canonical
from strangler.errors import DecodeError

_LEFT_OUT: Final = frozenset({"ignore", "pattern", "instant", "call"})
"""Rules that may take a value for the same though it says another thing each time."""
_LOOSE: Final = _LEFT_OUT | {"only", "unordered"}


@lru_cache(maxsize=1024)
def loose(rules: Rules) -> bool:
    """Whether rules let two bodies pass for the same that say another thing at some place, or in another order."""
    return any(effect.kind in _LOOSE for _, effect in (*rules.threads, *rules.queries))


def said(answer: Answer, rules: Rules, context: Context, apart: frozenset[str] = frozenset()) -> bytes:
    """SHA-256 of the body as a tree, without what rules leave out; of its bytes where it cannot be read.

    Rules name places in legacy's shape, so the answer is legacy's. Amounts, texts and ids stay, whatever rules say
    of them: two balances that differ are two answers. `apart`: members of the root, or of what it
    lists, that only repeat the question.
    """
    try:
        root = decode(answer, context).root
    except DecodeError:
        return hashlib.sha256(answer.body).digest()
    if apart:
        root = [_less(each, apart) for each in root] if isinstance(root, list) else _less(root, apart)
    standing = rules.standing(root, root)
    return hashlib.sha256(b"" if _gone(root, standing) else canonical(_kept(root, standing))).digest()


def _less(node: Node, apart: frozenset[str]) -> Node:
    return (
        {name: value for name, value in node.items() if name not in apart} if isinstance(node, dict) else node
    )


def _gone(node: Node, standing: Standing) -> bool:
    if standing is None:
        return False
    if standing == OUTSIDE or not _LEFT_OUT.isdisjoint(standing.kinds):
        return True
    return not standing.chosen and not isinstance(node, dict | list)


def _kept(node: Node, standing: Standing) -> Node:
    if standing is None or standing == OUTSIDE:
        return node
    if isinstance(node, dict):
        return {
            name: _kept(value, standing.member(name))
            for name, value in node.items()
            if not _gone(value, standing.member(name))
        }
    if isinstance(node, list):
        kept = [
            _kept(value, standing.item(position, position))
            for position, value in enumerate(node)
            if not _gone(value, standing.item(position, position))
        ]
        return sorted(kept, key=canonical) if "unordered" in standing.kinds else kept
    return node
