"""Real documents of others: each decodes or gives a typed error, each equals itself, no pair crashes."""

import gzip
import json
from pathlib import Path

import pytest

from strangler.comparison.decode import decode
from strangler.comparison.fingerprint import fingerprint
from strangler.comparison.model import Answer
from strangler.comparison.pair import compare
from strangler.errors import DecodeError
from strangler.testing.samples import answer

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason=f"no corpus at {CORPUS.name} beside the repository"
)


def test_json_test_suite():
    files = sorted((CORPUS / "json" / "JSONTestSuite" / "test_parsing").glob("*.json"))
    assert len(files) > 300
    for file in files:
        message = answer(file.read_bytes() or b" ")
        expected = file.name[0]
        try:
            decode(message)
            read = True
        except DecodeError:
            read = False
        if expected != "i":
            assert read is (expected == "y"), file.name
        assert compare(message, message).verdict == "equal"


def test_recurly_messages():
    files = sorted((CORPUS / "recurly").rglob("*.xml"))
    assert len(files) > 300
    bodies = 0
    for file in files:
        for body in _bodies(file.read_bytes()):
            bodies += 1
            message = answer(body, media="application/xml")
            root = decode(message).root
            assert compare(root, json.loads(json.dumps(root))).verdict == "equal"
    assert bodies > 100


def _bodies(text):
    """XML documents in a file that holds a request and its response as they went over the wire."""
    for message in text.replace(b"\r\n", b"\n").split(b"\x16"):
        start = message.find(b"\n\n")
        body = message[start:].strip()
        if start >= 0 and body.startswith(b"<"):
            yield body


def test_stripe_pairs():
    with gzip.open(CORPUS / "stripe-pairs" / "pairs.jsonl.gz", "rt", encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    assert len(pairs) == 556
    prints = set()
    for pair in pairs:
        old, new = _message(pair["old"]), _message(pair["new"])
        assert compare(old, old).verdict == "equal"
        outcome = compare(old, new)
        assert outcome.verdict in {"equal", "different", "failed"}
        prints |= {fingerprint(pair["endpoint"], difference).digest for difference in outcome.differences}
    assert 50 < len(prints) < 20_000


def _message(side):
    fields = tuple(
        (
            name.encode("latin-1"),
            str(value[0] if isinstance(value, list) else value).encode("latin-1", "replace"),
        )
        for name, value in side["headers"].items()
        if name.lower() != "content-encoding"
    )
    body = side["body"]
    return Answer(side["status"], fields, (body if isinstance(body, str) else json.dumps(body)).encode())


@pytest.mark.parametrize("kind", ["cii", "ubl"])
def test_invoices_in_xml(kind):
    files = sorted((CORPUS / "zugferd" / kind).glob("*.xml"))
    assert len(files) > 20
    for file in files:
        body = file.read_bytes()
        message = answer(body, media="application/xml")
        root = decode(message).root
        assert isinstance(root, dict)
        assert not any("{" in name for name in root), file.name
        assert compare(message, answer(body + b"\n", media="application/xml")).verdict == "equal"
