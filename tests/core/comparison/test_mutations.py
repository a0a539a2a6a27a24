"""One value changed anywhere in real documents: found there, as what it is, with its cause. No change: nothing."""

from __future__ import annotations

import copy
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random

import pytest
from deepdiff import DeepDiff

from strangler.comparison.decode import decode
from strangler.comparison.model import Difference, Node, Outcome, jsonpath
from strangler.comparison.model import Path as Place
from strangler.comparison.pair import compare
from strangler.comparison.paths import at
from strangler.comparison.values import canonical
from strangler.testing.samples import answer, as_json, invoice

from .mutants import ANYWHERE, CAUSED, RENAMED, Mutant
from .taught import claims

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
LARGEST = 12_000
SUITE, FULL = 60, 10_000


@cache
def documents() -> tuple[Node, ...]:
    """Samples, and what others recorded where it is beside the repository."""
    return (*_samples(), *(_corpus() if CORPUS.is_dir() else ()))


def _samples() -> Iterator[Node]:
    for number in range(12):
        yield invoice(number, lines=2 + number % 7, currency=("EUR", "USD", "GBP")[number % 3])
        texts = json.loads(as_json(invoice(number)), parse_float=str)
        yield texts | {"created_at": f"2026-03-{number + 1:02}T08:{number:02}:00Z", "tags": ["net30", "eu"]}
        yield {
            "invoice": f"in_1GqIC8HYgolSBA{number:02}",
            "paid": True,
            "history": [{"at": "2026-02-03", "by": "ada"}],
        }


