"""What each distance says it saw, word by word, over time and between training and serving."""

import numpy as np
import pyarrow as pa
import pytest

from headrace.skew import FeatureProfile, profile_table
from headrace.skew.distances.measure import distance
from headrace.skew.distances.pair import OVER_TIME, SERVED, FeaturePair


def profile(values):
    return profile_table(pa.table({"x": values})).features["x"]


def text(**counts):
    return profile([value for value, count in counts.items() for _ in range(count)])


def unparsable(count, *samples, rows=10):
    return FeatureProfile(kind="empty", rows=rows, unparsable=count, unparsable_samples=samples)


ABC, MORE_C = text(a=60, b=30, c=10), text(a=20, b=30, c=50)
CUT = FeatureProfile(kind="categorical", rows=100, counts={"a": 50}, cut_rows=50, cut_count=20)
RAMP, HIGHER = profile(np.arange(100.0)), profile(np.arange(100.0) + 10)
HALF, FULL, BLANK = profile([1.5, None] * 50), profile([1.5] * 100), profile(pa.nulls(100, pa.float64()))
NAMES = profile([f"k{i}" for i in range(60)])
ONE_OR_TWO, ONE_OR_THREE = profile([["a"], ["a", "b"]] * 5), profile([["a"], ["a", "b", "c"]] * 5)

C_OVER_TIME = "'c' went from 10.0 % to 50.0 % of rows"
C_SERVED = "'c' is 10.0 % of rows in training, 50.0 % in serving"
LEFT_OUT = "; rare values were left out of the statistics, so the true distance may be larger"
RAMP_OVER_TIME = "the mean went from 49.5 to 59.5"
RAMP_SERVED = "the mean is 49.5 in training, 59.5 in serving"
FALL = "the share of distinct values among 60 rows"

