"""What stands in a path's variables, by its class."""

import pytest

from strangler.routing.shapes import class_of, shape
from strangler.routing.template import parse_template


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("7", "digits"),
        ("٣", "other"),
        ("3f2b8c1e-0d4a-4b7e-9a51-2c6d7e8f9a0b", "uuid"),
        ("2026-10-31", "date"),
        ("9f86d081884c7d65", "hex"),
        ("deadbeefcafe", "word"),
        ("open", "word"),
        ("INV-2026_7.b", "code"),
        ("a/b", "path"),
        ("Müller", "other"),
        ("-", "other"),
    ],
)
def test_a_value_has_a_class(value: str, name: str) -> None:
    assert class_of(value) == name


@pytest.mark.parametrize(
    ("template", "target", "found"),
    [
        ("/invoices/{id}", "/invoices/7?x=1", "id=digits"),
        ("/runs/{day}/{batch}.csv", "/runs/2026-10-31/b-2.csv", "day=date,batch=code"),
        ("/files/{rest*}", "/files/a/b", "rest=path"),
        ("/invoices/{id}", "/invoices/%37", "id=digits"),
        ("/invoices", "/invoices", ""),
        ("/invoices/{id}", "/elsewhere", ""),
    ],
)
def test_a_path_has_a_shape(template: str, target: str, found: str) -> None:
    assert shape(parse_template(template), target) == found
