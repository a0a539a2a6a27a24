"""The text of a part of a page, as the lines a reader sees. Without recursion: pages nest as deep as they like."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from lxml import etree, html

_WHITE: Final = " \t\n\r\f"
"""What HTML collapses; a no-break space is text."""
# fmt: off
_INLINE: Final = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "img", "ins", "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
}
# fmt: on
_UNSEEN: Final = {
    "head",
    "script",
    "style",
    "template",
    "noscript",
    "textarea",
    "select",
    "option",
    "datalist",
}


def lines_of(part: html.HtmlElement, *, apart: AbstractSet[html.HtmlElement] = frozenset()) -> list[str]:
    """The lines, none of them empty. The cells in `apart` are left out."""
    lines: list[str] = []
    current: list[str] = []
    for text in _pieces(part, apart):
        if text is None:
            _end(current, lines)
        else:
            current.append(text)
    _end(current, lines)
    return lines


def _end(current: list[str], lines: list[str]) -> None:
    words = "".join(current).translate(_TO_SPACE).split(" ")
    line = " ".join(filter(None, words))
    if line:
        lines.append(line)
    current.clear()


_TO_SPACE: Final = str.maketrans(dict.fromkeys(_WHITE, " "))


def _pieces(part: html.HtmlElement, apart: AbstractSet[html.HtmlElement]) -> Iterator[str | None]:
    """Texts in the document's order; None where a line ends."""
    walk = etree.iterwalk(part, events=("start", "end"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            breaks = tag not in _INLINE
            if breaks:
                yield None
            if tag in _UNSEEN or not tag or element in apart:
                walk.skip_subtree()
            elif element.text:
                yield element.text
            continue
        if tag not in _INLINE:
            yield None
        if element.tail and element is not part:
            yield element.tail
