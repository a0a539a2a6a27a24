"""No card number, no IBAN, no credential survives; equal values stay equal; the rest stays readable."""

from __future__ import annotations

import csv
import gzip
import html
import io
import json
import re
import stat
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from strangler.comparison.model import Cause, Difference, Location, Node, Opaque
from strangler.errors import UsageError
from strangler.exchange import Failure, Fields, Message, Request, Response
from strangler.ledger.settled import excerpt, finding
from strangler.redaction import RedactedMessage, Redactor, redaction_key
from strangler.redaction.numbers import IBAN_LENGTHS, is_card, is_iban

KEY = b"0123456789abcdef"
REDACTOR = Redactor(KEY)
CARD = "4111111111111111"
IBAN = "DE89370400440532013000"
TOKEN = r"\[[a-z]+:[a-p]{16}\]"


def luhn(digits: str) -> str:
    """The digits with their check digit."""
    return next(digits + str(check) for check in range(10) if checks(digits + str(check)))


def checks(digits: str) -> bool:
    values = [int(digit) for digit in reversed(digits)]
    return sum(v if i % 2 == 0 else sum(divmod(2 * v, 10)) for i, v in enumerate(values)) % 10 == 0


def with_check_digits(country: str, rest: str) -> str:
    number = int("".join(str(int(c, 36)) for c in rest + country + "00"))
    return f"{country}{98 - number % 97:02d}{rest}"


cards = st.text("0123456789", min_size=12, max_size=18).filter(lambda s: s.strip("0")).map(luhn)
ibans = st.sampled_from(sorted(IBAN_LENGTHS)).flatmap(
    lambda country: st.text("0123456789ABCXYZ", min_size=(n := IBAN_LENGTHS[country] - 4), max_size=n).map(
        lambda rest: with_check_digits(country, rest)
    )
)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str]:
    """A card number or IBAN as people write it: bare value, and with separators between groups."""
    value = draw(st.one_of(cards, ibans))
    size = draw(st.sampled_from([0, 4, 4, 4, 3]))
    if not size:
        return value, value
    groups = [value[i : i + size] for i in range(0, len(value), size)]
    return value, draw(st.sampled_from([" ", "-", "\u00a0"])).join(groups)


words = st.text(
    st.characters(
        codec="utf-8", exclude_characters="0123456789", exclude_categories=("Cs", "Nd", "No", "Nl")
    ),
    max_size=12,
)


def bare(text: str) -> str:
    return re.sub(r"[\s\-\u00a0]", "", text).upper()


@given(before=words, secret=written(), after=words)
def test_none_survives_in_text(before: str, secret: tuple[str, str], after: str) -> None:
    value, text = secret
    assume(not before or not (before[-1].isalnum() or before[-1] in "-."))
    assume(not after or not (after[0].isalnum() or after[0] in "-."))
    out = REDACTOR.text(f"{before}{text}{after}")
    assert value not in bare(out)
    assert re.search(TOKEN, out)
    assert REDACTOR.text(out) == out


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111  1111  1111  1111",
        "3782 822463 10005",
        "card:4111111111111111,",
        "x4111111111111111y",
        "on 2024 4111 1111 1111 1111 123",
        "".join(chr(0xFF10 + int(digit)) for digit in CARD),
        "DE89 3704 0044 0532 0130 00",
        "de89370400440532013000",
        "IBANDE89370400440532013000.",
        "GB29NWBK60161331926819",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
        "https://user:hunter2pass@host/x",
        "GET /x?token=abcdef123 HTTP/1.1",
        "url=/x?a=1&access_token=zzz9",
        "Authorization: Bearer eyJhbGciOi.J9.abc",
        "bearer abcdefgh1",
    ],
)
def test_forms_in_which_they_come(text: str) -> None:
    out = REDACTOR.text(text)
    assert re.search(TOKEN, out), out
    for secret in (CARD, "378282246310005", IBAN, "hunter2pass", "abcdef123", "zzz9", "eyJhbGciOi.J9.abc"):
        assert secret not in bare(out).replace(".", "") + out


@pytest.mark.parametrize(
    "text",
    [
        "invoice 2024-000123 of 2024-01-31T10:00:00Z",
        "4111111111111112",
        "0000000000000000",
        "41111111111111111111111",
        "total 1,234.56 EUR",
        "DE00370400440532013000",
        "a Bearer of news",
        "?page=2&sort=token",
        "550e8400-e29b-41d4-a716-446655440000",
        "",
    ],
)
def test_what_is_none_stays_as_it_is(text: str) -> None:
    assert REDACTOR.text(text) == text


