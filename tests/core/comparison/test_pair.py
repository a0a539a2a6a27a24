"""Verdicts: equal, different, failed; status, headers, cookies, trailers; money."""

from decimal import Decimal

import pytest

from strangler.comparison.context import Context
from strangler.comparison.failures import failed
from strangler.comparison.model import Answer, Difference, Location
from strangler.comparison.pair import compare
from strangler.comparison.rules import Rules
from strangler.errors import UsageError
from strangler.testing.samples import answer, as_json, invoice


def places(outcome):
    return [(d.kind, str(d.location)) for d in outcome.differences]


def fields(left, right, context=None):
    body = b"{}"
    return places(
        compare(answer(body, fields=left), answer(body, fields=right), context=context or Context())
    )


def test_equal_bytes_are_not_parsed():
    garbage = answer(b"\xff{{{", media="application/json")
    assert compare(garbage, garbage).verdict == "equal"
    assert compare(answer(b""), answer(b"")).verdict == "equal"


def test_equal_bytes_under_another_charset_are_read():
    body = '{"name": "Jürgen"}'.encode()
    outcome = compare(answer(body), answer(body, media="application/json; charset=iso-8859-1"))
    assert ("changed", "body $.name") in places(outcome)


def test_server_errors():
    ok, broken = answer(b"{}"), answer(b"oops", status=503, media="text/plain")
    for left, right, blame in ((ok, broken, "candidate"), (broken, ok, "legacy")):
        outcome = compare(left, right)
        assert (outcome.verdict, outcome.failure, outcome.blame) == ("failed", "server-error", blame)
        (difference,) = outcome.differences
        assert (difference.kind, difference.cause.code) == ("failed", "server-error")
        assert {difference.left, difference.right} == {200, 503}
    assert compare(broken, broken).verdict == "equal"
    assert places(compare(broken, answer(b"other", status=500, media="text/plain"))) == [
        ("changed", "status"),
        ("changed", "body $"),
    ]


def test_undecodable():
    outcome = compare(answer(b"{}"), answer(b"{nope"))
    assert (outcome.verdict, outcome.failure, outcome.blame) == ("failed", "undecodable", "candidate")
    assert "application/json" in outcome.failure_detail
    assert compare(answer(b"{nope"), answer(b"{}")).blame == "legacy"


def test_a_failure_of_our_own_is_no_divergence():
    assert failed("shed", blame=None).differences == ()
    assert failed("timeout", blame="candidate").differences[0].cause.code == "timeout"


def test_status_of_another_class_says_enough():
    outcome = compare(answer(b'{"a": 1, "b": 2}'), answer(b'{"error": "x"}', status=404))
    assert places(outcome) == [("changed", "status")]
    assert places(compare(answer(b'{"a": 1}'), answer(b'{"a": 2}', status=201))) == [
        ("changed", "status"),
        ("changed", "body $.a"),
    ]


def test_headers_that_never_matter():
    noise = [
        ("Date", "x"),
        ("Server", "x"),
        ("ETag", "x"),
        ("X-Request-Id", "x"),
        ("Via", "x"),
        ("Vary", "x"),
    ]
    assert fields(tuple(noise), tuple((name, value + "2") for name, value in noise[::-1])) == []
    assert fields((("Transfer-Encoding", "chunked"),), ()) == []


def test_headers_that_do():
    assert fields((("Cache-Control", "no-store"),), ()) == [("missing", "header $['cache-control'][0]")]
    assert fields((("Cache-Control", "a, B"),), (("cache-control", "b,a"),)) == []
    assert fields((("X-RateLimit-Remaining", "5"),), (("X-RateLimit-Remaining", "4"),)) == []
    assert fields((), (("RateLimit-Limit", "4"),)) == [("extra", "header $['ratelimit-limit'][0]")]
    assert fields((("Retry-After", "5"),), (("Retry-After", "50"),)) == []


