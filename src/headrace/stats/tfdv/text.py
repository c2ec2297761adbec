"""Values of categories as the text that TFDV writes for them."""

from __future__ import annotations

from tensorflow_data_validation import constants


def text_of(value: bytes | int) -> str:
    """A whole number, or bytes as UTF-8; TFDV's placeholder for bytes that are not UTF-8."""
    if isinstance(value, int):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return str(constants.NON_UTF8_PLACEHOLDER)
