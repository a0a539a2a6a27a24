"""XML and SOAP: children are ALWAYS lists, attributes `@x`, text `#text`; the root is a member of the document.

    <inv:Invoice xmlns:inv="urn:x" id="7"><Total>9.00</Total></inv:Invoice>
    {"{urn:x}Invoice": [{"@id": "7", "Total": [{"#text": "9.00"}]}]}

Namespaces are compared by URI: a name gets the prefix under which its URI is well known (or was declared in
`Context.namespaces`), else `{uri}local`; what prefix the document used does not matter. The order among
children of different names is not kept; comments and processing instructions are dropped. Refused are entities
beyond the five of XML and default values of attributes, with every DTD that declares some; so are namespaces longer
than any URI in use, because each name under one would carry it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from lxml import etree

from strangler.comparison.context import Context
from strangler.comparison.decode.media import MediaType
from strangler.comparison.model import Anomaly, Decoded, Node
from strangler.errors import DecodeError

WELL_KNOWN: Final[Mapping[str, str]] = {
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi",
    "http://www.w3.org/2001/XMLSchema": "xsd",
    "http://schemas.xmlsoap.org/soap/envelope/": "soap",
    "http://www.w3.org/2003/05/soap-envelope": "soap12",
    "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2": "ubl",
    "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2": "ubl-cn",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2": "cbc",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2": "cac",
    "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2": "ext",
    "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100": "rsm",
    "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100": "ram",
    "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100": "udt",
    "urn:un:unece:uncefact:data:standard:QualifiedDataType:100": "qdt",
    "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09": "pain001",
    "urn:iso:std:iso:20022:tech:xsd:pain.008.001.08": "pain008",
    "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08": "camt053",
}

_DEFAULT: Final = re.compile(rb"<!ATTLIST[^>\"']*[\"']")
"""An attribute's value that documents leave to their DTD."""
_LONGEST_URI: Final = 512
_SHORT: Final = 4_096
"""A body in which even a long namespace does no harm."""


def decode_xml(body: bytes, media: MediaType, context: Context) -> Decoded:
    """An XML document as a tree. Raises DecodeError with what libxml2 says."""
    root = _parsed(body, media)
    if len(body) > _SHORT:
        _refuse_long_namespaces(root, media)
    info = root.getroottree().docinfo
    anomalies: tuple[Anomaly, ...] = ()
    if info.internalDTD is not None:
        if any(True for _ in info.internalDTD.iterentities()):
            raise DecodeError("the document declares entities, which are refused", media=media.name)
        # Written out again: lxml shows no attributes of elements that are not declared themselves.
        if _DEFAULT.search(etree.tostring(root.getroottree())):
            what = "the document declares default values of attributes, which are refused"
            raise DecodeError(what, media=media.name)
        anomalies = (Anomaly("doctype", (), "the document has a document type declaration"),)
    prefixes = {**WELL_KNOWN, **{uri: prefix for prefix, uri in context.namespaces.items()}}
    name = _Names(prefixes)
    return Decoded(
        {name[str(root.tag)]: [_element(root, name, context.limits.depth, media)]}, media.name, anomalies
    )


def _parsed(body: bytes, media: MediaType) -> etree._Element:
    # Declared charset of the transport wins over the one in the document (RFC 7303, 3); libxml2 is told so.
    try:
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            encoding=media.charset or None,
        )
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, LookupError, ValueError) as error:
        raise DecodeError(str(error).split("\n", maxsplit=1)[0][:200], media=media.name) from None


def _refuse_long_namespaces(root: etree._Element, media: MediaType) -> None:
    # Before the first look at a tag: lxml writes the URI into each one it shows, which squares the body's size.
    for _, declared in etree.iterwalk(root, events=("start-ns",)):
        uri = declared[1] if declared else ""
        if len(uri) > _LONGEST_URI:
            raise DecodeError(f"a namespace of {len(uri)} characters", media=media.name)


class _Names(dict[str, str]):
    """Tag in Clark notation to the tree's name, worked out once each."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        super().__init__()
        self._prefixes = prefixes

    def __missing__(self, tag: str) -> str:
        name = tag
        if tag.startswith("{"):
            uri, _, local = tag[1:].rpartition("}")
            prefix = self._prefixes.get(uri)
            name = f"{prefix}:{local}" if prefix else tag
        self[tag] = name
        return name


def _element(element: etree._Element, names: _Names, depth: int, media: MediaType) -> Node:
    if depth <= 0:
        raise DecodeError("too many levels", media=media.name)
    node: dict[str, Node] = {f"@{names[str(key)]}": str(value) for key, value in element.items()}
    text = element.text or ""
    children = list(element)
    for child in children:
        tag = child.tag
        if not isinstance(tag, str):
            raise DecodeError("a reference to an entity that is not declared", media=media.name)
        below = _element(child, names, depth - 2, media)
        name = names[tag]
        siblings = node.get(name)
        if isinstance(siblings, list):
            siblings.append(below)
        else:
            node[name] = [below]
        text += child.tail or ""
    if text and (not children or not text.isspace()):
        node["#text"] = text
    return node
