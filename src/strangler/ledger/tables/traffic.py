"""Planes and workers: what was sent, lost and served."""

from __future__ import annotations

from sqlalchemy import Table

from strangler.ledger.tables.columns import blob, flag, key, metadata, number, number_key

workers = Table("workers", metadata, key("worker"), number("heartbeat_ns"), number("flush"))

streams = Table(
    "streams",
    metadata,
    key("plane"),
    key("boot"),
    number("pid"),
    number("generation"),
    number("sent"),
    number("recorded"),
    number("dropped"),
    number("shed"),
    number("gaps"),
    number("heartbeat_ns"),
    flag("ended"),
    blob("counts"),
)

losses = Table(
    "losses",
    metadata,
    number_key("minute"),
    number_key("epoch"),  # 0 where nobody can tell it
    key("reason"),
    key("route"),
    number("count"),
)

served = Table(
    "served",
    metadata,
    number_key("minute"),
    key("route"),
    number("legacy"),
    number("candidate"),
    number("fallback"),
)
