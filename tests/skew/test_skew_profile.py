import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import UsageError
from headrace.examples.layout import to_features
from headrace.skew import FeatureProfile, profile_slices, profile_table
from headrace.skew.profiles import from_table
from headrace.skew.profiles.from_table import profile_column

NUMBERS = st.lists(st.one_of(st.none(), st.integers(-5, 5).map(float), st.floats(-1e6, 1e6)), max_size=60)


def column(values, kind=None):
    return pa.chunked_array([pa.array(values, kind)])


@given(NUMBERS)
def test_distribution_function_of_numbers_is_that_of_counting(values):
    profile = profile_column(column(values, pa.float64()))
    present = [v for v in values if v is not None]
    assert (profile.rows, profile.missing, profile.present) == (len(values), len(values) - len(present), len(present))
    if present:
        at = np.array([*present, -1e9, 1e9, 0.25])
        assert profile.distribution(at) == pytest.approx([np.mean(np.array(present) <= x) for x in at])
        assert profile.distribution(at, left=True) == pytest.approx([np.mean(np.array(present) < x) for x in at])
        assert (profile.minimum, profile.maximum) == (min(present), max(present))
        assert profile.zeros == sum(v == 0 for v in present)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.floats(0, 1))
def test_quantiles_are_the_smallest_values_that_reach_a_share(values, share):
    value = profile_column(column(values)).quantiles(np.array([share]))[0]
    assert value in values
    assert np.mean(np.array(values) <= value) >= share - 1e-9
    assert all(np.mean(np.array(values) <= v) < share + 1e-9 for v in values if v < value)


@given(st.permutations(["a", "b", "b", None, "c", "c", "", "é"]))
def test_profile_of_text_does_not_depend_on_the_order_of_rows(values):
    profile = profile_column(column(values))
    assert list(profile.counts.items()) == [("b", 2), ("c", 2), ("", 1), ("a", 1), ("é", 1)]
    assert (profile.missing, profile.distinct) == (1, 5)


def test_nan_is_missing_and_infinities_are_counted_apart():
    profile = profile_column(column([1.0, np.nan, np.inf, -np.inf, None]))
    assert (profile.present, profile.missing, profile.infinite, profile.mean) == (1, 2, 2, 1.0)


def test_times_that_no_calendar_has_are_unparsable_and_named():
    profile = profile_column(column([1_772_521_200, 10**12], pa.timestamp("s")))
    assert (profile.present, profile.missing, profile.unparsable) == (1, 0, 1)
    assert profile.unparsable_samples == ("1000000000000 s since 1970",)


def test_what_can_not_be_compared_has_rows_and_missing_values_only():
    profile = profile_table(pa.table({"at": pa.array([{"zip": 1}, None])})).features["at"]
    assert (profile.compared, profile.rows, profile.missing, str(profile.type)) == (False, 2, 1, "struct of zip")


def test_rare_values_beyond_the_limit_are_summed_up():
    profile = profile_column(column(["a", "a", "b", "c"]), values=1)
    assert (dict(profile.counts), profile.cut_rows, profile.cut_count, profile.distinct) == ({"a": 2}, 2, 1, 3)


def test_many_distinct_numbers_are_thinned_within_the_resolution(monkeypatch):
    monkeypatch.setattr(from_table, "KEPT_POINTS", 100)
    values = np.concatenate([np.random.default_rng(0).normal(size=20_000), np.zeros(3000)])
    profile = profile_column(column(values))
    at = np.sort(values)
    exact = np.searchsorted(at, at, side="right") / len(at)
    assert len(profile.points) <= 101
    assert np.abs(profile.distribution(at) - exact).max() <= profile.resolution
    # A value of many rows is kept exactly.
    zero = np.array([0.0])
    spike = profile.distribution(zero) - profile.distribution(zero, left=True)
    assert spike == pytest.approx(3000 / 23_000, abs=1e-3)


def test_features_and_flat_columns_have_one_profile():
    flat = pa.table({"n": [1.5, None, 2.5], "t": ["x", "y", None]})
    one, two = profile_table(flat), profile_table(to_features(flat))
    for name in ("n", "t"):
        a, b = one.features[name], two.features[name]
        assert (a.kind, a.missing, a.counts, list(a.points)) == (b.kind, b.missing, b.counts, list(b.points))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([f"{i} / 4660" for i in range(200)], True),
        (["a", "b"] * 100, False),
        ([f"{i}" for i in range(20)], False),
        (list(range(2000)), True),
        ([i % 900 for i in range(2000)], False),
        ([i + 0.5 for i in range(2000)], False),
    ],
)
def test_values_that_name_rows_are_known_as_identifiers(values, expected):
    assert profile_column(column(values)).identifier_like is expected


def test_slices_add_up_to_the_whole():
    slices = profile_slices(pa.table({"g": ["x", "y", "x"], "v": [1, 2, 3]}), ["g"])
    assert {name: p.rows for name, p in slices.items()} == {"": 3, "g=x": 2, "g=y": 1}
    assert slices["g=x"].features["v"].maximum == 3


def test_counts_that_exceed_the_rows_are_refused():
    with pytest.raises(UsageError, match="3 missing, 0 unparsable and 0 infinite rows of 2"):
        FeatureProfile(kind="numeric", rows=2, missing=3)
