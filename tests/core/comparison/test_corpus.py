"""Real documents of others: each decodes or gives a typed error, each equals itself, no pair crashes."""

import gzip
import json
from pathlib import Path

import pytest

from strangler.comparison.decode import decode
from strangler.comparison.differences import walk
from strangler.comparison.fingerprint import fingerprint
from strangler.comparison.model import Answer
from strangler.comparison.pair import compare
from strangler.comparison.rules import Rules
from strangler.errors import DecodeError
from strangler.testing.samples import answer

from .measured import bounded

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason=f"no corpus at {CORPUS.name} beside the repository"
)


def test_json_test_suite():
    files = sorted((CORPUS / "json" / "JSONTestSuite" / "test_parsing").glob("*.json"))
    assert len(files) == 318
    bounded("JSONTestSuite", [(file.name, file.read_bytes() or b" ", "application/json") for file in files])
    for file in files:
        read = equals_itself(file.name, file.read_bytes() or b" ", "application/json")
        if not file.name.startswith("i_"):
            assert read is file.name.startswith("y_"), file.name


def test_recurly_messages():
    files = sorted((CORPUS / "recurly").rglob("*.xml"))
    assert len(files) == 318
    messages = [(f.name, body, "application/xml") for f in files for body in bodies(f.read_bytes())]
    assert len(messages) == 428
    assert bounded("recurly", messages) == 0
    for title, body, media in messages:
        assert equals_itself(title, body, media)


def equals_itself(title, body, media):
    """Whether it can be read. Both answers are decoded: the one comes packed, so their bytes are others."""
    plain = answer(body, media=media)
    packed = answer(gzip.compress(body), media=media, fields=(("Content-Encoding", "gzip"),))
    outcome = compare(plain, packed)
    try:
        one, other = decode(plain), decode(packed)
    except DecodeError:
        assert (outcome.verdict, outcome.failure) == ("failed", "undecodable"), title
        return False
    assert outcome.verdict == "equal", title
    assert one == other, title
    if isinstance(one.root, dict | list):
        assert one.root is not other.root
    # The walk too, which documents with the same canonical form do not need.
    assert walk(one.root, other.root, Rules(), 16, ids=True).found == [], title
    return True


def bodies(text):
    """XML documents in a file that holds a request and its response as they went over the wire."""
    for message in text.replace(b"\r\n", b"\n").split(b"\x16"):
        body = message.partition(b"\n\n")[2].strip()
        if body.startswith(b"<"):
            yield body


def test_stripe_pairs():
    with gzip.open(CORPUS / "stripe-pairs" / "pairs.jsonl.gz", "rt", encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    assert len(pairs) == 556
    prints = set()
    for pair in pairs:
        old, new = _message(pair["old"]), _message(pair["new"])
        assert equals_itself(pair["id"], old.body, "application/json")
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
        assert equals_itself(file.name, body, "application/xml")
        root = decode(answer(body, media="application/xml")).root
        assert isinstance(root, dict)
        assert not any("{" in name for name in root), file.name
