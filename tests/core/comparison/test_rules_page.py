"""docs/rules.md: every kind has its section, and every row of it comes out as it says."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import pytest

from strangler.comparison.observations import Observations, settle
from strangler.comparison.pair import compare
from strangler.comparison.rules import Rules
from strangler.config.rules import KINDS, kind_of
from strangler.config.rulesfile import parse_rules

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `(\{.*?\})` \| `(\{.*?\})` \| (equal|different) \|$", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """Rules as YAML, and the rows below them."""

    section: str
    rules: str
    rows: tuple[tuple[str, str, str], ...]


def sections() -> dict[str, str]:
    parts = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: part for part in parts}


def examples() -> Iterator[Example]:
    for name, text in sections().items():
        blocks = [block for block in _BLOCK.finditer(text) if block[1] == "yaml"]
        ends = [*(block.start() for block in blocks[1:]), len(text)]
        for block, end in zip(blocks, ends, strict=False):  # a section without blocks ends all the same
            rows = tuple(found.groups() for found in _ROW.finditer(text, block.end(), end))
            yield Example(name, block[2], rows)  # type: ignore[arg-type]


EXAMPLES = list(examples())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, unpacked: Callable[..., Path]) -> Path:
    """The distribution that the page shows, built from what it shows."""
    blocks = {match[1]: match[2] for match in _BLOCK.finditer(sections()["call"])}
    return unpacked(
        tmp_path_factory.mktemp("page") / "source", blocks["toml"], "acme_rules", blocks["python"]
    )


@pytest.fixture(autouse=True)
def on_the_path(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(site))
    yield
    sys.modules.pop("acme_rules", None)


def test_every_kind_has_its_section_in_the_order_of_the_model_and_shows_what_it_does_not_hide() -> None:
    assert [name for name in sections() if name in KINDS] == list(KINDS)
    for kind in KINDS:
        rows = [row for each in EXAMPLES if each.section == kind for row in each.rows]
        assert {came for _, _, came in rows} == {"equal", "different"}, kind
        assert re.search(r"\b[Ii]t does not hide\b|\bIt is the widest\b", sections()[kind]), kind


def test_no_row_is_overlooked() -> None:
    assert len(re.findall(r"^\| `\{", PAGE, flags=re.MULTILINE)) == sum(len(each.rows) for each in EXAMPLES)
    assert all(each.rows for each in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: f"{each.section} {EXAMPLES.index(each)}")
def test_every_row_comes_out_as_it_says_whatever_the_order_of_the_rules(example: Example) -> None:
    rules, _ = parse_rules(example.rules, Path("rules.md"))
    if example.section in KINDS:
        assert example.section in {kind_of(rule) for rule in rules}
    for order in permutations(rules):
        compiled, known = Rules.of(order), Observations()
        for legacy, candidate, expected in example.rows:
            outcome = settle(compare(legacy.encode(), candidate.encode(), compiled), known)
            known.learn(outcome.pairings)
            assert outcome.verdict == expected, (legacy, candidate, outcome.differences)


def test_the_row_whose_function_fails_says_so() -> None:
    (example,) = (each for each in EXAMPLES if each.section == "call")
    rules, _ = parse_rules(example.rules, Path("rules.md"))
    causes = [
        difference.cause
        for legacy, candidate, _ in example.rows
        for difference in compare(legacy.encode(), candidate.encode(), Rules.of(rules)).differences
    ]
    assert [cause.code for cause in causes].count("rule-failed") == 1
    assert any("raised KeyError" in cause.detail for cause in causes)
