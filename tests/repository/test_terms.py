"""The two systems have two names, legacy and candidate, wherever a person reads about them."""

import re
from pathlib import Path

import pytest

from .files import listed, offences

SYSTEM = r"(?:system|service|side|backend|application|platform|billing)s?"
PATTERNS = (
    rf"\b(?:old|new|previous|current|existing)[\s_-]+{SYSTEM}\b",
    rf"\bcontrol[\s_-]+(?:{SYSTEM}|group|answer|response)\b",
    rf"\bexperiment(?:al)?[\s_-]+(?:{SYSTEM}|group)\b",
    r"\b(?:incumbent|challenger)s?\b",
    r"(?<![\w/])A/B(?![\w/])",
)
OTHER_NAMES = "|".join(PATTERNS)


def readable() -> list[Path]:
    """CLI, configuration, docs and every package; the tests may speak of what is forbidden."""
    return [file for file in listed() if file.parts[0] != "tests" and file.name != "LICENSE"]


def test_no_other_names_for_the_two_systems() -> None:
    assert offences(OTHER_NAMES, readable()) == []


@pytest.mark.parametrize(
    "text",
    [
        "the old system",
        "a new service",
        "new-side",
        "control side",
        "OLD SYSTEMS",
        "an A/B test",
        "experiment group",
    ],
)
def test_other_names_are_recognised(text: str) -> None:
    assert re.search(OTHER_NAMES, text, re.IGNORECASE)


@pytest.mark.parametrize(
    "text", ["legacy", "the new table", "control/table.py", "/a/b", "an old invoice", "a/b/c"]
)
def test_ordinary_words_pass(text: str) -> None:
    assert not re.search(OTHER_NAMES, text, re.IGNORECASE)
