"""Durations by powers of two: every one is counted once, under the largest power that it reaches."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from headrace.keyed.histogram import count_by_duration, shortest_first

DURATIONS = st.lists(st.integers(-(2**50), 2**60) | st.integers(0, 70).map(lambda seconds: seconds * 1_000_000))


def name_of(duration_us: int) -> str:
    if duration_us < 0:
        return "before"
    seconds = duration_us // 1_000_000
    return "0" if seconds < 1 else str(1 << (seconds.bit_length() - 1))


@given(DURATIONS)
def test_each_duration_is_counted_under_the_largest_power_of_two_that_it_reaches(durations: list[int]) -> None:
    assert count_by_duration(np.array(durations, np.int64)) == dict(Counter(map(name_of, durations)))


@given(DURATIONS, st.randoms())
def test_counts_are_listed_from_short_to_long_whatever_their_order(durations: list[int], random) -> None:  # type: ignore[no-untyped-def]
    counts = list(count_by_duration(np.array(durations, np.int64)).items())
    shuffled = random.sample(counts, len(counts))
    assert list(shortest_first(dict(shuffled)).items()) == counts
