import pytest

from strangler.comparison.context import Context
from strangler.comparison.decode import decode
from strangler.comparison.pair import compare
from strangler.errors import DecodeError
from strangler.testing.samples import answer

UBL = "urn:oasis:names:specification:ubl:schema:xsd"


def root(text, media="application/xml", context=None):
    body = text.encode() if isinstance(text, str) else text
    return decode(answer(body, media=media), context or Context()).root


def test_children_are_always_lists_attributes_and_text_have_names():
    assert root('<a x="1"><b>2</b><c/><b>3</b></a>') == {
        "a": [{"@x": "1", "b": [{"#text": "2"}, {"#text": "3"}], "c": [{}]}]
    }


def test_indentation_is_no_text_but_a_leafs_spaces_are():
    assert root("<a>\n  <b> x </b>\n</a>") == {"a": [{"b": [{"#text": " x "}]}]}
    assert root("<a>one<b/>two</a>") == {"a": [{"b": [{}], "#text": "onetwo"}]}


def test_namespaces_go_by_uri_not_by_prefix():
    first = f'<i:Invoice xmlns:i="{UBL}:Invoice-2" xmlns:q="{UBL}:CommonBasicComponents-2"><q:ID>7</q:ID></i:Invoice>'
    second = f'<Invoice xmlns="{UBL}:Invoice-2"><ID xmlns="{UBL}:CommonBasicComponents-2">7</ID></Invoice>'
    assert root(first) == root(second) == {"ubl:Invoice": [{"cbc:ID": [{"#text": "7"}]}]}


def test_an_unknown_namespace_is_written_out_unless_it_is_declared():
    text = '<x:a xmlns:x="urn:mine" x:b="1"/>'
    assert root(text) == {"{urn:mine}a": [{"@{urn:mine}b": "1"}]}
    assert root(text, context=Context(namespaces={"m": "urn:mine"})) == {"m:a": [{"@m:b": "1"}]}


def test_comments_and_instructions_are_dropped():
    assert root("<a><!-- x --><?go on?><b>1<!-- y -->2</b></a>") == {"a": [{"b": [{"#text": "12"}]}]}


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x"> %p;]><a/>',
        "<!DOCTYPE lolz ["
        '<!ENTITY a "lol">'
        + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
        + "]><lolz>&j;</lolz>",
        "<a>&nbsp;</a>",
        "<a>",
        "<a></b>",
        "text",
        "<a>" * 300 + "</a>" * 300,
        "<a>\x01</a>",
        "<!DOCTYPE a [<!ATTLIST a currency CDATA 'EUR'>]><a>1</a>",
        '<!DOCTYPE a [<!ELEMENT a ANY><!ATTLIST a b CDATA #FIXED "EUR">]><a>1</a>',
    ],
)
def test_entities_and_broken_documents_are_errors(text):
    with pytest.raises(DecodeError):
        root(text)


def test_a_plain_doctype_is_an_anomaly():
    decoded = decode(answer(b"<!DOCTYPE a><a/>", media="text/xml"))
    assert [anomaly.code for anomaly in decoded.anomalies] == ["doctype"]


def test_the_transports_charset_wins():
    body = '<?xml version="1.0" encoding="utf-8"?><a>ä</a>'.encode("latin-1")
    assert root(body, media="application/xml; charset=iso-8859-1") == {"a": [{"#text": "ä"}]}
    with pytest.raises(DecodeError):
        root(body)
    with pytest.raises(DecodeError):
        root(b"<a/>", media="application/xml; charset=nope")


def test_soap_compares():
    def envelope(prefix, total):
        uri = "http://schemas.xmlsoap.org/soap/envelope/"
        body = f"<{prefix}:Body><Total>{total}</Total></{prefix}:Body>"
        return answer(
            f'<{prefix}:Envelope xmlns:{prefix}="{uri}">{body}</{prefix}:Envelope>'.encode(), media="text/xml"
        )

    outcome = compare(envelope("s", "10.00"), envelope("soapenv", "10.01"))
    (difference,) = outcome.differences
    assert str(difference.location) == "body $['soap:Envelope'][0]['soap:Body'][0].Total[0]['#text']"