def test_checks() -> None:
    assert is_card(CARD)
    assert not is_card("4111111111111112")
    assert not is_card("0" * 16)
    assert is_iban(IBAN)
    assert not is_iban(IBAN[:-1])
    assert not is_iban("DE8937040044053201300")


def test_equal_values_stay_equal_and_only_under_one_key() -> None:
    spaced, plain = REDACTOR.text("4111 1111 1111 1111"), REDACTOR.text(f"({CARD})")
    assert f"({spaced})" == plain
    assert REDACTOR.text(CARD) != REDACTOR.text(luhn("411111111111112"))
    assert Redactor(b"another key 0123").text(CARD) != spaced
    assert Redactor(b"another key 0123").key_id != REDACTOR.key_id == Redactor(KEY).key_id
    assert REDACTOR.token("x", "card") != REDACTOR.token("x", "iban")


def message(body: bytes | None, media: str = "application/json", *fields: tuple[bytes, bytes]) -> Message:
    given: Fields = ((b"Content-Type", media.encode()), *fields) if media else fields
    return Message(given, body, len(body or b""))


def redacted(body: bytes, media: str = "application/json", fields: tuple[str, ...] = ()) -> RedactedMessage:
    return Redactor(KEY, fields).message(message(body, media))


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.decimals(allow_nan=False, allow_infinity=False),
    words,
    written().map(lambda pair: pair[1]),
    cards.map(int),
    cards.map(lambda digits: Decimal(digits) * 1),
)
trees = st.recursive(
    leaves,
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(words, below, max_size=4)),
    max_leaves=12,
)


def numbers_in(text: str) -> set[str]:
    """Every whole run of digits in a text, with separators inside taken out, as an auditor would grep."""
    runs = re.findall(r"(?<![\d.])\d(?:[ \-]?\d)*(?![\d.])", text)
    return {re.sub(r"\D", "", run) for run in runs}


@given(tree=trees)
def test_no_card_survives_in_json(tree: Any) -> None:
    out = redacted(encode(tree)).body
    assert out is not None
    json.loads(out)
    for text in strings(json.loads(out, parse_float=Decimal)):
        assert not any(is_card(run) for run in numbers_in(text) if len(run) <= 19), text


def encode(tree: Any) -> bytes:
    import msgspec

    return msgspec.json.Encoder(decimal_format="number", enc_hook=str).encode(_small(tree))


def _small(tree: Any) -> Any:
    if isinstance(tree, int) and not isinstance(tree, bool) and abs(tree) >= 2**63:
        return Decimal(tree)
    if isinstance(tree, list):
        return [_small(child) for child in tree]
    return {name: _small(child) for name, child in tree.items()} if isinstance(tree, dict) else tree


def strings(tree: Any) -> list[str]:
    match tree:
        case dict():
            return [text for name, child in tree.items() for text in (name, *strings(child))]
        case list():
            return [text for child in tree for text in strings(child)]
        case bool() | None:
            return []
        case Decimal() if tree.is_finite() and abs(tree.adjusted()) < 30 and tree == tree.to_integral_value():
            return [f"{tree:f}".partition(".")[0].lstrip("-")]
        case int() | str():
            return [str(tree).lstrip("-") if isinstance(tree, int) else tree]
        case _:
            return []


def json_body(secret: str) -> tuple[bytes, str]:
    return json.dumps({"a": [{"note": f"paid with {secret}."}]}).encode(), "application/json"


def escaped_json(secret: str) -> tuple[bytes, str]:
    escapes = "".join(f"\\u{ord(c):04x}" for c in secret)
    return f'{{"a": "{escapes}"}}'.encode(), "application/json; charset=utf-8"


def xml(secret: str) -> tuple[bytes, str]:
    entity = "".join(f"&#{ord(c)};" for c in secret)
    return f'<i a="{secret}"><b>{entity}</b>{secret}<c/>tail {secret}</i>'.encode(), "application/xml"


def table(secret: str) -> tuple[bytes, str]:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([["id", "paid"], ["1", secret], ["2", f'a "{secret}"']])
    return out.getvalue().encode(), "text/csv"


def form(secret: str) -> tuple[bytes, str]:
    return urlencode({"paid": secret, "x": 1}).encode(), "application/x-www-form-urlencoded"


