"""Pages as text: templates with everything escaped, and the words and drawings they are made with.

Every value from traffic goes through Jinja's escaping; nothing here marks text as safe but what is built from numbers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, partial
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from strangler.routing.table import PHASES
from strangler.views.words import iso, money, percent
from strangler_dashboard import drawing

ICONS: Final = {
    "pass": "passes",
    "blocked": "is blocked",
    "insufficient": "is not decided",
    "frozen": "is held",
}
"""Verdict to what it says of a cutover."""
_STATIC: Final = "static"
_ID: Final = re.compile(r"\b[0-9a-f]{12}\b", re.ASCII)
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@cache
def environment() -> Environment:
    """The one environment: autoescape for whatever name a template has."""
    made = Environment(
        loader=PackageLoader("strangler_dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "n": lambda number: f"{number:,}",
        "money": money,
        "percent": percent,
        "micro": duration,
        "lasting": lasting,
        "shown": visible,
        "rate": rate,
        "at": at,
        "iso": iso,
        "prose": prose,
        "prose_plain": partial(prose, linked=False),
    }
    words: dict[str, Any] = {
        "phases": PHASES,
        "verdicts": ICONS,
        "spark": drawing.spark,
        "timeline": drawing.timeline,
        "scale": drawing.scale,
        "share": drawing.share,
        "paced": drawing.paced,
        "version": assets_version(),
    }
    made.filters.update(filters)
    made.globals.update(words)
    return made


def rendered(template: str, context: Mapping[str, Any]) -> str:
    """A page."""
    return environment().get_template(template).render(context)


@cache
def asset(name: str) -> tuple[bytes, str] | None:
    """A file of ours with its media type; None where there is none of that name."""
    known = {each.name: each for each in files("strangler_dashboard").joinpath(_STATIC).iterdir()}
    kind = _TYPES.get(name.rpartition(".")[2])
    return (known[name].read_bytes(), kind) if name in known and kind else None


@cache
def assets_version() -> str:
    """Another text with every change of scripts, styles or templates."""
    digest = hashlib.sha256()
    for folder in (_STATIC, "templates"):
        for each in sorted(
            files("strangler_dashboard").joinpath(folder).iterdir(), key=lambda file: file.name
        ):
            digest.update(each.name.encode() + each.read_bytes())
    return digest.hexdigest()[:12]


def at(moment: str | None, form: str = "minute") -> Markup:
    """A time of ours (RFC 3339 in UTC): in UTC as it is sent, in the reader's zone where a script may."""
    if moment is None:
        return Markup("<span class=none>never</span>")
    words = moment.replace("T", " ").removesuffix("Z")
    shown = {"minute": words[:16], "day": words[:10], "second": words}[form]
    return Markup('<time datetime="{}" data-form="{}">{} UTC</time>').format(moment, form, shown)


def duration(microseconds: int | None) -> str:
    """`0.8 ms`, `250 ms`, `2.38 s`; a dash for none."""
    if microseconds is None:
        return "\N{EN DASH}"
    if microseconds < 10_000:
        return f"{Decimal(microseconds) / 1000:.1f} ms"
    if microseconds < 1_000_000:
        return f"{microseconds // 1000:,} ms"
    return f"{Decimal(microseconds) / 1_000_000:,.2f} s"


def lasting(seconds: int) -> str:
    """`40 s`, `12 min`, `3 h 5 min`, `2 d 4 h`: two units at most."""
    if seconds < 120:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 120:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, rest = divmod(hours, 24)
    return f"{days} d {rest} h" if rest else f"{days} d"


def rate(text: str) -> str:
    """A rate (decimal text) as a percentage of a length that can be read."""
    share = Decimal(text) * 100
    if not share:
        return "0 %"
    places = 2 if share >= 1 else min(6, 1 - share.adjusted())
    return f"{share:.{places}f}".rstrip("0").rstrip(".") + " %"


def prose(text: str, *, linked: bool = True) -> Markup:
    """Words of ours with places from traffic in them: `code` set as code, ids of divergences as links, all escaped."""
    piece = _linked if linked else escape
    pieces = visible(text).split("`")
    if len(pieces) % 2 == 0:  # a value has a backtick of its own: nothing is set as code then
        return piece("`".join(pieces))
    shown = (
        Markup("<code>{}</code>").format(piece(each)) if number % 2 else piece(each)
        for number, each in enumerate(pieces)
    )
    return Markup("").join(shown)


def _linked(text: str) -> Markup:
    made, last = Markup(""), 0
    for found in _ID.finditer(text):
        link = Markup('<a href="/divergences/{0}">{0}</a>').format(found[0])
        made += escape(text[last : found.start()]) + link
        last = found.end()
    return made + escape(text[last:])


def visible(text: str) -> str:
    """The text with what a reader cannot see, or what turns the direction of reading, spelt out."""
    return "".join(char if char.isprintable() or char in "\n\t" else f"\\u{ord(char):04x}" for char in text)
