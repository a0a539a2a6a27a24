"""What the worker judges by: everything that follows from one strangler.yaml. Immutable; a new file, a new ground."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from strangler.comparison.context import Context
from strangler.comparison.context import Limits as Ceilings
from strangler.comparison.mirror import mirrored
from strangler.comparison.rules import Rules
from strangler.config import Config, Loaded
from strangler.config.cutovers import SyncedState
from strangler.config.rules import Rule
from strangler.exchange import Side
from strangler.ledger.epochs import epoch_key
from strangler.ledger.settled import EpochKey
from strangler.redaction import Redactor, redaction_key
from strangler.routing.template import Template, parse_template
from strangler_shadow.worker.labels import Labeller
from strangler_shadow.worker.reading import Reader, readers

_DECODED: Final = 8 << 20
"""A body may unpack to this, or to eight times the limit for captured bodies: a tree takes many times its text."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """What a side is compared with itself by."""

    rules: Rules
    context: Context


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What answers of one route are compared by: between the sides, and each side with itself."""

    rules: Rules
    context: Context
    mirrors: Mapping[Side, Mirror]


@dataclass(slots=True)
class Ground:
    """`routes`: per route. `cutovers`: what a route belongs to; those in none are not there. `lag_ms`: per cutover with
    `state: synced`, how much lag is declared. `labels`: how many values of each label are told apart.
    `templates`: of the paths, per route. `numbers`: of the routes that declare where their documents' numbers stand.
    """

    loaded: Loaded
    routes: Mapping[str, Yardstick]
    labeller: Labeller
    redactor: Redactor
    lag_ms: Mapping[str, int]
    labels: Mapping[str, int]
    cutovers: Mapping[str, str]
    templates: Mapping[str, Template]
    numbers: Mapping[str, Reader] = field(default_factory=dict[str, Reader])
    _epochs: dict[tuple[str, str], EpochKey] = field(default_factory=dict)

    @property
    def config(self) -> Config:
        """The configuration."""
        return self.loaded.config

    def epoch(self, cutover: str, version: str) -> EpochKey:
        """The epoch that evidence of a cutover belongs to while the candidate answers as `version`."""
        found = self._epochs.get((cutover, version))
        if found is None:
            found = self._epochs[cutover, version] = epoch_key(self.config, cutover, version)
        return found


def ground(loaded: Loaded, state: Path) -> Ground:
    """Raises UsageError (an environment variable, the redaction key) or ConfigError (a rule's location)."""
    config = loaded.config
    limits = Ceilings(decoded=max(_DECODED, 8 * config.capture.body_limit))
    context = Context(config.legacy.url, config.candidate.url, limits=limits)
    return Ground(
        loaded=loaded,
        routes={name: yardstick(loaded, name, context) for name in config.routes},
        labeller=Labeller(config),
        redactor=Redactor(redaction_key(config.redaction.key, state, os.environ), config.redaction.fields),
        lag_ms={
            name: plan.state.synced.within
            for name, plan in config.cutovers.items()
            if isinstance(plan.state, SyncedState)
        },
        labels={name: label.limit for name, label in config.strata.items()},
        numbers=readers(config),
        cutovers={route: name for name, plan in config.cutovers.items() for route in plan.routes},
        templates={name: parse_template(route.match.path) for name, route in config.routes.items()},
    )


def yardstick(loaded: Loaded, route: str, context: Context) -> Yardstick:
    """By the rules of a route, and what it says of its format. Raises ConfigError (a rule's location)."""
    said = loaded.config.routes[route]
    general, own = loaded.config.rules, said.rules
    if said.decode is not None:
        context = replace(context, declared=said.decode.declared())
    lines = [loaded.line_of("rules", index) for index in range(len(general))]
    lines += [loaded.line_of("routes", route, "rules", index) for index in range(len(own))]
    return by_rules((*general, *own), lines, str(loaded.file), context)


def by_rules(rules: Sequence[Rule], lines: Sequence[int], file: str, context: Context) -> Yardstick:
    """By these rules. Raises ConfigError (a rule's location)."""
    return Yardstick(
        Rules.of(rules, lines, file=file),
        context,
        {
            "legacy": _mirror(rules, "legacy", context, context.legacy_base),
            "candidate": _mirror(rules, "candidate", context, context.candidate_base),
        },
    )


def _mirror(rules: Sequence[Rule], side: Side, context: Context, base: str) -> Mirror:
    return Mirror(mirrored(rules, side), replace(context, legacy_base=base, candidate_base=base))
