"""Lines of pairs that say two things at once, or what HTTP does not have."""

import pytest

from strangler_cli.pairing.jsonlines import Names, pairs_of
from strangler_cli.pairing.pair import Unread


@pytest.mark.parametrize(
    "answer", ['{"body": 1, "body_base64": "MQ=="}', '{"status": 0, "body": 1}', '{"status": -5, "body": 1}']
)
def test_an_answer_that_is_none_is_not_compared(answer, tmp_path):
    file = tmp_path / "pairs.jsonl"
    file.write_text(f'{{"legacy": {answer}, "candidate": {{"body": 1}}}}\n')
    (found,) = pairs_of(str(file), Names())
    assert isinstance(found, Unread)
