"""PDF: the text that a reader of the pages sees, by page and line, whatever the order in which the file writes it."""

import os
import signal
import sys
import threading
import zlib
from pathlib import Path
from typing import Any

import pytest

from strangler.comparison.context import Context, Limits
from strangler.comparison.declared import DeclaredFormat
from strangler.comparison.decode import decode
from strangler.comparison.decode.pdfchild import Piece, lines_of
from strangler.comparison.decode.pdfreader import READER, Reader
from strangler.comparison.model import Opaque
from strangler.comparison.pair import compare
from strangler.comparison.referee import disagrees
from strangler.comparison.rules import Rules
from strangler.errors import DecodeError
from strangler.testing.pdf import at, pdf, stream
from strangler.testing.samples import answer

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus" / "zugferd" / "pdf"
LINES = ("Invoice 7", "Seats 3 9.00", "Total 9.00")


def message(body, media="application/pdf"):
    return answer(body, media=media)


def page(*lines, start=700, step=-20):
    return b"".join(at(100, start + step * index, line) for index, line in enumerate(lines))


def tree(decoded) -> Any:
    return decoded.root


def lines(decoded):
    return [page["lines"] for page in tree(decoded)["pages"]]


def test_pages_and_lines_and_where_they_stand():
    decoded = decode(message(pdf(page(*LINES), page("Terms", "Page 2"))))
    assert decoded.root == {"pages": [{"lines": list(LINES)}, {"lines": ["Terms", "Page 2"]}]}
    assert decoded.where["pages", 1, "lines", 1] == "page 2, line 2"
    assert decoded.anomalies == ()


def test_the_order_of_the_file_and_the_pieces_of_a_line_do_not_matter():
    by_columns = (
        at(400, 660.2, "9.00") + at(400, 680, "9.00") + at(100, 700, "Invoice 7")
        + at(100, 680, "Seats") + at(100, 660, "Total") + at(300, 679.8, "3")
    )  # fmt: skip
    assert lines(decode(message(pdf(by_columns)))) == [list(LINES)]
    assert compare(message(pdf(by_columns)), message(pdf(page(*LINES)))).verdict == "equal"


@pytest.mark.parametrize(
    ("rotation", "pieces"),
    [
        (90, b"BT 0 1 -1 0 100 100 Tm /F 12 Tf (Invoice 7) Tj ET BT 0 1 -1 0 120 100 Tm /F 12 Tf (Total) Tj ET"),
        (180, b"BT -1 0 0 -1 500 100 Tm /F 12 Tf (Invoice 7) Tj ET BT -1 0 0 -1 500 120 Tm /F 12 Tf (Total) Tj ET"),
        (270, b"BT 0 -1 1 0 500 700 Tm /F 12 Tf (Invoice 7) Tj ET BT 0 -1 1 0 480 700 Tm /F 12 Tf (Total) Tj ET"),
    ],
)  # fmt: skip
def test_a_turned_page_is_read_as_it_is_seen(rotation, pieces):
    assert lines(decode(message(pdf(pieces, rotation=rotation)))) == [["Invoice 7", "Total"]]


def test_one_amount_is_one_difference_and_back():
    left, right = message(pdf(page(*LINES))), message(pdf(page(LINES[0], "Seats 3 9.01", LINES[2])))
    (difference,) = compare(left, right).differences
    assert (difference.kind, str(difference.location)) == ("changed", "body $.pages[0].lines[1]")
    assert difference.where == "page 1, line 2"
    (back,) = compare(right, left).differences
    assert (back.left, back.right) == (difference.right, difference.left)
    assert disagrees(left, right, Rules(), compare(left, right)) is None
    inserted = message(pdf(page(LINES[0], "Discount", *LINES[1:])))
    assert [(d.kind, d.where) for d in compare(left, inserted).differences] == [("extra", "page 1, line 2")]


def test_attachments_are_read_by_their_looks():
    decoded = decode(
        message(pdf(page(*LINES), files={"x.xml": b"<a>1</a>", "b.bin": b"\xff\1", "i.pdf": pdf(b"")}))
    )
    found = {file["filename"]: file["content"] for file in tree(decoded)["files"]}
    assert found["x.xml"] == {"a": [{"#text": "1"}]}
    assert isinstance(found["b.bin"], Opaque)
    assert isinstance(found["i.pdf"], Opaque)
    empty = decode(message(pdf(page(*LINES), files={"x.xml": b""})))
    assert tree(empty)["files"][0]["content"].size == 0
    other = message(pdf(page(*LINES), files={"x.xml": b"<a>2</a>"}))
    (difference,) = compare(message(pdf(page(*LINES), files={"x.xml": b"<a>1</a>"})), other).differences
    assert str(difference.location) == "body $.files[0].content.a[0]['#text']"


def test_a_page_without_text_is_an_anomaly_on_both_sides_or_a_difference():
    scan = message(pdf(b"0 0 10 10 re f", page("x")))
    assert [(each.code, each.path) for each in decode(scan).anomalies] == [("no-text", ("pages", 0))]
    assert [each.code for each in compare(scan, message(pdf(b"", page("x")))).anomalies] == ["no-text"] * 2
    assert "no-text" in {d.cause.code for d in compare(scan, message(pdf(page("y"), page("x")))).differences}