def plain(secret: str) -> tuple[bytes, str]:
    return f"Paid with {secret}\nThank you".encode(), "text/plain"


def hidden(secret: str) -> tuple[bytes, str]:
    return ("<p>" + "".join(f"&#{ord(c)};" for c in secret) + "</p>").encode(), "text/html"


def broken(secret: str) -> tuple[bytes, str]:
    return b'{"a": ' + json.dumps(secret).encode() + b", oops", "application/json"


def broken_and_hidden(secret: str) -> tuple[bytes, str]:
    return b'{"a": "' + "".join(f"\\u{ord(c):04x}" for c in secret).encode() + b'", oops', "application/json"


def unlabelled(secret: str) -> tuple[bytes, str]:
    return f'{{"a": {json.dumps(secret)}}}'.encode(), ""


def binary(secret: str) -> tuple[bytes, str]:
    return b"%PDF-1.7\x00\xff" + secret.encode(), "application/pdf"


@pytest.mark.parametrize(
    "shape",
    [json_body, escaped_json, xml, table, form, plain, hidden, broken, broken_and_hidden, unlabelled, binary],
)
@given(secret=written())
def test_none_survives_in_any_kind_of_body(
    shape: Callable[[str], tuple[bytes, str]], secret: tuple[str, str]
) -> None:
    value, text = secret
    body, media = shape(text)
    found = redacted(body, media)
    seen = found.body or ""
    for variant in (seen, html.unescape(seen), seen.encode().decode("unicode_escape", "replace")):
        assert value not in bare(variant)
    assert found.body is None or re.search(TOKEN, found.body)


def test_a_tree_body_is_what_was_compared() -> None:
    body = (
        b'{"total": 10.00, "id": 12345678901234567890123, "card": 4111111111111111, "ok": true, "x": 1e400}'
    )
    found = redacted(gzip.compress(body))
    coded = REDACTOR.message(message(gzip.compress(body), "application/json", (b"Content-Encoding", b"gzip")))
    assert found.form in ("absent", "text")
    assert coded.form == "tree"
    card = REDACTOR.token(CARD, "card")
    assert (
        coded.body == f'{{"total":10.00,"id":12345678901234567890123,"card":"{card}","ok":true,"x":1E+400}}'
    )


def test_xml_and_csv_bodies_are_trees_that_locations_address() -> None:
    assert redacted(b"<a><b>1</b></a>", "text/xml").body == '{"a":[{"b":[{"#text":"1"}]}]}'
    assert redacted(b"a,b\n1,2\n", "text/csv").body == '[{"a":"1","b":"2"}]'
    assert redacted(b"", "text/csv").body == ""
    assert redacted(b"hello", "text/plain").form == "text"


def test_a_body_that_was_not_captured_or_is_binary_is_described() -> None:
    absent = REDACTOR.message(Message((), None, 5_000_000))
    assert (absent.body, absent.form, absent.size, absent.digest) == (None, "absent", 5_000_000, "")
    first, again = redacted(b"\x89PNG\xff", "image/png"), redacted(b"\x89PNG\xff", "image/png")
    assert (first.body, first.form, first.size) == (None, "absent", 5)
    assert first.digest == again.digest != redacted(b"\x89PNG\xfe", "image/png").digest
    import hashlib

    assert first.digest != hashlib.sha256(b"\x89PNG\xff").hexdigest()


def test_headers_that_carry_credentials() -> None:
    fields: Fields = (
        (b"Authorization", b"Basic dXNlcjpwYXNz"),
        (b"COOKIE", b"session=abc; theme=dark"),
        (b"Set-Cookie", b"session=abc; Path=/"),
        (b"Set-Cookie", b"session=abc; Path=/"),
        (b"Proxy-Authorization", b"Digest x"),
        (b"X-Api-Key", b"k"),
        (b"Location", b"https://u:p@host/x?token=t&page=2"),
        (b"X-Note", b"4111 1111 1111 1111"),
        (b"X-Encoded", b"%344111%31%311111111111"),
        (b"Accept", b"*/*"),
    )
    out = REDACTOR.fields(fields)
    assert [name for name, _ in out] == [name.decode() for name, _ in fields]
    values = [value for _, value in out]
    for value in values[:6]:
        assert re.fullmatch(TOKEN, value)
    assert values[2] == values[3]
    assert re.fullmatch(rf"https://{TOKEN}@host/x\?token={TOKEN}&page=2", values[6])
    assert re.fullmatch(TOKEN, values[7])
    assert values[9] == "*/*"


