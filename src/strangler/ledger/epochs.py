"""Epochs: evidence belongs to one candidate version under one set of rules and settings, and never outlives
it.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from strangler.config.model import Config
from strangler.ledger.settled import EpochKey


class Epoch(msgspec.Struct, frozen=True):
    """An epoch with its number. `attempt` is None until a verdict was asked for; times in Unix nanoseconds.

    `resumed_ns`: when its present run began (another version's answers came before); `resumed_before_ns`:
    the run before that, 0 if none. `last_ns`: the latest answer of this version.
    """

    id: int
    cutover: str
    digest: str
    version: str
    rules: str
    settings: str
    created_ns: int
    resumed_ns: int
    resumed_before_ns: int
    last_ns: int
    attempt: int | None


def rules_digest(config: Config, cutover: str) -> str:
    """The effective rules of a cutover's routes, by meaning: reasons, owners and expiry dates change
    nothing.
    """
    raise NotImplementedError


def settings_digest(config: Config, cutover: str) -> str:
    """What else changes routing or comparison of the cutover's routes. Weights, steps and policy do not."""
    raise NotImplementedError


def epoch_key(config: Config, cutover: str, version: str) -> EpochKey:
    """The epoch that evidence of `cutover` belongs to while the candidate answers as `version`. Pure."""
    raise NotImplementedError


def epoch_digest(config: Config, cutover: str, version: str) -> str:
    """`epoch_key(…).digest`."""
    return epoch_key(config, cutover, version).digest


def resume(connection: Connection, key: EpochKey, now_ns: int) -> Epoch:
    """The epoch of this key, made when it is new: a digest that returns resumes its own. (`flush` does it
    itself.)
    """
    raise NotImplementedError


def current(connection: Connection, config: Config, cutover: str) -> Epoch | None:
    """The epoch under the present rules and settings whose version answered last; None when there is none."""
    raise NotImplementedError


def at_once(epochs: list[Epoch]) -> tuple[str, ...]:
    """The candidate versions that answer at the same time, the latest first; one when there is no doubt.
    Pure.
    """
    raise NotImplementedError


def epochs(connection: Connection, cutover: str) -> list[Epoch]:
    """All epochs of a cutover, the latest answer first."""
    raise NotImplementedError


def ask(connection: Connection, epoch: Epoch, now_ns: int) -> Epoch:
    """Note that a verdict was asked for in this epoch: it gets its attempt number, once. Needs a write
    transaction.
    """
    raise NotImplementedError
