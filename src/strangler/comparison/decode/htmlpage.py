"""HTML: what a reader of the page gets from it, not its markup.

    {"title": "Invoice 7", "lines": ["Invoice 7", "Due on 3 May"], "tables": [[{"Item": "Seats", "Net": "9.00"}]],
     "links": ["/invoices/7.pdf"], "fields": {"email": ["a@example.com"]}}

`$.lines[i]` is the text outside tables, a line for each block or `<br>`, white space collapsed. `$.tables[i][j]` is
a row as a map by column (see `htmltable`); a table that holds another lays out the page, so its text is among the
lines. `$.links[i]` are the addresses of links, `$.fields.name[i]` what a form would send. Scripts, styles,
attributes and comments are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree, html

from strangler.comparison.context import Context
from strangler.comparison.decode.charset import text_of
from strangler.comparison.decode.htmltable import cells_of, rows_of
from strangler.comparison.decode.htmltext import lines_of
from strangler.comparison.decode.media import MediaType
from strangler.comparison.model import Decoded, Node
from strangler.errors import DecodeError

_META: Final = re.compile(rb"<meta\s[^>]*charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_META_WITHIN: Final = 1024
_UNSENT: Final = {"submit", "button", "reset", "image", "file"}


def decode_html(body: bytes, media: MediaType, context: Context) -> Decoded:  # noqa: ARG001  every decoder's shape
    """A page as a tree. Raises DecodeError on a charset that is unknown or does not hold the bytes."""
    declared = media if media.charset else media.with_charset(_charset_within(body))
    text, found = text_of(body, declared, default="utf-8")
    anomalies = list(found)
    page = _parsed(text, media)
    if page is None:
        return Decoded(_tree("", [], [], [], {}), media.name, found)
    tables = [table for table in page.iter("table") if next(table.iterdescendants("table"), None) is None]
    root = _tree(
        " ".join((page.findtext(".//title") or "").split()),
        lines_of(page, apart=frozenset(_cells(tables))),
        [rows_of(table, ("tables", position), anomalies) for position, table in enumerate(tables)],
        [address.strip() for link in page.iter("a", "area") if (address := link.get("href")) is not None],
        _fields(page),
    )
    return Decoded(root, media.name, tuple(anomalies))


def _tree(
    title: str, lines: list[str], tables: list[Node], links: list[str], fields: dict[str, Node]
) -> dict[str, Node]:
    return {"title": title, "lines": list(lines), "tables": tables, "links": list(links), "fields": fields}


def _cells(tables: list[html.HtmlElement]) -> Iterator[html.HtmlElement]:
    """What the rows of these tables show. A cell in no row is text like any other."""
    return (cell for table in tables for row in table.iter("tr") for cell in cells_of(row))


def _charset_within(body: bytes) -> str:
    """The charset that the page itself declares where a browser would look for it, or empty."""
    found = _META.search(body, 0, _META_WITHIN)
    name = found[1].decode("ascii").lower() if found else ""
    # A declaration that could be read at all was not in UTF-16, whatever it says (HTML standard, 13.2.3.2).
    return "utf-8" if name.startswith("utf-16") else name


def _parsed(text: str, media: MediaType) -> html.HtmlElement | None:
    """The document; None where there is nothing in it."""
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        page: html.HtmlElement | None = etree.fromstring(text.encode("utf-8", "surrogatepass"), parser)
    except etree.XMLSyntaxError as error:
        if "empty" in str(error):
            return None
        raise DecodeError(str(error).split("\n", maxsplit=1)[0][:200], media=media.name) from None
    return page


def _fields(page: html.HtmlElement) -> dict[str, Node]:
    fields: dict[str, Node] = {}
    for control in page.iter("input", "textarea", "select"):
        name = control.get("name")
        if name is None or (control.tag == "input" and _kind(control) in _UNSENT):
            continue
        values = fields.setdefault(name, [])
        if isinstance(values, list):
            values.extend(_sent(control))
    return fields


def _sent(control: html.HtmlElement) -> list[str]:
    if control.tag == "textarea":
        return [control.text_content()]
    if control.tag == "select":
        options = list(control.iter("option"))
        chosen = [option for option in options if option.get("selected") is not None]
        return [_value(option) for option in chosen or options[: control.get("multiple") is None]]
    if _kind(control) in {"checkbox", "radio"}:
        return [control.get("value", "on")] if control.get("checked") is not None else []
    return [control.get("value", "")]


def _kind(control: html.HtmlElement) -> str:
    return (control.get("type") or "text").strip().lower()


def _value(option: html.HtmlElement) -> str:
    value = option.get("value")
    return " ".join(option.text_content().split()) if value is None else value
