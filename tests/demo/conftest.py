"""Running systems over a small month, and what the demo's rules say in plain Python: an independent judge."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree

from strangler_demo.load import Answered, Tally, send
from strangler_demo.month import Month, plan_month
from strangler_demo.replicator.translate import STATUS, account
from strangler_demo.systems import Systems, systems
from strangler_demo.traffic import Call

type Difference = tuple[str, Any, Any]

ABSENT = "absent"
_JSON = msgspec.json.Decoder(float_hook=Decimal)


@pytest.fixture(scope="session")
def small_month() -> Month:
    return plan_month(11, customers=96, invoices=240)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, small_month: Month) -> Iterator[Systems]:
    """For tests that only read, or put back what they switch."""
    with systems(tmp_path_factory.mktemp("demo") / "running", small_month) as up:
        yield up


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Systems]:
    """For tests that write."""
    with systems(tmp_path / "fresh", plan_month(5, customers=16, invoices=32)) as up:
        yield up


@pytest.fixture(scope="session")
def sweep() -> Callable[..., dict[Call, Answered]]:
    """Sends calls and gives every answer by its call."""

    def run(url: str, calls: Iterable[Call]) -> dict[Call, Answered]:
        answers: dict[Call, Answered] = {}
        tally: Tally = asyncio.run(
            send(url, calls, concurrency=8, watch=lambda answer: answers.update({answer.call: answer}))
        )
        assert not tally.errors
        return answers

    return run


@pytest.fixture(scope="session")
def differences() -> Callable[[Answered, Answered], list[Difference]]:
    """Legacy's answer and the candidate's: where they disagree beyond what is legitimate."""

    def judge(legacy: Answered, candidate: Answered) -> list[Difference]:
        found: list[Difference] = []
        if legacy.status != candidate.status:
            return [("status", legacy.status, candidate.status)]
        left, right = _tree(legacy), _tree(candidate)
        if isinstance(left, dict):
            assert ("generated_at" in left) == ("generated_at" in right)
            for document in (left, right):
                document.pop("generated_at", None)
        found.extend(_walk("$", _in_new_words(left), right))
        return found

    return judge


def _tree(answer: Answered) -> Any:
    if answer.body.startswith(b"<?xml"):
        root = etree.fromstring(answer.body)
        return {etree.QName(root).localname: [_element(root)]}
    if answer.body.startswith((b"{", b"[")):
        return _JSON.decode(answer.body)
    return list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))


def _element(element: etree._Element) -> dict[str, Any]:
    tree: dict[str, Any] = {f"@{name}": value for name, value in element.attrib.items()}
    for child in element:
        tree.setdefault(etree.QName(child).localname, []).append(_element(child))
    if element.text and element.text.strip():
        tree["#text"] = element.text
    return tree


def _in_new_words(node: Any) -> Any:
    """What the rules of the demo's strangler.yaml allow: dates, account ids, status letters, one name."""
    if isinstance(node, list):
        return [_in_new_words(item) for item in node]
    if not isinstance(node, dict):
        return node
    spoken = {
        ("postal_code" if name == "plz" else name): _in_new_words(value) for name, value in node.items()
    }
    if "issued_on" in spoken:
        spoken["issued_on"] = datetime.strptime(spoken["issued_on"], "%d.%m.%Y").date().isoformat()  # noqa: DTZ007
    if "status" in spoken:
        spoken["status"] = STATUS[spoken["status"]]
    if "account_id" in spoken:
        spoken["account_id"] = account(spoken["account_id"])
    return spoken


def _walk(path: str, left: Any, right: Any) -> Iterator[Difference]:
    if isinstance(left, dict) and isinstance(right, dict):
        for name in left.keys() | right.keys():
            yield from _walk(f"{path}.{name}", left.get(name, ABSENT), right.get(name, ABSENT))
    elif isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right) or (left != right and _same_members(left, right)):
            yield path, left, right
            return
        for mine, theirs in zip(left, right, strict=True):
            yield from _walk(f"{path}[*]", mine, theirs)
    elif left != right or isinstance(left, bool) != isinstance(right, bool):
        yield path, left, right


def _same_members(left: list[Any], right: list[Any]) -> bool:
    return sorted(map(_canonical, left)) == sorted(map(_canonical, right))


def _canonical(node: Any) -> str:
    if isinstance(node, dict):
        return "{" + ",".join(f"{name}:{_canonical(value)}" for name, value in sorted(node.items())) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(_canonical, node)) + "]"
    if isinstance(node, int | Decimal) and not isinstance(node, bool):
        return f"{Decimal(node).normalize():f}"
    return repr(node)
