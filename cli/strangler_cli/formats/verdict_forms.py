"""A verdict in each form that programs read, by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from strangler_cli.formats.verdict import Asked


def written(asked: Asked, form: str) -> str:
    """The whole text, with a line's end after it."""
    return _FORMS[form](asked)


def _json(asked: Asked) -> str:
    from strangler_cli.formats.as_json import dumped
    from strangler_cli.formats.verdict import as_object

    return dumped(as_object(asked)) + "\n"


def _github(asked: Asked) -> str:
    from strangler_cli.formats.github import as_github

    return as_github(asked)


def _junit(asked: Asked) -> str:
    from strangler_cli.formats.junit import as_junit

    return as_junit(asked)


def _sarif(asked: Asked) -> str:
    from strangler_cli.formats.as_json import dumped
    from strangler_cli.formats.sarif import as_sarif

    return dumped(as_sarif(asked)) + "\n"


def _gitlab(asked: Asked) -> str:
    from strangler_cli.formats.as_json import dumped
    from strangler_cli.formats.gitlab import as_gitlab

    return dumped(as_gitlab(asked)) + "\n"


def _markdown(asked: Asked) -> str:
    from strangler_cli.formats.verdict_markdown import as_markdown

    return as_markdown(asked)


_FORMS: Final[dict[str, Callable[[Asked], str]]] = {
    "json": _json,
    "github": _github,
    "junit": _junit,
    "sarif": _sarif,
    "gitlab": _gitlab,
    "markdown": _markdown,
}
