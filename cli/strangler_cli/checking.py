"""What `strangler check` looks at, each a function from the configuration to findings."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from strangler.errors import LedgerUnavailable, StranglerError, Unreachable
from strangler_cli import probe

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.config.cutovers import Synced
    from strangler.config.systems import System
    from strangler.ledger.store import Ledger

type Level = Literal["ok", "note", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` is empty where nothing needs to be done."""

    level: Level
    subject: str
    what: str
    remedy: str = ""


def look(loaded: Loaded, environment: Mapping[str, str], today: date) -> Iterator[Finding]:
    """Everything, in the order in which a person wants to read it."""
    yield from _file(loaded, today)
    yield from _environment(loaded, environment)
    with ThreadPoolExecutor(max_workers=4) as at_once:
        parts = (
            at_once.submit(_legacy, loaded, environment),
            at_once.submit(_candidate, loaded, environment),
            at_once.submit(_lags, loaded),
            at_once.submit(_effects, loaded, environment),
        )
        for part in parts:
            yield from part.result()
    yield from _ledger(loaded)
    yield from _listening(loaded)


def _file(loaded: Loaded, today: date) -> Iterator[Finding]:
    from strangler.config import advice

    config = loaded.config
    free = [name for name in config.routes if not config.cutover_of(name)]
    what = f"{_count(len(config.routes), 'route')}, {_count(len(config.cutovers), 'cutover')}"
    yield Finding("ok", str(loaded.file), what)
    for problem in advice(loaded, today):
        place = f"{problem.location}: " if problem.location else ""
        yield Finding("warning", f"line {problem.line}", f"{place}{problem.what}", problem.remedy or "")
    if free and config.cutovers:
        yield Finding("note", "routes", f"in no cutover, so always legacy's: {', '.join(free)}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _environment(loaded: Loaded, environment: Mapping[str, str]) -> Iterator[Finding]:
    from strangler.config.document import dotted
    from strangler.config.environment import needed

    for location, name in needed(loaded.config):
        if name in environment:
            yield Finding("ok", f"${name}", f"is set, for {dotted(location)}")
        else:
            line = loaded.line_of(*location)
            yield Finding(
                "error",
                f"${name}",
                f"is not set; {dotted(location)} (line {line}) needs it",
                f"export {name}=…",
            )


def credentials(system: System, environment: Mapping[str, str]) -> dict[str, str]:
    """The fields that stand in for the client's; without those whose variables are not set."""
    from strangler.config.environment import expand, variables

    given = system.auth.replace if system.auth else {}
    return {
        name: expand(value, environment)
        for name, value in given.items()
        if all(variable in environment for variable in variables(value))
    }


def _legacy(loaded: Loaded, environment: Mapping[str, str]) -> list[Finding]:
    return [_greeted(loaded, "legacy", loaded.config.legacy, environment)[0]]


def _candidate(loaded: Loaded, environment: Mapping[str, str]) -> list[Finding]:
    finding, heard = _greeted(loaded, "candidate", loaded.config.candidate, environment)
    return [finding, *(_version(loaded, heard, environment) if heard else ())]


def _greeted(
    loaded: Loaded, side: str, system: System, environment: Mapping[str, str]
) -> tuple[Finding, probe.Heard | None]:
    ca = loaded.folder / system.ca if system.ca else None
    if ca is not None and not ca.is_file():
        return Finding(
            "error", side, f"there is no file {ca}", "`ca:` names a file of PEM certificates"
        ), None
    try:
        heard = probe.ask(probe.base(system), credentials(system, environment), ca=ca)
    except Unreachable as error:
        return Finding("error", side, f"{system.url}: {error.what}", f"start it, or mend `{side}.url`"), None
    if heard.status >= 500:
        return Finding(
            "warning", side, f"{system.url} answers, with status {heard.status}", "see its own log"
        ), heard
    return Finding("ok", side, f"{system.url} answers (status {heard.status})"), heard


def _version(loaded: Loaded, heard: probe.Heard, environment: Mapping[str, str]) -> Iterator[Finding]:
    candidate = loaded.config.candidate
    source = candidate.version
    if source is None:
        return  # the advice on the file says so already
    ca = loaded.folder / candidate.ca if candidate.ca else None
    try:
        version = probe.version_of(candidate, credentials(candidate, environment), ca, heard)
    except Unreachable as error:
        yield Finding("error", "version", str(error), "mend `candidate.version.endpoint`")
        return
    if version:
        yield Finding("ok", "version", f"the candidate says it is {version}")
    elif source.header is not None:
        what = f"the answer at the base URL has no field {source.header}"
        yield Finding(
            "warning",
            "version",
            what,
            "the gate needs it in the answers of every route; see that they have it",
        )
    else:
        what = f"{source.endpoint} holds no single value at {source.path}"
        yield Finding("error", "version", what, "mend `candidate.version.path`")


def _lags(loaded: Loaded) -> list[Finding]:
    from strangler.config.cutovers import SyncedState

    return [
        _lag(f"lag of {name}", plan.state.synced)
        for name, plan in loaded.config.cutovers.items()
        if isinstance(plan.state, SyncedState)
    ]


def _lag(subject: str, synced: Synced) -> Finding:
    url, path, within_ms = synced.lag.url, synced.lag.path, synced.within
    try:
        heard = probe.ask(url, {})
    except Unreachable as error:
        return Finding("error", subject, str(error), "mend `state.synced.lag.url`")
    text = probe.found_at(heard.body, path)
    try:
        seconds = Decimal(text or "")
    except InvalidOperation:
        what = f"{url} (status {heard.status}) holds no number at {path}"
        return Finding("error", subject, what, "mend `state.synced.lag.path`")
    if seconds * 1000 > within_ms:
        return Finding(
            "warning", subject, f"{seconds} s, over the {within_ms} ms of `within`", "let it catch up"
        )
    return Finding("ok", subject, f"{seconds} s, within {within_ms} ms")


def _effects(loaded: Loaded, environment: Mapping[str, str]) -> list[Finding]:
    if not any(plan.effects for plan in loaded.config.cutovers.values()):
        return []
    from strangler_cli.quiet import quiet

    return [Finding(*found) for found in quiet(loaded, environment)]


def _ledger(loaded: Loaded) -> Iterator[Finding]:
    from strangler.ledger.store import open_ledger

    try:
        ledger = open_ledger(loaded.config.ledger, loaded.folder, create=False)
    except LedgerUnavailable as error:
        if "no ledger yet" in error.what:
            yield Finding(
                "ok", "ledger", f"{loaded.config.ledger}: not there yet, `strangler serve` makes it"
            )
        else:
            yield Finding("error", "ledger", error.what, error.remedy or "")
    except StranglerError as error:
        yield Finding("error", "ledger", error.what, error.remedy or "")
    else:
        yield Finding("ok", "ledger", ledger.url)
        yield from _referee(ledger)
        yield from _idle(ledger, loaded)
        yield from _webhooks(ledger, loaded)
        ledger.close()


def _referee(ledger: Ledger) -> Iterator[Finding]:
    from strangler.ledger.refereed import refereed
    from strangler_cli.formats.standing_text import alarm
    from strangler_cli.session import now_ns

    with ledger.read() as connection:
        said = refereed(connection)
    if said.open:
        remedy = (
            "no verdict rests on it; please report it, with the route's kind of documents; then"
            " `strangler referee acknowledge --reason TEXT`"
        )
        yield Finding("warning", "referee", alarm(said, now_ns()), remedy)


def _idle(ledger: Ledger, loaded: Loaded) -> Iterator[Finding]:
    from strangler.ledger.rule_use import rule_uses
    from strangler_cli.formats.rule_use import advice, since

    with ledger.read() as connection:
        uses = rule_uses(connection, loaded)
    for each in uses:
        if each.idle:
            yield Finding("note", f"line {each.rule.line}", f"in {since(each)} {advice(each)}")


def _webhooks(ledger: Ledger, loaded: Loaded) -> Iterator[Finding]:
    from strangler.views.standing import webhooks
    from strangler_cli.formats.standing_text import webhook_words
    from strangler_cli.session import now_ns

    with ledger.read() as connection:
        told = webhooks(connection, loaded)
    for each in told:
        bad = bool(each.told.problem or each.told.given_up)
        remedy = "`strangler notifications test` sends one event now" if bad else ""
        words = webhook_words(each, now_ns()).removeprefix("webhook ")
        yield Finding("warning" if bad else "ok", "webhook", words, remedy)


def _listening(loaded: Loaded) -> Iterator[Finding]:
    serve = loaded.config.serve
    addresses = {"listen": serve.listen, "control": serve.control, "dashboard": serve.dashboard}
    for name, address in ((f"serve.{key}", value) for key, value in addresses.items() if value is not None):
        if problem := _cannot_listen(address):
            yield Finding(
                "warning", name, f"{address}: {problem}", "if `strangler serve` runs already, that is it"
            )
        else:
            yield Finding("ok", name, f"{address} is free")
    for what in (serve.tls.certificate, serve.tls.key) if serve.tls else ():
        if not os.access(loaded.folder / what, os.R_OK):
            yield Finding(
                "error",
                "serve.tls",
                f"{loaded.folder / what} cannot be read",
                "`certificate` and `key` name PEM files",
            )
    state = loaded.folder / serve.state
    if not os.access(_nearest(state), os.W_OK):
        yield Finding(
            "error", "serve.state", f"{state} cannot be written", "name a folder this user may write to"
        )


def _nearest(folder: Path) -> Path:
    return next((place for place in (folder, *folder.parents) if place.exists()), folder)


def _cannot_listen(address: str) -> str:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        with socket.create_server(
            (host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        ):
            return ""
    except OSError as error:
        return error.strerror or str(error)