@pytest.mark.parametrize("media", ["application/pdf", "application/x-pdf", "application/octet-stream", ""])
def test_by_label_and_by_looks(media):
    assert lines(decode(message(pdf(page("x")), media))) == [["x"]]


def test_forced():
    forced = Context(declared=DeclaredFormat("pdf"))
    assert lines(decode(message(pdf(page("x")), "text/plain"), forced)) == [["x"]]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"%PDF-1.7\nnothing", "no PDF, or a broken one"),
        (b"not a PDF", "no PDF"),
        (pdf(page("x"))[:200], "broken"),
        (pdf(page("x"), encrypted=True), "encrypted"),
        (pdf(*[b""] * 2_001), "2001 pages"),
        (pdf(page("x"), files={"a": b"x" * 2_000}), "attachments of over 1000 bytes"),
    ],
)
def test_what_cannot_be_read_is_an_error(body, what):
    with pytest.raises(DecodeError, match=what):
        READER.ask(body, "application/pdf", 1_000)


def forms(levels, times):
    """A few kB that draw a word `times ** levels` times."""
    objects = [
        stream(
            b"/X Do " * times if level < levels else at(100, 100, "x"),
            b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</X %d 0 R>>/Font<</F 3 0 R>>>>"
            % (level + 101),
        )
        for level in range(levels + 1)
    ]
    return pdf(b"/X Do ", more={100 + level: content for level, content in enumerate(objects)}, form=100)


def endless(megabytes):
    """Packed twice."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return zlib.compress(b"\x78\x9c" + block * megabytes + packer.flush(), 9)


def test_a_few_kilobytes_that_take_for_ever_and_all_memory_are_an_error_and_the_next_file_is_read():
    body = forms(24, 4)
    assert len(body) < 10_000
    with pytest.raises(DecodeError, match=r"too much memory|computing"):
        decode(message(body))
    bomb = pdf(endless(1 << 11), flags=b"/Filter[/FlateDecode/FlateDecode]")
    assert len(bomb) < 20_000
    with pytest.raises(DecodeError, match=r"too much memory"):
        decode(message(bomb))
    assert lines(decode(message(pdf(page("x"))))) == [["x"]]


def test_a_reader_that_was_killed_is_started_again():
    reader = Reader()
    assert reader.ask(pdf(page("x")), "", 0).pages == [["x"]]
    assert reader._process is not None
    first = reader._process.pid
    os.kill(first, signal.SIGKILL)
    reader._process.wait()
    assert reader.ask(pdf(page("y")), "", 0).pages == [["y"]]
    second = reader._process.pid
    reader.close()
    assert second != first
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


def test_many_threads_ask_at_once():
    bodies = {number: pdf(page(f"Invoice {number}")) for number in range(8)}
    found = {}

    def ask(number):
        for _ in range(5):
            found[number] = lines(decode(message(bodies[number])))

    threads = [threading.Thread(target=ask, args=(number,)) for number in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [[f"Invoice {number}"]] for number in bodies}


def test_without_the_extra_the_bytes_are_compared_and_the_answer_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    left, right = message(pdf(page("x"))), message(pdf(page("y")))
    decoded = decode(left)
    assert isinstance(decoded.root, Opaque)
    (anomaly,) = decoded.anomalies
    assert "strangler[pdf]" in anomaly.detail
    outcome = compare(left, right)
    assert [str(each.location) for each in outcome.differences] == ["body $"]
    assert len(outcome.anomalies) == 2
    assert compare(left, message(pdf(page("x")) + b"\n")).verdict == "different"


def test_letters_beyond_the_first_65536():
    table = stream(
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def "
        b"1 begincodespacerange <00> <FF> endcodespacerange 2 beginbfchar <41> <D83DDE00> <42> <0042> endbfchar "
        b"endcmap end end"
    )
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 100 0 R>>"
    body = pdf(page("AB", "B"), more={3: font, 100: table})
    assert lines(decode(message(body))) == [["\U0001f600B", "B"]]


def test_lines_of_one_height():
    pieces = [
        Piece(50, 10, 10, "b"),
        Piece(10, 12.5, 10, "a"),
        Piece(90, 6, 10, "d"),
        Piece(10, 30, 10, "top"),
    ]
    assert lines_of(pieces) == ["top", "a b", "d"]
    assert lines_of(pieces[::-1]) == lines_of(pieces)
    assert lines_of([]) == []


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no {CORPUS.name} beside the repository")
def test_real_invoices():
    files = sorted(CORPUS.glob("*.pdf"))
    assert len(files) == 6
    for file in files:
        body = file.read_bytes()
        decoded, again = decode(message(body)), decode(message(body + b"\n"))
        assert decoded.root == again.root
        assert decoded.anomalies == ()
        text = "\n".join(line for page in lines(decoded) for line in page)
        assert "Rechnung" in text
        assert "Währung: EUR" in text
        assert [each["filename"] for each in tree(decoded)["files"]] == ["factur-x.xml"]
        (xml,) = tree(decoded)["files"]
        assert "rsm:CrossIndustryInvoice" in xml["content"]
        assert compare(message(body), message(body + b"\n")).verdict == "equal"
    one, other = (message(file.read_bytes()) for file in files[:2])
    outcome = compare(one, other)
    assert str(outcome.differences[0].location) == "body $.pages[1].lines[30]"
    assert (
        decode(one, Context(limits=Limits(decoded=1 << 20))).where["pages", 1, "lines", 30]
        == "page 2, line 31"
    )
