"""Whatever is done to a good file: it is refused in words, or it is a configuration. Never another exception."""

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from strangler.config import Config, expand, parse
from strangler.errors import ConfigError, UsageError

from .samples import WHOLE

FILE = Path("strangler.yaml")
LINES = WHOLE.splitlines()
WORDS = sorted(set(WHOLE.replace(":", " ").replace(",", " ").replace("{", " ").replace("}", " ").split()))
# Reading YAML is what takes the time: half the examples here, whatever the profile says.
half = settings(max_examples=settings.get_profile(settings.get_current_profile_name()).max_examples // 2)
SCALARS = st.one_of(
    st.sampled_from(
        [
            "",
            "~",
            "true",
            ".inf",
            "-.inf",
            ".nan",
            "0",
            "-1",
            "1e999",
            "0x10",
            "1_0",
            "2030-01-01",
            "2030-02-31",
        ]
    ),
    st.sampled_from(
        ['""', "[]", "{}", "[~]", "{a: b}", "[[]]", "{? [a] : b}", "&x y", "*x", "!!str 5", "'%'", "1%%"]
    ),
    st.sampled_from(
        ["9" * 5000, "9" * 400 + "d", "1e-400%", "$" * 300, "$..[?(@.a)]", "http://[", "${", "/{a*}/b"]
    ),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(WORDS),
)


def usable_or_refused(text: str) -> None:
    try:
        loaded = parse(text, FILE)
    except ConfigError:
        return
    assert isinstance(loaded.config, Config)
    for line in range(1, 3):
        assert loaded.line_of("routes", line) >= 1


@half
@given(line=st.integers(0, len(LINES) - 1), value=SCALARS)
def test_another_value(line: int, value: Any) -> None:
    key, colon, _ = LINES[line].partition(": ")
    usable_or_refused("\n".join([*LINES[:line], f"{key}{colon}{value}", *LINES[line + 1 :]]))


@half
@given(line=st.integers(0, len(LINES) - 1), value=SCALARS)
def test_another_key(line: int, value: Any) -> None:
    indent = len(LINES[line]) - len(LINES[line].lstrip())
    usable_or_refused("\n".join([*LINES[:line], f"{' ' * indent}{value}: 1", *LINES[line:]]))


@half
@given(first=st.integers(0, len(LINES)), last=st.integers(0, len(LINES)))
def test_lines_left_out(first: int, last: int) -> None:
    usable_or_refused("\n".join(LINES[: min(first, last)] + LINES[max(first, last) :]))


@given(order=st.permutations(LINES))
def test_lines_in_another_order(order: list[str]) -> None:
    usable_or_refused("\n".join(order))


@half
@given(at=st.integers(0, len(WHOLE)), piece=st.text(max_size=6), cut=st.integers(0, 6))
def test_characters(at: int, piece: str, cut: int) -> None:
    usable_or_refused(WHOLE[:at] + piece + WHOLE[at + cut :])


@given(text=st.text(max_size=200))
def test_any_text(text: str) -> None:
    usable_or_refused(text)


NODES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=8,
)


@given(
    part=st.sampled_from(
        ["legacy", "candidate", "serve", "routes", "rules", "policy", "cutovers", "strata", "worker"]
    ),
    node=NODES,
)
def test_another_tree(part: str, node: Any) -> None:
    usable_or_refused(
        f"version: 1\nlegacy: {{url: 'http://a'}}\ncandidate: {{url: 'http://b'}}\n{part}: {node}\n"
    )


@given(text=st.text(max_size=40), names=st.dictionaries(st.sampled_from(["A", "B"]), st.text(max_size=5)))
def test_expansion(text: str, names: dict[str, str]) -> None:
    try:
        assert isinstance(expand(text + "${A}", names), str)
    except UsageError:
        assert "A" not in names or "${" in text