@given(secret=written())
def test_none_survives_in_a_target(secret: tuple[str, str]) -> None:
    value, text = secret
    target = f"/pay/{quote(text)}?card={quote(text)}&a=%41"
    out = REDACTOR.target(target)
    assert value not in bare(out)
    assert out.endswith("&a=%41")
    assert len(re.findall(TOKEN, out)) == 2


def test_a_target_without_secrets_stays_byte_for_byte() -> None:
    for target in ("/a%2Fb/c?x=%20&y=+&z", "*", "/", "/x?page=1&sort=%C3%A9"):
        assert REDACTOR.target(target) == target


def test_declared_fields() -> None:
    declared = (
        "$.customer.email",
        "$.lines[*].note",
        "$..phone",
        "$.items[?@.kind == 'x'].name",
        "header:X-Customer",
    )
    redactor = Redactor(KEY, declared)
    document: Node = {
        "customer": {"email": "a@b.example", "name": "Ann"},
        "lines": [{"note": "one", "sum": 1}, {"note": {"deep": "two", "n": 10}}],
        "a": [{"phone": "555"}],
        "items": [{"kind": "y", "name": "kept? no: a filter counts as any item"}],
    }
    out = json.loads(redactor.message(message(encode(document))).body or "")
    assert re.fullmatch(TOKEN, out["customer"]["email"])
    assert out["customer"]["name"] == "Ann"
    assert re.fullmatch(TOKEN, out["lines"][0]["note"])
    assert out["lines"][0]["sum"] == 1
    assert re.fullmatch(TOKEN, out["lines"][1]["note"]["deep"])
    assert re.fullmatch(TOKEN, out["lines"][1]["note"]["n"])
    assert re.fullmatch(TOKEN, out["a"][0]["phone"])
    assert re.fullmatch(TOKEN, out["items"][0]["name"])
    assert re.fullmatch(TOKEN, redactor.fields(((b"x-customer", b"7"),))[0][1])
    xml_body = redactor.message(message(b"<customer><email>x</email></customer>", "text/xml")).body
    assert xml_body == '{"customer":[{"email":[{"#text":"x"}]}]}'
    by_xml = Redactor(KEY, ("$.customer[*].email",)).message(
        message(b"<customer><email>x</email></customer>", "text/xml")
    )
    assert re.fullmatch(rf'{{"customer":\[{{"email":\[{{"#text":"{TOKEN}"}}\]}}\]}}', by_xml.body or "")
    assert Redactor(KEY, ("$.a",)).message(message(b"just text", "text/plain")).form == "absent"


def test_equal_numbers_stay_equal_however_they_are_written() -> None:
    redactor = Redactor(KEY, ("$.n",))

    def shown(number: str) -> str:
        return redactor.message(message(f'{{"n": {number}}}'.encode())).body or ""

    assert shown("10") == shown("10.0") == shown("1e1") == shown("10.000") != shown("100")
    assert shown("0") == shown("-0.0") == shown("0e5")
    assert shown("1e999999") != shown("1e999998")


def test_members_named_like_passwords() -> None:
    out = json.loads(
        redacted(b'{"password": "p", "Client-Secret": ["s", {"a": 7}], "token_type": "x"}').body or ""
    )
    assert re.fullmatch(TOKEN, out["password"])
    assert re.fullmatch(TOKEN, out["Client-Secret"][0])
    assert re.fullmatch(TOKEN, out["Client-Secret"][1]["a"])
    assert out["token_type"] == "x"


def test_member_names_hold_secrets_too_and_none_gets_lost() -> None:
    out = json.loads(redacted(f'{{"{CARD}": 1, "4111 1111 1111 1111": 2}}'.encode()).body or "")
    assert sorted(out.values()) == [1, 2]
    assert CARD not in str(out)


def test_an_invalid_place_is_refused() -> None:
    with pytest.raises(UsageError, match="no place to redact"):
        Redactor(KEY, ("customer.email[",))


def difference(left: Node, right: Node, *path: str | int, **more: Any) -> Difference:
    return Difference(Location("body", path), "changed", left, right, **more)


