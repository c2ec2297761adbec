"""Where the outcomes of an event begin and end: by key code and time in one number, also where that leaves int64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.keyed.columns import LATEST_US
from headrace.keyed.timeline import Timeline

NEAR = st.integers(-5, 5)
FAR = NEAR | st.sampled_from([-LATEST_US, LATEST_US, LATEST_US - 1])


@pytest.mark.parametrize("far", [False, True])
@given(data=st.data())
def test_the_first_of_a_code_from_a_time_on_is_found_as_by_looking_at_each(far, data):
    pair = st.tuples(st.integers(0, 4), FAR if far else NEAR | st.sampled_from([-(2**57), 2**57]))
    rows = sorted(data.draw(st.lists(pair, max_size=12)))
    asked = data.draw(st.lists(st.tuples(st.integers(0, 2**40), FAR) | pair, min_size=1, max_size=12))
    code, time = (np.array([row[n] for row in rows], np.int64) for n in (0, 1))
    timeline = Timeline.of(np.arange(len(rows)), code, time)
    found = timeline.first_from(*(np.array([one[n] for one in asked], np.int64) for n in (0, 1)))
    assert found.tolist() == [sum(row < one for row in rows) for one in asked]
    if far and len(rows) and np.ptp(time.astype(float)) > 2**62:
        assert timeline.times is not None
