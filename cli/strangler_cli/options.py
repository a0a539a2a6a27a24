"""Options that several commands have."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import click

_DURATION: Final = re.compile(r"(\d{1,6})\s*(s|m|h|d)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

AS_JSON: Final = click.option("--json", "as_json", is_flag=True, help="What came of it as JSON.")
REASON: Final = click.option("--reason", default="", metavar="TEXT", help="Why; the audit keeps it.")
ACTOR: Final = click.option(
    "--actor", metavar="NAME", help="Who acts, in the audit. Default: the user of the system."
)


class Duration(click.ParamType[int]):
    """`30s`, `10m`, `2h`, `1d`, as nanoseconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The nanoseconds; it fails with what would be right."""
        if isinstance(value, int):
            return value
        found = _DURATION.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no duration; write 30s, 10m, 2h.", param, ctx)
        return int(found[1]) * _SECONDS[found[2]] * 1_000_000_000


class Written(click.ParamType[Any]):
    """What strangler.yaml takes for a value, read and refused by the same rule."""

    def __init__(self, name: str, read: Callable[[], Any]) -> None:
        """`read` gives the annotated type of the configuration; it is imported when a value is there."""
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value; it fails with what would be right."""
        from pydantic import TypeAdapter, ValidationError

        try:
            return TypeAdapter(self._read()).validate_python(value)
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            self.fail(f"{value!r}: {reason}", param, ctx)


def size() -> Any:
    """Bytes: `65536`, `64KiB`, `1MiB`."""
    from strangler.config.fields import Bytes

    return Bytes


def share() -> Any:
    """A share: `0.1%` or `0.001`."""
    from strangler.config.fields import Share

    return Share


TALLY_FORMAT: Final = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="For people, for programs, for a page.",
)
"""How what many pairs came to is printed (`formats.tally.printed`)."""

DECODE: Final = click.option(
    "--decode",
    metavar="FORMAT",
    help="How both are to be read, whatever their media type: a format such as json, or a YAML file with what a"
    " route's `decode` says.",
)
"""How answers are to be read (`files.context_of`)."""

_FIELDS: Final = (
    click.option(
        "--legacy-field", metavar="NAME", default="legacy", help="In --pairs: where legacy's answer is."
    ),
    click.option(
        "--candidate-field", metavar="NAME", default="candidate", help="In --pairs: where the candidate's is."
    ),
    click.option("--id-field", metavar="NAME", default="id", help="In --pairs: what a pair is called."),
    click.option(
        "--route-field",
        metavar="NAME",
        default="route",
        help="In --pairs: what divergences are counted under.",
    ),
    click.option("--bare", is_flag=True, help="In --pairs: both fields are the bodies themselves."),
    click.option(
        "--media",
        metavar="TYPE",
        help="The media type of both, such as application/json. Default: by name or header.",
    ),
)


def PAIR_FIELDS[F: Callable[..., Any]](command: F) -> F:  # noqa: N802  it is used as the options beside it are
    """Where things stand in a line of `--pairs` (`pairing.jsonlines.Names`)."""
    for option in reversed(_FIELDS):
        command = option(command)
    return command
