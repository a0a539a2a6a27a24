"""Samples as text, in the form that whoever scrapes asks for: OpenMetrics, or Prometheus' own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from strangler_shadow.metrics.families import BUILD, FAMILIES, Family, Sample

MOST: Final = 5_000
"""Samples of one family: labels have few values, and where something breaks that, it is not the scraper that pays."""


def exposed(samples: Iterable[Sample], accept: str) -> tuple[bytes, str]:
    """The body and its media type, by the request's Accept field. A registry for this one answer: nothing is kept."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Collected([(BUILD, (_version(),), 1), *samples]))
    encode, media = choose_encoder(accept)
    return encode(registry), media


@cache
def _version() -> str:
    try:
        return version("strangler")
    except PackageNotFoundError:
        return "unknown"


class _Collected(Collector):
    """What was gathered, as the library wants it."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples: dict[Family, list[tuple[tuple[str, ...], int | float]]] = {}
        for family, labels, value in samples:
            self._samples.setdefault(family, []).append((labels, value))

    def collect(self) -> Iterator[Metric]:
        """See the library."""
        for family in FAMILIES:
            found = self._samples.get(family)
            if found is not None:
                yield _metric(family, found[:MOST])


def _metric(family: Family, found: list[tuple[tuple[str, ...], int | float]]) -> Metric:
    if family.kind == "info":
        info = InfoMetricFamily(family.name, family.text)
        for labels, _ in found:
            info.add_metric([], dict(zip(family.labels, labels, strict=True)))
        return info
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    made = kind(family.name, family.text, labels=family.labels)
    for labels, value in found:
        made.add_metric(list(labels), value)
    return made