def test_content_type():
    left, right = (
        answer(b"{}", media="application/json"),
        answer(b"{}", media="application/JSON; charset=UTF-8"),
    )
    assert compare(left, right).verdict == "equal"
    outcome = compare(left, answer(b"{}", media="application/problem+json"))
    assert places(outcome) == [("changed", "header $['content-type'][0]")]


def test_formats_that_cannot_be_compared_are_one_difference():
    outcome = compare(answer(b'{"a": {"b": 1}}'), answer(b"<a><b>1</b></a>", media="application/xml"))
    assert places(outcome) == [("changed", "header $['content-type'][0]"), ("type", "body $")]


def test_no_body_against_a_body():
    assert places(
        compare(answer(b'{"a": 1}'), answer(b"", fields=(("Content-Type", "application/json"),)))
    ) == [("type", "body $")]


def test_location_without_the_sides_own_base():
    context = Context(legacy_base="http://legacy:8000/api", candidate_base="https://new.example.com/v2/")
    left = (("Location", "http://legacy:8000/api/invoices/7?x=1"),)
    assert fields(left, (("Location", "https://new.example.com/v2/invoices/7?x=1"),), context) == []
    assert fields(left, (("Location", "/v2/invoices/7?x=1"),), context) == []
    changed = [("changed", "header $.location[0]")]
    assert fields(left, (("Location", "/v2/invoices/8?x=1"),), context) == changed
    assert (
        fields(left, (("Location", "https://elsewhere.example.com/v2/invoices/7?x=1"),), context) == changed
    )
    assert fields(left, (("Location", "/v22/invoices/7?x=1"),), context) == changed


def test_cookies_by_name_and_attributes():
    def cookie(text):
        return (("Set-Cookie", text),)

    left = cookie("session=abc; Path=/; HttpOnly; Secure; Expires=Wed, 21 Oct 2026 07:28:00 GMT")
    assert (
        fields(left, cookie("session=xyz; path=/; secure; httponly; expires=Thu, 22 Oct 2026 07:28:00 GMT"))
        == []
    )
    assert fields(left, cookie("session=abc; Path=/; Secure; Expires=x")) == [
        ("missing", "header $['set-cookie'].session.httponly")
    ]
    assert fields(left, ())[0] == ("missing", "header $['set-cookie'].session")
    assert fields(cookie("a=1") + cookie("b=1"), cookie("b=2") + cookie("a=2")) == []
    assert fields(cookie("a=1; Path=/x") + cookie("a=1; Path=/y"), cookie("a=1; Path=/y")) != []


def test_trailers():
    left = Answer(200, (), b"x", ((b"Grpc-Status", b"0"),))
    right = Answer(200, (), b"x", ((b"grpc-status", b"13"),))
    assert places(compare(left, right)) == [("changed", "trailer $['grpc-status']")]
    ignored = Rules.parse([{"ignore": "header:grpc-status"}])
    assert compare(left, right, ignored).verdict == "equal"


def test_anomalies_of_one_side_are_differences():
    outcome = compare(answer(b'{"a": 1, "a": 2}'), answer(b'{"a": 2}'))
    (difference,) = outcome.differences
    assert (difference.cause.code, difference.left, difference.right) == (
        "duplicate-key",
        "duplicate-key",
        None,
    )
    assert outcome.anomalies[0].side == "legacy"
    assert (
        compare(answer(b'{"a": 1, "a": 2}'), answer(b'{"a": 2}'), Rules.parse([{"ignore": "$.a"}])).verdict
        == "equal"
    )
    assert compare(answer(b'{"a": 1, "a": 2}'), answer(b'{"a":1,"a":2}')).verdict == "equal"
    assert compare(answer(b'{"a": 1, "a": 2}'), answer(b'{"a":3,"a":2}')).verdict == "different"


