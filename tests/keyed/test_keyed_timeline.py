"""Where the rows of a key begin, and from a time on: key code and time in one number, also where that leaves int64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.keyed.timeline import Timeline

LATEST_US = 4_000_000_000_000_000_000

NEAR = st.integers(-5, 5)
FAR = NEAR | st.sampled_from([-LATEST_US, LATEST_US, LATEST_US - 1])


def arrays(pairs):
    return tuple(np.array([pair[n] for pair in pairs], np.int64) for n in (0, 1))


@pytest.mark.parametrize("far", [False, True])
@given(data=st.data())
def test_the_first_of_a_code_from_a_time_on_is_found_as_by_looking_at_each(far, data):
    pair = st.tuples(st.integers(0, 4), FAR if far else NEAR | st.sampled_from([-(2**57), 2**57]))
    pairs = data.draw(st.lists(pair, max_size=12))
    asked = data.draw(st.lists(st.tuples(st.integers(0, 2**40), FAR) | pair, min_size=1, max_size=12))
    timeline = Timeline.of(np.arange(len(pairs)), *arrays(pairs))
    assert timeline.first_from(*arrays(asked)).tolist() == [sum(row < one for row in pairs) for one in asked]
    assert timeline.first_of(arrays(asked)[0]).tolist() == [sum(row[0] < code for row in pairs) for code, _ in asked]
    if far and len(pairs) and np.ptp(arrays(pairs)[1].astype(float)) > 2**62:
        assert timeline.times is not None


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12), st.data())
def test_rows_are_sorted_and_those_that_tie_keep_their_order(pairs, data):
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs))), bool)
    timeline = Timeline.of(np.arange(len(pairs)) + 100, *arrays(pairs))
    expected = sorted(range(len(pairs)), key=lambda row: pairs[row])
    assert timeline.rows.tolist() == [row + 100 for row in expected]
    assert timeline.only(keep).rows.tolist() == [row + 100 for row, kept in zip(expected, keep, strict=True) if kept]


def test_many_rows_that_tie_keep_their_order():
    r = np.random.default_rng(5)
    code, time = r.integers(0, 3, 5_000), r.integers(0, 3, 5_000)
    expected = sorted(range(5_000), key=lambda row: (code[row], time[row]))
    assert Timeline.of(np.arange(5_000), code, time).rows.tolist() == expected
