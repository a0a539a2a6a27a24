"""The rollback measured from outside: which of the candidate's answers were wrong, and when the last one came."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import aiohttp

from strangler import Answer, Rules, compare
from strangler_demo.load import Answered, ask


async def wrong_answers(
    legacy: str, served: Sequence[Answered], rules: Rules, causes: Collection[str], *, at_most: int = 400
) -> list[Answered]:
    """Those of the candidate's answers that differ for one of these causes from what legacy says now: other differences
    may be records that changed since. Only reads, so asking changes nothing.
    """
    wrong: list[Answered] = []
    async with aiohttp.ClientSession() as session:
        for answered in served[:at_most]:
            if answered.call.method != "GET" and answered.call.route != "quote":
                continue
            right = await ask(session, legacy, answered.call)
            outcome = compare(_answer(right), _answer(answered), rules)
            if any(difference.cause.code in causes for difference in outcome.differences):
                wrong.append(answered)
    return wrong


def _answer(answered: Answered) -> Answer:
    return Answer(answered.status, ((b"content-type", answered.media.encode()),), answered.body)
