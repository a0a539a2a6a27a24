"""Routes out of an OpenAPI (or Swagger 2) description, JSON or YAML. Only its paths are read; nothing is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from strangler.errors import UsageError
from strangler_cli.starting.found import FoundRoute, template_of

_METHODS: Final = ("get", "head", "options", "post", "put", "patch", "delete")


def routes(text: str, file: Path, *, base: str = "") -> tuple[list[FoundRoute], list[str]]:
    """Its operations, and what could not be taken over. `base`: the path of legacy's URL, which requests do not
    carry. Raises UsageError when it is no such description.
    """
    document = _read(text, file)
    paths = document.get("paths")
    if not isinstance(paths, dict) or not ("openapi" in document or "swagger" in document):
        raise UsageError(
            "no OpenAPI description: it has no `openapi:` and `paths:`",
            where=str(file),
            remedy="is it the right file?",
        )
    prefix = _prefix(document).removeprefix(base.rstrip("/"))
    found: list[FoundRoute] = []
    left: list[str] = []
    for path, operations in paths.items():
        template = template_of(prefix + str(path)) if str(path).startswith("/") else None
        if template is None:
            left.append(f"{path}: not a path that a template can say")
        elif isinstance(operations, dict):
            found.extend(_operations(template, operations))
    return found, left


def _operations(template: str, operations: dict[Any, Any]) -> Iterator[FoundRoute]:
    for method in _METHODS:
        operation = operations.get(method)
        if isinstance(operation, dict):
            name = operation.get("operationId")
            yield FoundRoute(method.upper(), template, name if isinstance(name, str) else "")


def _prefix(document: dict[Any, Any]) -> str:
    servers = document.get("servers")
    if isinstance(servers, list) and servers and isinstance(servers[0], dict):
        url = str(servers[0].get("url", ""))
    else:
        url = str(document.get("basePath", ""))
    try:
        path = urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
    return path if path.startswith("/") and "{" not in path else ""


def _read(text: str, file: Path) -> dict[Any, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="safe", pure=True).load(text)  # JSON is YAML, too
    except (YAMLError, ValueError, TypeError, RecursionError, AttributeError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise UsageError(f"neither JSON nor YAML: {reason[0]}", where=str(file)) from None
    if not isinstance(document, dict):
        raise UsageError("no OpenAPI description: it holds no mapping", where=str(file))
    return document
