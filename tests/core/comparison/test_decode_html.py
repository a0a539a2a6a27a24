"""Pages: the tables and the text that a reader sees."""

import subprocess
import sys
import time
from typing import Any

import pytest

from strangler.comparison.decode import decode
from strangler.comparison.decode.media import sniffed
from strangler.comparison.pair import compare
from strangler.errors import DecodeError
from strangler.testing.samples import answer

PAGE = """<!DOCTYPE html>
<html><head><title> Invoice
 7 </title><style>p { color: red }</style><script>var now = 17</script></head>
<body><h1>Invoice <b>7</b></h1><!-- rendered in 3 ms --><p>Due on<br>3&nbsp;May</p>
<table><caption>Items</caption>
 <thead><tr><th>Item</th><th>Net</th></tr></thead>
 <tr><td>Seats &amp; support</td><td>9.00</td></tr>
 <tr><td>Storage</td><td>1.50</td></tr>
</table>
<p>Thank you</p><a href="/invoices/7.pdf">PDF</a>
<form><input name="email" value="a@example.com"><input type="checkbox" name="paid" checked>
<input type="radio" name="pay" value="card"><input type="submit" name="go" value="Save">
<select name="country"><option>DE<option value="at" selected>Austria</select><textarea name="note">hi
there</textarea></form></body></html>"""


def page(text, media="text/html") -> Any:
    return decode(answer(text.encode(), media=media))


def tables(text):
    return page(text).root["tables"]


def changed(text, *replacement):
    right = text.replace(*replacement)
    assert right != text
    outcome = compare(answer(text.encode(), media="text/html"), answer(right.encode(), media="text/html"))
    return [(difference.kind, str(difference.location)) for difference in outcome.differences]


def test_a_page_is_what_its_reader_sees():
    assert page(PAGE).root == {
        "title": "Invoice 7",
        "lines": ["Invoice 7", "Due on", "3\xa0May", "Items", "Thank you", "PDF"],
        "tables": [[{"Item": "Seats & support", "Net": "9.00"}, {"Item": "Storage", "Net": "1.50"}]],
        "links": ["/invoices/7.pdf"],
        "fields": {
            "email": ["a@example.com"],
            "paid": ["on"],
            "pay": [],
            "country": ["at"],
            "note": ["hi\nthere"],
        },
    }


def test_a_change_is_found_in_its_place():
    assert changed(PAGE, "9.00", "9.01") == [("changed", "body $.tables[0][0].Net")]
    assert changed(PAGE, "Thank you", "Thanks") == [("changed", "body $.lines[4]")]
    assert changed(PAGE, "7.pdf", "8.pdf") == [("changed", "body $.links[0]")]
    assert changed(PAGE, "a@ex", "b@ex") == [("changed", "body $.fields.email[0]")]
    row = " <tr><td>Storage</td><td>1.50</td></tr>\n"
    assert changed(PAGE, row, "") == [("missing", "body $.tables[0][1]")]


@pytest.mark.parametrize(
    "replacement",
    [
        ("<h1>", '<h1 class="big">'),
        ("var now = 17", "var now = 18"),
        ("red", "blue"),
        ("3 ms", "4 ms"),
        ("<p>Due on", "<p>\n   Due  on"),
        ("&amp;", "&#38;"),
    ],
)
def test_markup_is_not_text(replacement):
    assert changed(PAGE, *replacement) == []


def test_columns():
    assert tables("<table><tr><td>a<td>1<tr><td>b<td>2</table>") == [
        [{"0": "a", "1": "1"}, {"0": "b", "1": "2"}]
    ]
    assert tables("<table><tr><th>Net<th><th>Net<tr><td>1<td>2<td>3<td>4</table>") == [
        [{"Net": "1", "#2": "2", "Net#2": "3", "#4": "4"}]
    ]
    assert [a.code for a in page("<table><tr><th>Net<th>Net<tr><td>1<td>2</table>").anomalies] == [
        "repeated-column"
    ]
    assert tables("<table><tr><th>Net<td>1<tr><th>Tax<td>2</table>") == [
        [{"0": "Net", "1": "1"}, {"0": "Tax", "1": "2"}]
    ]
    two = "<thead><tr><th rowspan=2>Item<th colspan=2>Amount<tr><th>net<th>gross</thead>"
    assert tables(f"<table>{two}<tr><td>a<td>1<td>2<tr><td colspan=2>sum<td>2</table>") == [
        [{"Item": "a", "Amount net": "1", "Amount gross": "2"}, {"Item": "sum", "Amount gross": "2"}]
    ]
    assert tables("<table><tr><td rowspan=2>a<td>1<tr><td>2<tr><td>b<td>3</table>") == [
        [{"0": "a", "1": "1"}, {"1": "2"}, {"0": "b", "1": "3"}]
    ]
    assert tables("<table></table>") == [[]]