def test_differences_keep_no_secret() -> None:
    redactor = Redactor(KEY, ("$.lines[*].note", "header:x-customer"))
    out = redactor.difference(
        difference(f"paid {CARD}", 4111111111111111, "a", CARD, cause=Cause("c", f"saw {IBAN}"))
    )
    assert CARD not in repr(out)
    assert IBAN not in repr(out)
    noted = redactor.difference(difference("x", "y", "lines", 3, "note"))
    assert re.fullmatch(TOKEN, str(noted.left))
    assert noted.left != noted.right
    other = redactor.difference(difference("x", Decimal("1.10"), "lines", 3, "sum"))
    assert (other.left, other.right) == ("x", Decimal("1.10"))
    assert re.fullmatch(TOKEN, str(redactor.difference(difference("p", "q", "user", "password")).left))
    header = Difference(Location("header", ("set-cookie", 0)), "changed", "a=1", "a=2")
    assert re.fullmatch(TOKEN, str(redactor.difference(header).left))
    declared = Difference(Location("header", ("x-customer", 0)), "changed", "7", None)
    assert re.fullmatch(TOKEN, str(redactor.difference(declared).left))
    assert redactor.difference(declared).right is None
    whole = redactor.difference(difference({"lines": [{"note": "x"}]}, Opaque("image/png", 5, "ab" * 32)))
    assert "'x'" not in repr(whole.left)
    assert isinstance(whole.right, Opaque)
    assert whole.right.sha256 != "ab" * 32


def test_a_finding_sums_its_places() -> None:
    pattern = ("lines", -1, "sum")
    money: dict[str, Any] = {
        "pattern": pattern,
        "drift": Decimal("0.10"),
        "currency": "EUR",
        "severity": "money",
    }
    places = (
        difference(Decimal("1.10"), Decimal("1.20"), "lines", 0, "sum", **money),
        difference("x" * 300, 2, "lines", 1, "sum", pattern=pattern, drift=Decimal("0.20"), currency="EUR"),
        difference(1, 2, "lines", 2, "sum"),
    )
    found = finding(places, "ab", 3, REDACTOR)
    assert (found.location, found.places, found.severity) == (
        "body $.lines[*].sum",
        3,
        "money",
    )
    assert found.drift == (("EUR", Decimal("0.30")),)
    assert (found.legacy, found.candidate) == ('"1.10"', '"1.20"')
    assert len(finding(places[1:], "ab", 3, REDACTOR).legacy) == 200
    assert excerpt(Opaque("a", 1, "b")).startswith("{")


def test_a_request_and_an_answer() -> None:
    request = Request(
        "POST", f"/pay?card={CARD}", "https", "user:pw@host:1", "10.0.0.1", message(b'{"a": 1}')
    )
    out = REDACTOR.request(request)
    assert (out.method, out.authority, out.message.body) == ("POST", "host:1", '{"a":1}')
    assert CARD not in out.target
    answer = REDACTOR.answer(Response(200, b"OK", message(b'{"a": 1}'), 5))
    assert (answer.status, answer.elapsed_ns) == (200, 5)
    failure = REDACTOR.answer(Failure("refused", f"https://u:secret99@host refused {CARD}", 7))
    assert (failure.status, failure.failure, failure.message) == (0, "refused", None)
    assert "secret99" not in failure.detail
    assert CARD not in failure.detail


def test_the_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    configured = "${STRANGLER_REDACTION_KEY}"
    key = redaction_key(configured, tmp_path / "state", {})
    assert len(key) == 64
    assert redaction_key(configured, tmp_path / "state", {}) == key
    file = tmp_path / "state" / "redaction.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["redaction.key"]
    file.chmod(0o644)
    with pytest.raises(UsageError, match="others may read"):
        redaction_key(configured, tmp_path / "state", {})
    file.chmod(0o600)
    file.write_text("short")
    with pytest.raises(UsageError, match="damaged"):
        redaction_key(configured, tmp_path / "state", {})


def test_the_key_may_come_from_outside(tmp_path: Path) -> None:
    assert (
        redaction_key("${STRANGLER_REDACTION_KEY}", tmp_path, {"STRANGLER_REDACTION_KEY": "k" * 20})
        == b"k" * 20
    )
    assert redaction_key("${OTHER}", tmp_path, {"OTHER": "o" * 20}) == b"o" * 20
    with pytest.raises(UsageError, match="OTHER is not set"):
        redaction_key("${OTHER}", tmp_path, {})
    with pytest.raises(UsageError, match="too short"):
        redaction_key("abc", tmp_path, {})
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be kept"):
        redaction_key("${STRANGLER_REDACTION_KEY}", tmp_path / "file", {})
