"""Cutovers, the routing tables made from them, facts, and the audit of it all."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from strangler.ledger.tables.columns import blob, flag, key, metadata, number, number_key, text

cutovers = Table(
    "cutovers",
    metadata,
    key("name"),
    text("phase"),
    Column("step", Integer, nullable=False),
    Column("weight", Integer, nullable=False),
    flag("paused"),
    number("generation"),
    number("since_ns"),
    text("reason"),
    text("actor"),
    number("soaked_ns"),
    number("looked_ns"),
    number("held_from_ns"),
    number("held_until_ns"),
)

tables = Table(
    "tables",
    metadata,
    number_key("generation"),
    number("issued_ns"),
    text("digest"),
    blob("body"),
)

facts = Table("facts", metadata, key("kind"), key("subject"), text("phase"), text("digest"), number("at_ns"))

audit = Table(
    "audit",
    metadata,
    number_key("seq"),
    Column("prev", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False, unique=True),
    text("body"),
    text("subject"),
    Index(None, "subject"),
)
