"""What is asked of texts to find their type, of the texts of many columns at once, as each question costs a pass.

texts "7" "x" "yes" of one column, "8" of another         matches("^[0-9]+$")  [true, false, false, true]
Part(texts, slice(3, 4)), the texts of the other column   matches("^[0-9]+$")  [true]
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.values.arrow import array, compute
from headrace.values.choose import choose
from headrace.values.converted import Bools, valid
from headrace.values.text_patterns import NUMBER, WHOLE

WORDS = ("true", "false", "t", "f", "yes", "no", "y", "n")


class Texts:
    """Trimmed texts, and what is asked of them: only once of all of them, though a part may ask for its own."""

    def __init__(self, text: pa.Array) -> None:
        self._text = text
        self._found: dict[str, Bools] = {}

    def matches(self, pattern: str) -> Bools:
        """Which texts have a place that the pattern fits."""
        if pattern not in self._found:
            self._found[pattern] = _matches(self._text, pattern)
        return self._found[pattern]

    @functools.cached_property
    def are_words(self) -> Bools:
        """Which texts are words for yes and no."""
        return _in(self._text, WORDS)

    @functools.cached_property
    def whole_numbers(self) -> pa.Array:
        """Those that are whole numbers of 64 bits; null elsewhere."""
        return _parsed(self._text, self.matches(WHOLE), pa.int64())

    @functools.cached_property
    def are_whole(self) -> Bools:
        """Which texts are whole numbers of 64 bits."""
        return valid(self.whole_numbers)

    @functools.cached_property
    def floats(self) -> npt.NDArray[np.float64]:
        """Those that are numbers as floats, which may be infinite; NaN elsewhere."""
        return _parsed(self._text, self.matches(NUMBER), pa.float64()).to_numpy(zero_copy_only=False)

    def text(self, places: slice) -> pa.Array:
        """The texts from one place to another."""
        return self._text.slice(places.start, places.stop - places.start)


@dataclass
class Part:
    """The texts of one column."""

    whole: Texts
    places: slice

    @functools.cached_property
    def text(self) -> pa.Array:
        """The texts themselves."""
        return self.whole.text(self.places)

    def matches(self, pattern: str) -> Bools:
        """Which texts have a place that the pattern fits."""
        return self.whole.matches(pattern)[self.places]

    @property
    def are_words(self) -> Bools:
        """Which texts are words for yes and no."""
        return self.whole.are_words[self.places]

    @property
    def whole_numbers(self) -> pa.Array:
        """Those that are whole numbers of 64 bits; null elsewhere."""
        return self.whole.whole_numbers.slice(self.places.start, self.places.stop - self.places.start)

    @property
    def are_whole(self) -> Bools:
        """Which texts are whole numbers of 64 bits."""
        return self.whole.are_whole[self.places]

    @property
    def floats(self) -> npt.NDArray[np.float64]:
        """Those that are numbers as floats, which may be infinite; NaN elsewhere."""
        return self.whole.floats[self.places]


def _parsed(text: pa.Array, which: Bools, kind: pa.DataType) -> pa.Array:
    """The texts of those rows as numbers; null elsewhere, and where they are no numbers of the kind."""
    shown = choose(array(which), text, pa.scalar(None, pa.string()))
    plus = compute.replace_substring_regex(shown, r"^\+", "")
    try:
        return plus.cast(kind)
    except pa.ArrowInvalid:
        number: Callable[[str], float | int] = int if kind == pa.int64() else float
        limit = 2**63
        found = [None if one is None else number(one) for one in plus.to_pylist()]
        return array(
            [None if one is None or (number is int and not -limit <= one < limit) else one for one in found], kind
        )


def _matches(text: pa.Array, pattern: str) -> Bools:
    found: Bools = compute.fill_null(compute.match_substring_regex(text, pattern), False).to_numpy(zero_copy_only=False)
    return found


def _in(text: pa.Array, words: Sequence[str]) -> Bools:
    found: Bools = compute.is_in(compute.utf8_lower(text), value_set=array(words)).to_numpy(zero_copy_only=False)
    return found
