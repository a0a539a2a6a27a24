"""`call`: a person's own function says whether two values are the same.

    def tax_equal(legacy: Node, candidate: Node) -> bool: ...

It is asked where the two values differ and no other rule at the place lets that pass, and gets copies. It may be asked
in several threads, must say the same every time, and must come back at once: nothing in Python can stop it, and
comparisons wait for it. Whatever it raises, and an answer that is neither True nor False, is a difference.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from strangler.comparison.model import Node

if TYPE_CHECKING:
    from strangler.comparison.leaves import Accepts
    from strangler.config.functions import Offered


class RuleFailed(Exception):  # noqa: N818  it becomes a difference's cause where it is caught
    """A function could not say. The text names it and what went wrong, and holds no value of an answer."""


def called(offered: Offered) -> Accepts:
    """What a function accepts. It raises RuleFailed."""
    function, who = offered.function, f"`{offered.name}` of {offered.distribution}"

    def accepts(left: Node, right: Node) -> bool:
        try:
            said = function(_own(left), _own(right))
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a plug-in does must not end the worker
            raise RuleFailed(f"{who} raised {type(error).__name__}{_where(error)}") from None
        if said is True or said is False:
            return said
        raise RuleFailed(f"{who} gave {type(said).__name__}, neither True nor False")

    return accepts


def _own(value: Node) -> Node:
    """A copy, so that nothing a function does changes what is compared."""
    return copy.deepcopy(value) if isinstance(value, dict | list) else value


def _where(error: BaseException) -> str:
    """The innermost line. Not the message: it may quote what must not be kept."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    if step is None:
        return ""
    name = step.tb_frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
    return f" ({name}, line {step.tb_lineno})"