@pytest.mark.parametrize(
    ("left", "right", "drift", "currency"),
    [
        ({"currency": "EUR", "total": "10.00"}, {"currency": "EUR", "total": "10.01"}, "0.01", "EUR"),
        ({"currency": "EUR", "total": 10}, {"currency": "EUR", "total": 8}, "-2", "EUR"),
        ({"total": Decimal("1.0")}, {"total": Decimal("1.5")}, "0.5", None),
        (
            {"currency": "KWD", "amount_cents": 1500},
            {"currency": "KWD", "amount_cents": 2500},
            "1.000",
            "KWD",
        ),
        (
            {"waehrung": "chf", "pos": [{"betrag": "1.00"}]},
            {"waehrung": "chf", "pos": [{"betrag": "3.00"}]},
            "2.00",
            "CHF",
        ),
        (
            b'<I><T currencyID="USD">1.00</T><PayableAmount currencyID="USD">5.00</PayableAmount></I>',
            b'<I><T currencyID="USD">1.00</T><PayableAmount currencyID="USD">5.50</PayableAmount></I>',
            "0.50",
            "USD",
        ),
        (
            {"result": [{"currency": "EUR", "lines": [{"net": 3}]}]},
            {"result": [{"currency": "EUR", "lines": [{"net": 4}]}]},
            "1",
            "EUR",
        ),
    ],
)
def test_amounts_are_money_and_drift(left, right, drift, currency):
    (difference,) = compare(left, right).differences
    assert difference.severity == "money"
    assert difference.drift == Decimal(drift)
    assert difference.currency == currency


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"currency": "EUR", "tax_rate": "0.19"}, {"currency": "EUR", "tax_rate": "0.20"}),
        ({"total": 5}, {"total": 6}),
        ({"currency": "EUR", "total_count": 5}, {"currency": "EUR", "total_count": 6}),
        ({"currency": "EUR", "quantity": 5}, {"currency": "EUR", "quantity": 6}),
        ({"currency": "EUR", "due_date": "2026-01-01"}, {"currency": "EUR", "due_date": "2026-03-01"}),
    ],
)
def test_what_is_no_amount(left, right):
    (difference,) = compare(left, right).differences
    assert difference.severity != "money"
    assert difference.drift is None


def test_a_lost_line_with_amounts_is_money():
    document = invoice(1)
    lines = document["lines"]
    assert isinstance(lines, list)
    shorter = {**document, "lines": lines[:-1]}
    (difference,) = compare(document, shorter).differences
    assert (difference.severity, difference.cause.code) == ("money", "truncation")
    assert compare(document, {**document, "currency": "USD"}).differences[0].severity == "money"


def test_text_is_taken_for_a_body_and_a_value_for_a_tree():
    assert compare('{"a": 1}', '{"a": 1.0}').verdict == "equal"
    assert places(compare("10.0", "10.00")) == [("changed", "body $")]
    assert compare({"a": 1}, b'{"a": 1}').verdict == "equal"
    assert compare(None, None).verdict == "equal"
    assert compare({"a": 0.1}, {"a": Decimal("0.1")}).verdict == "equal"
    assert compare(({"a": (1, 2)},), [{"a": [1, 2]}]).verdict == "equal"
    with pytest.raises(UsageError, match="set"):
        compare({"a": {1, 2}}, {"a": [1, 2]})


def test_the_public_names():
    import strangler

    assert strangler.compare is compare
    assert strangler.Rules is Rules
    assert set(strangler.__all__) <= set(dir(strangler))
    with pytest.raises(AttributeError):
        _ = strangler.nothing
    assert all(getattr(strangler, name) is not None for name in strangler.__all__)


def test_the_whole_invoice_in_other_bytes():
    outcome = compare(answer(as_json(invoice(1))), answer(as_json(invoice(1), indent=1, reverse=True)))
    assert outcome.verdict == "equal"
    assert outcome.differences == ()


def test_locations_print():
    assert str(Location("status")) == "status"
    assert (
        str(Difference(Location("body", ("a b", 0, "c'd")), "changed", 1, 2).location)
        == "body $['a b'][0]['c\\'d']"
    )


def test_a_map_of_very_many_members_is_not_looked_through_for_each_of_them():
    left, right = ({f"{side}{i}": i for i in range(20_000)} for side in "ab")
    outcome = compare(left, right)
    assert len(outcome.differences) + outcome.unlisted == 40_000
