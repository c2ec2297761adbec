"""YAML as people write it: plain words are texts, a name stands once and is a text."""

import pytest

from headrace.config.yaml_text import settings, settings_of, to_block
from headrace.errors import UsageError


def test_plain_words_are_texts_and_only_true_and_false_are_booleans() -> None:
    text = "{missing: [NA, no], day: 2026-03-01, strict: true, size: 3}"
    assert settings(text) == {"missing": ["NA", "no"], "day": "2026-03-01", "strict": True, "size": 3}
    assert settings(to_block(settings(text))) == settings(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\na: 2", "line 2: .*'a' is said twice"),
        ("a: 1\n[b]: 2", "line 2: .*a name must be a text"),
        ("{b: 1}: 2", "line 1: .*a name must be a text"),
        ("a: [", "line 1: this is not YAML"),
        ("- a", "expected settings such as keys:, got"),
        ("password=hunter2", r"got 'password=\*\*\*'"),
    ],
)
def test_what_is_no_such_yaml_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        settings_of(text, "keys:")
