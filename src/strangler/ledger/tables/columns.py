"""Columns of the ledger's tables. Revisions are made of them too: what one of these says must never change."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Integer, LargeBinary, MetaData, Text

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def row_id() -> Column[int]:
    """A number that the database gives out."""
    # SQLite gives out row ids for INTEGER PRIMARY KEY only.
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def text(name: str, default: str | None = None) -> Column[str]:
    """A text; empty rather than absent."""
    return Column(name, Text, nullable=False, server_default=default)


def number(name: str) -> Column[int]:
    """A counter or a time, 0 unless said."""
    return Column(name, BigInteger, nullable=False, server_default="0")


def real(name: str) -> Column[float]:
    """A statistic, 0 unless said. Never an amount."""
    return Column(name, Double, nullable=False, server_default="0")


def flag(name: str) -> Column[bool]:
    """Yes or no."""
    return Column(name, Boolean, nullable=False)


def blob(name: str) -> Column[bytes]:
    """Bytes."""
    return Column(name, LargeBinary, nullable=False)


def key(name: str) -> Column[str]:
    """A text that is part of the primary key."""
    return Column(name, Text, primary_key=True)


def number_key(name: str) -> Column[int]:
    """A number that is part of the primary key, given by us."""
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def epoch_key() -> Column[int]:
    """The epoch, as part of the primary key."""
    return Column("epoch", BigInteger, ForeignKey("epochs.id"), primary_key=True, autoincrement=False)


def divergence_key() -> Column[str]:
    """The divergence, as part of the primary key."""
    return Column("divergence", Text, ForeignKey("divergences.id"), primary_key=True)
