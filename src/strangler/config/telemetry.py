"""Where traces go, as it stands in `strangler.yaml`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from strangler.config.base import Part
from strangler.config.fields import Milliseconds, Share
from strangler.config.places import check_field_name
from strangler.config.systems import BaseUrl, check_credential


class Telemetry(Part):
    """Traces of exchange, comparison and verdict, by OTLP over HTTP. Needs the extra `strangler[telemetry]`."""

    endpoint: BaseUrl
    """The collector's base URL, such as http://127.0.0.1:4318; `/v1/traces` is put behind it."""
    headers: dict[
        Annotated[str, AfterValidator(check_field_name)], Annotated[str, AfterValidator(check_credential)]
    ] = Field(default_factory=dict[str, str])
    """What is sent along; `${NAME}` stands for an environment variable."""
    sampling: Share = Decimal("0.05")
    """Share of exchanges that are traced where the client's `traceparent` says nothing; where it does, it decides."""
    queue: int = Field(default=4_096, ge=1, le=1_000_000)
    """Spans waiting to be sent, at most; more are dropped and counted."""
    timeout: Milliseconds = 10_000
    """How long the collector may take for a batch."""