def _corpus() -> Iterator[Node]:
    with gzip.open(CORPUS / "stripe-pairs" / "pairs.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            body = json.loads(line)["old"]["body"]
            if number % 8 == 0 and isinstance(body, str) and 100 < len(body) < LARGEST:
                yield decode(answer(body.encode())).root
    for pattern in ("zugferd/cii/*.xml", "zugferd/ubl/*.xml"):
        for file in sorted(CORPUS.glob(pattern))[::5]:
            body = file.read_bytes()
            if len(body) < LARGEST:
                yield decode(answer(body, media="application/xml")).root


def unequal(left: Node, right: Node) -> bool:
    """A plain walk, position by position: the first oracle. Numbers by value, everything else by type and value."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() != right.keys() or any(unequal(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) != len(right) or any(map(unequal, left, right))
    numbers = [isinstance(each, int | Decimal) and not isinstance(each, bool) for each in (left, right)]
    return left != right or (not all(numbers) and type(left) is not type(right))


def tagged(node: Node) -> object:
    """What DeepDiff, the second oracle, is given: it takes true for 1 and tells 1 from Decimal 1."""
    if isinstance(node, dict):
        return {name: tagged(child) for name, child in node.items()}
    if isinstance(node, list):
        return [tagged(child) for child in node]
    number = isinstance(node, int | Decimal) and not isinstance(node, bool)
    return f"number {Decimal(node).normalize()}" if number else f"{type(node).__name__} {node}"  # type: ignore[arg-type]


def differs(mutant: Mutant) -> bool:
    """What both oracles say. They must agree, or there is no telling who is right."""
    plain = unequal(mutant.left, mutant.right)
    assert bool(DeepDiff(tagged(mutant.left), tagged(mutant.right), ignore_order=False)) is plain
    return plain


def found(differences: tuple[Difference, ...]) -> list[tuple[str, Place]]:
    return sorted(((each.kind, each.location.path) for each in differences), key=str)


def twins(mutant: Mutant) -> bool:
    """Whether a list on the way holds, on either side, equal items: which of them changed cannot be told."""
    for _, path in mutant.expected:
        for end in range(len(path) + 1):
            for document in (mutant.left, mutant.right):
                try:
                    node = at(document, path[:end])
                except KeyError:
                    continue
                if isinstance(node, list) and len({repr(tagged(item)) for item in node}) < len(node):
                    return True
    return False


def right_place_and_kind(mutant: Mutant, differences: tuple[Difference, ...]) -> bool:
    if found(differences) == sorted(mutant.expected, key=str):
        return True
    if not twins(mutant):
        return False
    around = [path[:-1] for _, path in mutant.expected]
    return all(any(each.location.path[: len(path)] == path for path in around) for each in differences)


@pytest.mark.parametrize("name", ANYWHERE)
@pytest.mark.parametrize(
    "times", [SUITE, pytest.param(FULL // len(ANYWHERE), marks=[pytest.mark.full, pytest.mark.timeout(900)])]
)
def test_whatever_changes_is_found_where_it_is_as_what_it_is(name: str, times: int) -> None:
    random = Random(f"{name} {times}")
    unseen = made = 0
    wrong: list[object] = []
    while made < times:
        document = random.choice(documents())
        mutant = ANYWHERE[name](document, random)
        if mutant is None:
            continue
        made += 1
        outcome = compare(mutant.left, mutant.right)
        if not differs(mutant):
            assert outcome.verdict == "equal", mutant.expected
            continue
        unseen += outcome.verdict != "different"
        if not right_place_and_kind(mutant, outcome.differences):
            wrong.append((mutant.expected, found(outcome.differences)))
    assert unseen == 0
    assert not wrong, (len(wrong), wrong[:5])


@pytest.mark.parametrize(
    "times", [12, pytest.param(FULL // len(CAUSED), marks=[pytest.mark.full, pytest.mark.timeout(1_800)])]
)
def test_the_cause_is_told(times: int) -> None:
    made: Counter[str] = Counter()
    right: Counter[str] = Counter()
    taken_for: dict[str, Counter[str]] = {}
    for name, (cause, mutator) in CAUSED.items():
        random = Random(f"{name} {times}")
        for _ in range(40 * times):
            mutant = mutator(random.choice(documents()), random)
            if mutant is None or not differs(mutant):
                continue
            made[name] += 1
            causes = [each.cause for each in judged(mutant).differences]
            codes = {each.code for each in causes}
            right[name] += codes == {cause} and all(mutant.said in each.detail for each in causes)
            taken_for.setdefault(name, Counter()).update(codes - {cause})
            if made[name] == times:
                break
    show_table(made, right, taken_for)
    assert all(made[name] == times for name in CAUSED), made
    short = {name: taken_for[name] for name in CAUSED if right[name] < 0.95 * made[name]}
    assert not short


def judged(mutant: Mutant) -> Outcome:
    """Both documents, as answers where the status matters."""
    if mutant.status == 200:
        return compare(mutant.left, mutant.right)
    left, right = (answer(canonical(each), status=mutant.status) for each in (mutant.left, mutant.right))
    return compare(left, right)


@pytest.mark.parametrize("cause", RENAMED)
@pytest.mark.parametrize(
    "times", [8, pytest.param(FULL // 40, marks=[pytest.mark.full, pytest.mark.timeout(900)])]
)
def test_what_is_renamed_throughout_is_learned(cause: str, times: int) -> None:
    random = Random(f"{cause} {times}")
    right = 0
    for _ in range(times):
        run = RENAMED[cause](random.choice(documents()), random)
        told = claims(run.pairs)
        right += [(claim.code, claim.place) for claim in told] == [(cause, jsonpath(run.place))]
        assert claims([*run.pairs, run.wrong]) == []
    assert right >= 0.95 * times


def show_table(made: Counter[str], right: Counter[str], taken_for: dict[str, Counter[str]]) -> None:
    lines = [f"\n{'made by':<26}{'mutants':>8}{'told':>8}   otherwise"]
    for name in CAUSED:
        others = ", ".join(f"{code} {n}" for code, n in taken_for.get(name, Counter()).most_common(3))
        share = 100 * right[name] // max(1, made[name])
        lines.append(f"{name:<26}{made[name]:>8}{share:>6} %   {others}")
    sys.stdout.write("\n".join(lines) + "\n")


def test_no_change_is_nothing_ever() -> None:
    for document in documents():
        assert compare(document, copy.deepcopy(document)).differences == ()
        assert compare(as_json(document), as_json(document, indent=2, reverse=True)).verdict == "equal"
