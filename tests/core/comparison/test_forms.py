"""The form of values that differ by themselves: narrow, readable, and one that a rule may have."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler.comparison.forms import form_of
from strangler.config.regexes import check_regex

FORMS = {
    "a UUID": (
        ["c0ffee00-0000-4000-8000-000000000017", "C0FFEE00-0000-4000-8000-000000000018"],
        "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    ),
    "a prefix": (["in_1GqIC8HYgolSBA35", "in_1MowQVLkdIwHu7ix"], "[a-z]{2,6}_[A-Za-z0-9]{8,64}"),
    "seconds since 1970": ([1588389734, 1598921383], "[0-9]{10}"),
    "a score": ([7, 99], "[0-9]{1,4}"),
    "an address with an id": (
        ["/v1/customers/cus_HCb7cFHAAN3xKa/sources", "/v1/customers/cus_HwGDbVwHetziSx/sources"],
        "/v1/customers/cus_[A-Za-z0-9]{14}/sources",
    ),
    "a number": (["4388068F-0001", "CE729C53-0001"], "[A-Za-z0-9]{8}-0001"),
    "an address that ends in a token": (
        ["https://pay.example.com/r/acct_1/a-b=", "https://pay.example.com/r/acct_1/c_d-e"],
        "https://pay\\.example\\.com/r/acct_1/[!-~]{1,223}",
    ),
    "words": (["Jane Doe", "John Roe"], None),
    "mail": (["ann@example.org", "bob@example.org"], None),
    "nothing": (["", "a1"], None),
    "a truth": ([True, False], None),
    "text and number": (["17", 17], None),
    "something and nothing": (["a1b2c3d4", None], None),
    "below nothing": ([-1, 5], None),
    "nothing seen": ([], None),
    "too long": (["a1" * 200, "b1" * 200], None),
}


@pytest.mark.parametrize(("values", "form"), FORMS.values(), ids=FORMS)
def test_forms(values, form):
    assert form_of(values) == form


@given(
    st.lists(
        st.one_of(st.text(max_size=60), st.from_regex(r"[a-z0-9/_.?-]{1,80}", fullmatch=True)), min_size=1
    )
)
def test_a_form_fits_all_it_was_made_of_and_ends_soon(values):
    form = form_of(values)
    if form is not None:
        check_regex(form)
        assert all(re.fullmatch(form, value) for value in values)
