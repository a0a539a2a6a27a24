"""YAML that is broken, twofold, too deep or too large is refused in words, and soon."""

from collections.abc import Callable

import pytest

from strangler.config.document import MAX_DEPTH, line_of, plain, read

from .samples import SMALL

type Refused = Callable[[str], str]


def test_broken_yaml_has_its_line(refused: Refused) -> None:
    assert refused("version: 1\nlegacy: {url: x\ncandidate: y\n").startswith("strangler.yaml:3: not YAML: ")


def test_a_key_that_stands_twice(refused: Refused) -> None:
    said = refused(SMALL + "serve:\n  planes: 2\n  planes: 3\n")
    assert said.startswith("strangler.yaml:")
    assert "the key `planes` stands twice" in said


@pytest.mark.parametrize("text", ["", "- a\n", "just words", "42"])
def test_no_mapping(text: str, refused: Refused) -> None:
    assert "the file holds no mapping" in refused(text)


def test_two_documents(refused: Refused) -> None:
    assert "not YAML" in refused(SMALL + "---\n" + SMALL)


def test_a_few_aliases_that_stand_for_billions(refused: Refused) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    said = refused("\n".join(lines))
    assert "too many values" in said
    assert said.startswith("strangler.yaml:5:")


def test_an_alias_of_itself(refused: Refused) -> None:
    assert "what it is part of" in refused("a: &a [*a]\n")


def test_too_deep(refused: Refused) -> None:
    assert "nested too deeply" in refused("a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    assert "nested too deeply" in refused("a: " + "[" * 100_000)


def test_too_large(refused: Refused) -> None:
    assert "characters" in refused("# " + "x" * 1_100_000)
    assert "too many values" in refused("a: [" + "x," * 20_000 + "x]")


@pytest.mark.parametrize("tag", ["!!python/object:os.system", "!foo", "!!binary", "!!set"])
def test_tags_mean_nothing_here(tag: str, refused: Refused) -> None:
    assert "YAML tag" in refused(f"{SMALL}ledger: {tag} aGk=\n")


def test_control_characters(refused: Refused) -> None:
    assert "not YAML" in refused("version: \x00")


def test_lines_of_keys_items_and_what_is_not_there() -> None:
    tree = read("a:\n  b:\n    - c\n    - d: 1\n", "x")
    assert [line_of(tree, at) for at in ((), ("a",), ("a", "b"), ("a", "b", 1), ("a", "b", 1, "d"))] == [
        1,
        1,
        2,
        4,
        4,
    ]
    assert line_of(tree, ("a", "b", 7)) == 2
    assert line_of(tree, ("z",)) == 1


def test_plain_has_only_plain_types() -> None:
    tree = read("a: 0x10\nb: 1.50\nc: 'x'\nd: [true, ~, 2030-01-01]\ne: |\n  text\n", "x")
    found = plain(tree)
    kinds = {type(value) for value in (found["a"], found["b"], found["c"], found["e"], found["d"])}
    assert kinds == {int, float, str, list}
    assert found["d"][:2] == [True, None]


def test_merge_keys_are_followed(refused: Refused) -> None:
    text = SMALL.replace('{url: "http://127.0.0.1:1"}', '&one {url: "http://127.0.0.1:1", timeot: 1s}')
    assert "timeot" in refused(
        text.replace('{url: "http://127.0.0.1:2"}', '{<<: *one, url: "http://127.0.0.1:2"}')
    )
