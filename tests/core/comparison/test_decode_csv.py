"""Tables: what their header says, and what it leaves open."""

from strangler.comparison.decode import decode
from strangler.testing.samples import answer


def csv(text, media="text/csv"):
    return decode(answer(text.encode(), media=media))


def test_no_column_takes_the_place_of_another():
    assert csv("net,net#2,net,#5\n1,2,3,4,5\n").root == [
        {"net": "1", "net#2": "2", "net#3": "3", "#5": "4", "#5#": "5"}
    ]
