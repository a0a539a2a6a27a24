"""Decoders of other distributions: a real one is installed, and found by its entry points."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from strangler.comparison.context import Context, Limits
from strangler.comparison.declared import DeclaredFormat
from strangler.comparison.decode import decode, plugins
from strangler.comparison.model import Opaque
from strangler.comparison.pair import compare
from strangler.config import parse
from strangler.errors import ConfigError, DecodeError
from strangler.testing.samples import answer

DOCS = (Path(__file__).parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")
LEFT = b"UNB+UNOC:3+A+B'\nMOA+9:10.00'\n"
RIGHT = LEFT.replace(b"10.00", b"10.01")


def from_docs(language):
    (block,) = re.findall(rf"```{language}\n(.*?)```", DOCS, flags=re.DOTALL)
    return block


def installed(folder, module, source, points, distribution=""):
    """A distribution as an installer leaves it."""
    name = distribution or module
    (folder / f"{module}.py").write_text(source, encoding="utf-8")
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{point} = {value}\n" for point, value in points.items()]
    (info / "entry_points.txt").write_text("[strangler.decoders]\n" + "".join(lines))


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    forget()
    yield tmp_path
    forget()
    for file in tmp_path.glob("*.py"):
        sys.modules.pop(file.stem, None)


def forget():
    plugins.plugged_in.cache_clear()
    plugins._functions.cache_clear()


@pytest.fixture
def edifact(site):
    points = dict(re.findall(r'^"?([a-z/]+)"? = "(edifact:decode)"$', from_docs("toml"), flags=re.MULTILINE))
    assert set(points) == {"application/edifact", "edifact"}
    installed(site, "edifact", from_docs("python"), points, "edifact-for-strangler")
    return site


@pytest.mark.usefixtures("edifact")
def test_the_example_of_the_docs_reads_what_its_media_type_says():
    decoded = decode(answer(LEFT, media="Application/EDIFACT; charset=utf-8"))
    assert decoded.root == [
        {"tag": "UNB", "elements": [["UNOC", "3"], ["A"], ["B"]]},
        {"tag": "MOA", "elements": [["9", "10.00"]]},
    ]
    assert decoded.where[1,] == "segment 2"
    left, right = (answer(body, media="application/edifact") for body in (LEFT, RIGHT))
    (difference,) = compare(left, right).differences
    assert str(difference.location) == "body $[1].elements[0][1]"
    cut = answer(LEFT.rstrip(b"'\n"), media="application/edifact")
    assert [d.cause.code for d in compare(left, cut).differences] == ["cut-off"]
    with pytest.raises(DecodeError, match="the decoder `application/edifact`: no UNA or UNB segment"):
        decode(answer(b"x", media="application/edifact"))


@pytest.mark.usefixtures("edifact")
def test_a_route_names_it_whatever_the_label_says():
    text = "version: 1\nlegacy: {url: http://a}\ncandidate: {url: http://b}\nroutes: {a: {match: GET /x, decode: %s}}"
    said = parse(text % "edifact", Path("x")).config.routes["a"].decode
    assert said is not None
    context = Context(declared=said.declared())
    left, right = answer(LEFT, media="text/plain"), answer(RIGHT, media="application/json")
    places = [str(each.location) for each in compare(left, right, context=context).differences]
    assert places == ["header $['content-type'][0]", "body $[1].elements[0][1]"]
    with pytest.raises(ConfigError, match="edifct"):
        parse(text % "edifct", Path("x"))
    with pytest.raises(ConfigError, match=r"text, application/edifact, edifact"):
        parse(text % "edifct", Path("x"))


@pytest.mark.usefixtures("edifact")
def test_what_is_built_in_is_not_replaced_and_what_nobody_reads_is_opaque(site):
    installed(
        site,
        "greedy",
        "decode = 1",
        dict.fromkeys(["application/json", "text/plain", "text/x-a"], "greedy:decode"),
    )
    forget()
    assert decode(answer(b'{"a": 1}')).root == {"a": 1}
    assert decode(answer(b"a", media="text/plain")).root == "a"
    assert decode(answer(b"a", media="text/x-b")).root == "a"
    assert isinstance(decode(answer(b"\xff", media="application/x-other")).root, Opaque)
    with pytest.raises(DecodeError, match="`text/x-a` is a int, no function"):
        decode(answer(b"a", media="text/x-a"))


WRONG = {
    "raises": ("def decode(*_): raise KeyError('total')", "the decoder `x/y`: KeyError: 'total'"),
    "stops": ("def decode(*_): return decode()", "RecursionError"),
    "returns": ("def decode(*_): return {}", "returned a dict, no Decoded"),
    "object": (
        "from strangler import Decoded\ndef decode(*_): return Decoded({'a': object()}, '')",
        "a object cannot be compared",
    ),
    "deep": (
        "from strangler import Decoded\ndef decode(*_):\n    a = []\n    a.append(a)\n    return Decoded(a, '')",
        "nested too deeply",
    ),
    "import": ("import there_is_no_such_module", "cannot be loaded: ModuleNotFoundError"),
    "name": ("x = 1", "cannot be loaded: AttributeError"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_plug_in_that_is_wrong_is_an_error_that_names_it(site, kind):
    source, what = WRONG[kind]
    installed(site, f"wrong_{kind}", source, {"x/y": f"wrong_{kind}:decode"})
    for _ in range(2):
        with pytest.raises(DecodeError, match=re.escape(what)):
            decode(answer(b"a", media="x/y"), Context(limits=Limits(depth=16)))
    outcome = compare(answer(b"a", media="x/y"), answer(b"b", media="x/y"))
    assert (outcome.verdict, outcome.failure, outcome.blame) == ("failed", "undecodable", "legacy")


def test_a_canonical_form_of_its_own_cannot_make_two_answers_equal(site):
    source = (
        "from strangler import Decoded\n"
        "def decode(body, *_): return Decoded({'a': body.decode()}, 'x/y', canonical=b'same')"
    )
    installed(site, "same", source, {"x/y": "same:decode"})
    left, right = (answer(body, media="x/y") for body in (b"1", b"2"))
    assert compare(left, right).verdict == "different"


def test_two_of_one_name_are_neither(site):
    for name in ("one", "other"):
        installed(site, name, "def decode(*_): 1", {"x/y": f"{name}:decode"})
    with pytest.raises(DecodeError, match="`x/y` stands in one and other"):
        decode(answer(b"a", media="x/y"))
    with pytest.raises(DecodeError, match="stands in"):
        decode(answer(b"a"), Context(declared=DeclaredFormat("x/y")))


def test_one_that_is_not_installed_is_an_error():
    with pytest.raises(DecodeError, match="`edifact` is not installed"):
        decode(answer(b"a"), Context(declared=DeclaredFormat("edifact")))


def test_the_command_finds_it_too(edifact):
    for name, body in (("a", LEFT), ("b", RIGHT)):
        (edifact / name).write_bytes(body)
    environ = {**os.environ, "PYTHONPATH": str(edifact)}
    program = [sys.executable, "-m", "strangler_cli.main", "compare", "a", "b", "--decode", "edifact"]
    ran = subprocess.run(program, cwd=edifact, env=environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    assert "$[1].elements[0][1]" in ran.stdout