def test_a_table_that_lays_out_the_page_is_no_table():
    root = page("<table><tr><td>Menu<td>Total<table><tr><td>1<br>2</table></table>").root
    assert root["tables"] == [[{"0": "1\n2"}]]
    assert root["lines"] == ["Menu", "Total"]


def test_charsets():
    def title(body, media):
        root = decode(answer(body, media=media)).root
        assert isinstance(root, dict)
        return root["title"]

    text = '<meta charset="latin-1"><title>grün</title>'
    assert title(text.encode("latin-1"), "text/html") == "grün"
    assert title(text.encode(), "text/html; charset=utf-8") == "grün"
    assert title('<meta charset="utf-16"><title>grün</title>'.encode(), "text/html") == "grün"
    with pytest.raises(DecodeError):
        title("<title>grün</title>".encode("latin-1"), "text/html")
    with pytest.raises(DecodeError):
        title(b"<meta charset=klingon><title>x</title>", "text/html")


def test_what_is_labelled_html_and_what_is_html():
    assert page('{"a": 1}').root == {"a": 1}
    assert page("<?xml version='1.0'?><a>1</a>").root == {"a": [{"#text": "1"}]}
    assert page("OK").root["lines"] == ["OK"]
    assert page(" \n").root["lines"] == []
    assert page("<!-- nothing -->").root["lines"] == []
    assert page("<!doctype html><p>x", media="").root["lines"] == ["x"]
    assert page("<html><p>x", media="text/plain").root == "<html><p>x"
    assert sniffed(b"<?xml version='1.0'?>\n<!-- x -->\n<!DOCTYPE html SYSTEM 'x'>\n<html>") == "html"
    assert sniffed(b"<!DOCTYPE Invoice><Invoice/>") == ""
    assert sniffed(b"<htmlish/>") == "xml"


def test_a_page_where_data_was_expected_is_a_difference_of_type():
    outcome = compare(answer(b'{"total": 1}'), answer(PAGE.encode(), media="text/html"))
    assert ("type", "body $") in [(each.kind, str(each.location)) for each in outcome.differences]


def test_hostile_pages_cost_what_they_weigh():
    def seconds(text):
        start = time.process_time()
        page(text)
        return time.process_time() - start

    usual = max(seconds("<p>word</p>" * 20_000), 0.01)
    for hostile in (
        "<div>" * 40_000,
        "<table><tr><td>" * 14_000,
        "<tr><td rowspan=65534 colspan=1000>".join(["<table>", *[""] * 6_000]),
        "<!-- -->" * 25_000,
        "<b><i>" * 30_000,
    ):
        assert seconds(hostile) < 50 * usual


def test_json_alone_loads_no_lxml():
    code = (
        "import sys; from strangler import compare; compare(b'{\"a\": 1}', b'{\"a\": 2}');"
        "assert not any(name.startswith('lxml') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "table",
    [
        "<table><td>9.00</td></table>",
        "<table><tr><form><td>9.00</td></form></tr></table>",
        "<table><tbody><tr><td>a</td></tr><td>9.00</td></table>",
        "<table><thead><tr><th>Total</th><th>9.00</th></tr></thead></table>",
        "<table><tr><th>Net</th><th>Due 9.00</th></tr><tr><td>1</td></tr></table>",
        "<table><tr><th>n<th>n<th>n#2<tr><td>1<td>9.00<td>3</table>",
        "<table><tr><th>a<th><th>#2<tr><td>1<td>9.00<td>3</table>",
    ],
)
def test_no_cell_is_lost_however_its_table_is_written(table):
    assert changed(f"<html><body>{table}</body></html>", "9.00", "8.00")
    assert not changed(f"<html><body>{table}</body></html>", "<table>", "<table border=1>")
