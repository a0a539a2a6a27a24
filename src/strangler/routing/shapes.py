"""What a path looks like beside its route's template: each variable by its class, never by its value."""

from __future__ import annotations

import re
from typing import Final

from strangler.routing.template import Template, fill, split_path

_CLASSES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("digits", re.compile(r"[0-9]+", re.ASCII)),
    ("uuid", re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)),
    ("date", re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)),
    ("hex", re.compile(r"(?=.*[0-9])[0-9a-f]{12,}", re.IGNORECASE | re.ASCII)),
    ("word", re.compile(r"[A-Za-z]+", re.ASCII)),
    ("code", re.compile(r"[A-Za-z0-9]+([-_.][A-Za-z0-9]+)*", re.ASCII)),
    ("path", re.compile(r".*/.*", re.DOTALL)),
)
"""The first that fits; what fits none is `other`."""


def shape(template: Template, target: str) -> str:
    """`id=digits`, `day=date,batch=code`; empty where the template has no variables, or does not fit."""
    if not template.variables:
        return ""
    values = fill(template, split_path(target.partition("?")[0])) or {}
    return ",".join(f"{name}={class_of(value)}" for name, value in values.items())


def class_of(value: str) -> str:
    """`digits`, `uuid`, `date`, `hex`, `word`, `code` (letters and digits), `path`, `other`."""
    return next((name for name, pattern in _CLASSES if pattern.fullmatch(value)), "other")
