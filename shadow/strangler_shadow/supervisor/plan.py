"""What each process is started with, from one configuration; and everything that would keep them from starting."""

from __future__ import annotations

import os
import secrets
import ssl
from dataclasses import dataclass
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

import msgspec

from strangler.config import Loaded, expand
from strangler.errors import UsageError
from strangler.exchange import Side
from strangler.redaction import redaction_key
from strangler_shadow.control.settings import ControlSettings
from strangler_shadow.destination import Destination
from strangler_shadow.settings import PagesSettings, PlaneSettings, SideSettings
from strangler_shadow.sides import side_settings
from strangler_shadow.worker.settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class Plan:
    """`instance` names this deployment; `state`, `worker`: paths; `version`: the candidate's, when it was given."""

    loaded: Loaded
    state: Path
    worker: Path
    instance: str
    version: str | None
    legacy: SideSettings
    candidate: SideSettings
    identity_key: bytes

    def for_plane(self, number: int, listen_fd: int, control: str) -> bytes:
        """Of a new plane process: each has a boot of its own."""
        serve, capture = self.loaded.config.serve, self.loaded.config.capture
        tls = serve.tls
        return msgspec.json.encode(
            PlaneSettings(
                plane=f"{self.instance}/plane-{number}",
                boot=secrets.token_hex(8),
                listen_fd=listen_fd,
                control=control,
                worker=str(self.worker),
                state=str(self.state),
                legacy=self.legacy,
                candidate=self.candidate,
                identity_key=self.identity_key,
                certificate=str(self.loaded.folder / tls.certificate) if tls else None,
                key=str(self.loaded.folder / tls.key) if tls else None,
                queue=capture.queue,
                queue_bytes=capture.queue_bytes,
                body_limit=capture.body_limit,
                heartbeat_ms=capture.heartbeat,
                drain_ms=serve.drain,
                header_limit=serve.header_limit,
            )
        )

    def for_worker(self, listen_fd: int) -> bytes:
        """Of a new worker process."""
        return msgspec.json.encode(
            WorkerSettings(
                name=f"{self.instance}/worker/{secrets.token_hex(8)}",
                config=str(self.loaded.file.resolve()),
                listen_fd=listen_fd,
                state=str(self.state),
                identity_key=self.identity_key,
                version=self.version,
                drain_ms=self.loaded.config.serve.drain,
            )
        )

    def for_control(self, listen_fd: int) -> bytes:
        """Of a new control process."""
        return msgspec.json.encode(
            ControlSettings(
                config=str(self.loaded.file.resolve()),
                state=str(self.state),
                listen_fd=listen_fd,
                instance=f"{self.instance}/",
            )
        )

    def for_pages(self, listen_fd: int) -> bytes:
        """Of the process of the pages."""
        return msgspec.json.encode(PagesSettings(str(self.loaded.file.resolve()), listen_fd))


def plan(loaded: Loaded, state: Path, worker: Path, instance: str, version: str | None) -> Plan:
    """Raises UsageError for what no process could start with: variables, keys, certificates, CA files."""
    sides: dict[Side, SideSettings] = {side: side_settings(loaded, side) for side in ("legacy", "candidate")}
    for settings in sides.values():
        try:
            Destination(settings).tls_context()
        except OSError as error:
            raise UsageError(f"the CA file cannot be read: {error}", where=settings.ca) from error
    _check_certificate(loaded)
    _check_telemetry(loaded)
    key = redaction_key(loaded.config.redaction.key, state, os.environ)
    return Plan(
        loaded=loaded,
        state=state,
        worker=worker,
        instance=instance,
        version=version,
        legacy=sides["legacy"],
        candidate=sides["candidate"],
        identity_key=blake2b(b"identity", key=key[:64], digest_size=32).digest(),
    )


def _check_telemetry(loaded: Loaded) -> None:
    """Raises UsageError where traces are wanted that nothing can make, or a variable is not set."""
    telemetry = loaded.config.telemetry
    if telemetry is None:
        return
    for value in telemetry.headers.values():
        expand(value)
    try:
        found = find_spec("opentelemetry.sdk.trace") and find_spec("opentelemetry.exporter.otlp.proto.http")
    except ModuleNotFoundError:
        found = None
    if not found:
        raise UsageError(
            "what makes traces is not installed (opentelemetry)",
            where="telemetry",
            remedy='pip install "strangler[telemetry]", or take `telemetry` out of the file',
        )


def _check_certificate(loaded: Loaded) -> None:
    tls = loaded.config.serve.tls
    if tls is None:
        return
    where = str(loaded.folder / tls.certificate)
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(where, loaded.folder / tls.key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"the listener's certificate cannot be used: {error}", where=where) from error