SAID = [
    ("linf", ABC, MORE_C, 0.4, C_OVER_TIME, C_SERVED),
    ("linf", ABC, CUT, 0.1, f"'a' went from 60.0 % to 50.0 % of rows{LEFT_OUT}",
     f"'a' is 60.0 % of rows in training, 50.0 % in serving{LEFT_OUT}"),
    ("linf", CUT, ABC, 0.1, f"'a' went from 50.0 % to 60.0 % of rows{LEFT_OUT}",
     f"'a' is 50.0 % of rows in training, 60.0 % in serving{LEFT_OUT}"),
    ("jensen_shannon", ABC, MORE_C, 0.18048, C_OVER_TIME, C_SERVED),
    ("jensen_shannon", RAMP, HIGHER, 0.037744, "the median went from 49 to 59",
     "the median is 49 in training, 59 in serving"),
    ("chi_square", ABC, MORE_C, 46.66667, f"{C_OVER_TIME}; over 3 bins", f"{C_SERVED}; over 3 bins"),
    ("chi_square", RAMP, HIGHER, 10, f"{RAMP_OVER_TIME}; over 10 bins", f"{RAMP_SERVED}; over 10 bins"),
    # Fewer than five rows of d are to be expected on a side: it joins the rarest other value.
    ("chi_square", ABC, text(a=89, b=10, d=1), 23.00793, "'a' went from 60.0 % to 89.0 % of rows; over 3 bins",
     "'a' is 60.0 % of rows in training, 89.0 % in serving; over 3 bins"),
    ("psi", ABC, MORE_C, 1.08322, f"{C_OVER_TIME}; over 3 bins", f"{C_SERVED}; over 3 bins"),
    ("psi", RAMP, HIGHER, 0.21972, f"{RAMP_OVER_TIME}; over 10 bins", f"{RAMP_SERVED}; over 10 bins"),
    ("kolmogorov_smirnov", RAMP, HIGHER, 0.1, "67.0 % of rows before are 66 or less, 57.0 % now",
     "67.0 % of rows in training are 66 or less, 57.0 % in serving"),
    ("wasserstein", RAMP, HIGHER, 10, RAMP_OVER_TIME, RAMP_SERVED),
    ("normalized_absolute_difference", text(a=6000, b=40), text(a=2000, b=40), 4000 / 8080,
     "'a' went from 6,000 to 2,000 rows", "'a' is 6,000 rows in training, 2,000 in serving"),
    ("missing_share", HALF, FULL, 0.5, "missing in 50.0 % of rows before, 0.0 % now",
     "missing in 50.0 % of rows in training, 0.0 % in serving"),
    ("missing_share", FULL, HALF, 0.5, "missing in 0.0 % of rows before, 50.0 % now",
     "missing in 0.0 % of rows in training, 50.0 % in serving"),
    ("missing_share", BLANK, HALF, 0.5, "missing in 100.0 % of rows before, 50.0 % now (it was blank before)",
     "missing in 100.0 % of rows in training, 50.0 % in serving (it was blank in training)"),
    ("missing_share", FULL, BLANK, 1, "missing in 0.0 % of rows before, 100.0 % now (it is blank now)",
     "missing in 0.0 % of rows in training, 100.0 % in serving (it is blank in serving)"),
    ("missing_share", BLANK, BLANK, 0, *["blank in every row of both: there is nothing to compare"] * 2),
    ("new_values", ABC, text(a=20, b=30, e=10, d=10, f=20, g=5), 45 / 95,
     "47.4 % of rows have one of 4 values that were not there before, such as 'f', 'd', 'e'",
     "47.4 % of rows have one of 4 values that were not there in training, such as 'f', 'd', 'e'"),
    ("new_values", ABC, text(a=20, d=10), 1 / 3,
     "33.3 % of rows have one of 1 value that was not there before, such as 'd'",
     "33.3 % of rows have one of 1 value that was not there in training, such as 'd'"),
    ("new_values", ABC, ABC, 0, "0.0 % of rows have one of 0 values that were not there before",
     "0.0 % of rows have one of 0 values that were not there in training"),
    ("repeats", NAMES, text(a=30, b=30), 58 / 60,
     f"nearly unique before, and no longer now: {FALL} went from 100.0 % to 3.3 %",
     f"nearly unique in training, and not in serving: {FALL} is 100.0 % in training, 3.3 % in serving"),
    ("list_length", ONE_OR_TWO, ONE_OR_THREE, 0.5, "100.0 % of rows before have 2 values or fewer, 50.0 % now",
     "100.0 % of rows in training have 2 values or fewer, 50.0 % in serving"),
    ("list_length", text(a=10), ONE_OR_THREE, 0.5, "100.0 % of rows before have 1 value or fewer, 50.0 % now",
     "100.0 % of rows in training have 1 value or fewer, 50.0 % in serving"),
    ("list_length", ONE_OR_THREE, text(a=10), 0.5, "50.0 % of rows before have 1 value or fewer, 100.0 % now",
     "50.0 % of rows in training have 1 value or fewer, 100.0 % in serving"),
    ("unparsable_share", unparsable(0), unparsable(6, *"uvwxyz"), 0.6,
     "6 values now are not numbers (0 before): 'u', 'v', 'w', 'x', 'y'",
     "6 values in serving are not numbers (0 in training): 'u', 'v', 'w', 'x', 'y'"),
    ("unparsable_share", unparsable(2, "-"), unparsable(1, "?"), 0, "1 value now is not a number (2 before): '?'",
     "1 value in serving is not a number (2 in training): '?'"),
    ("unparsable_share", unparsable(1500, "-", rows=2000), unparsable(1, rows=1), 0.25,
     "1 value now is not a number (1,500 before): '-'", "1 value in serving is not a number (1,500 in training): '-'"),
    ("unparsable_share", unparsable(1, "-", rows=1), unparsable(4, "?", rows=4), 0,
     "4 values now are not numbers (1 before): '?'", "4 values in serving are not numbers (1 in training): '?'"),
    ("jensen_shannon", text(a=1), text(b=1), 1, "'a' went from 100.0 % to 0.0 % of rows",
     "'a' is 100.0 % of rows in training, 0.0 % in serving"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "now", "measured", "over_time", "served"), SAID)
def test_a_distance_says_what_it_saw(name, before, now, measured, over_time, served):
    for labels, expected in ((OVER_TIME, over_time), (SERVED, served)):
        found = distance(name).measure(FeaturePair(before=before, now=now, labels=labels))
        assert found.distance == pytest.approx(measured, rel=1e-4)
        assert found.reason + (f" ({found.hint})" if found.hint else "") == expected


def test_what_has_nothing_to_measure_says_nothing():
    huge = profile([-1.7e308, 1.7e308])
    for name, before, now in (
        ("repeats", ABC, NAMES),
        ("list_length", ABC, ABC),
        ("unparsable_share", unparsable(0), unparsable(0)),
        ("wasserstein", huge, huge),
    ):
        assert distance(name).measure(FeaturePair(before=before, now=now)) is None
    found = distance("unparsable_share").measure(FeaturePair(before=unparsable(1, "-"), now=unparsable(0)))
    assert found.reason == "0 values now are not numbers (1 before): '-'"
