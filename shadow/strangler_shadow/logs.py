"""How processes log: a line of words, or a line of JSON with one id from exchange to verdict; secrets are taken out.

`STRANGLER_LOG_FORMAT` is `text` (unless said) or `json`, `STRANGLER_LOG_LEVEL` is `warning` (unless said), `info` (each
exchange that is not equal, too) or `debug` (each exchange). Processes under `serve` inherit both.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import IO, Any, Final

import msgspec

from strangler.exchange import Exchange
from strangler_shadow.telemetry.context import named, trace_of

FORMAT: Final = "STRANGLER_LOG_FORMAT"
LEVEL: Final = "STRANGLER_LOG_LEVEL"
FORMATS: Final = ("text", "json")
LEVELS: Final = ("warning", "info", "debug")
EXCHANGE: Final[ContextVar[Exchange | None]] = ContextVar("exchange", default=None)
"""The exchange that is worked on in this task: its name stands in every line of JSON."""
_HIDDEN: Final = "[hidden]"
_SECRETS: Final = (
    (
        re.compile(r"(?i)\b(authorization|proxy-authorization|cookie|set-cookie|x-api-key)(\W{1,4})[^\r\n]+"),
        r"\1\2",
    ),
    (re.compile(r"(?i)\b(bearer|basic|digest)( +)[\w.~+/=-]+"), r"\1\2"),
    (re.compile(r"(?i)\b(password|passwd|pwd|secret|token|api_key|apikey)(\s*[=:]\s*)[^\s,;&'\"]+"), r"\1\2"),
    (re.compile(r"(\w+://[^\s:/@]+)(:)[^\s/@]+(?=@)"), r"\1\2"),
    (re.compile(r"()(whsec_)[A-Za-z0-9+/=]+"), r"\1\2"),
)


def configure(name: str, environment: Mapping[str, str] = os.environ, stream: IO[str] | None = None) -> None:
    """Set up logging for a process of that name. What the environment says and cannot be meant counts as not said."""
    level = environment.get(LEVEL, "").lower()
    handler = logging.StreamHandler(stream) if stream else _ToStderr(sys.stderr)
    as_json = environment.get(FORMAT, "").lower() == "json"
    handler.setFormatter(AsJson(name) if as_json else AsText(f"{name}[%(process)d] %(message)s"))
    # Libraries speak from `warning` on: what they say below that may hold what traffic says.
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for ours in ("strangler", "strangler_shadow", "strangler_dashboard"):
        logging.getLogger(ours).setLevel(level.upper() if level in LEVELS[1:] else logging.NOTSET)


def scrubbed(text: str) -> str:
    """The text without what looks like a credential."""
    for pattern, kept in _SECRETS:
        text = pattern.sub(kept + _HIDDEN, text)
    return text


class _ToStderr(logging.StreamHandler[IO[str]]):
    """To standard error as it is when something is said, not as it was when this was set up."""

    def emit(self, record: logging.LogRecord) -> None:
        """See logging."""
        self.stream = sys.stderr
        super().emit(record)


class AsText(logging.Formatter):
    """A line of words, and a traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging."""
        return scrubbed(super().format(record))


class AsJson(logging.Formatter):
    """One JSON object a line: time, level, process, pid, logger, message; `exchange` and `trace_id` where one is worked
    on; the fields of the event; `error` with type, message and stack.
    """

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """See logging."""
        said: dict[str, Any] = {
            "time": f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "level": record.levelname.lower(),
            "process": self._process,
            "pid": record.process,
            "logger": record.name,
            "message": scrubbed(record.getMessage()),
        }
        exchange: Exchange | None = getattr(record, "exchange", None) or EXCHANGE.get()
        if exchange is not None:
            said["exchange"] = named(exchange.origin)
            said["trace_id"] = f"{trace_of(exchange):032x}"
        fields: Mapping[str, Any] = getattr(record, "fields", {})
        said |= {
            name: scrubbed(value) if isinstance(value, str) else value
            for name, value in fields.items()
            if name not in said
        }
        if record.exc_info and record.exc_info[0] is not None:
            said["error"] = {
                "type": record.exc_info[0].__name__,
                "message": scrubbed(str(record.exc_info[1])),
                "stack": scrubbed(self.formatException(record.exc_info)),
            }
        return msgspec.json.encode(said).decode()
