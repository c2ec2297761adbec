import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import UsageError
from headrace.stats import StatsSpec

names = st.lists(st.text(min_size=1), max_size=4, unique=True).map(tuple)


@given(
    names,
    names,
    st.integers(1, 100),
    st.integers(1000, 10**6),
    st.floats(0, 1, exclude_min=True, allow_subnormal=False),
)
def test_a_spec_survives_json(exclude, identifiers, top, rank, rate):
    spec = StatsSpec(exclude=exclude, identifiers=identifiers, top_values=top, rank_values=rank, sample_rate=rate)
    assert StatsSpec.from_json(spec.to_json()) == spec


def test_lists_are_taken_for_tuples():
    assert StatsSpec(slices=["city"]).slices == ("city",)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"sample_rate": 0}, "sample_rate must be in (0, 1], got 0"),
        ({"sample_rate": True}, "got True"),
        ({"quantile_error": 0.5}, "(0, 0.1], got 0.5"),
        ({"top_values": 0}, "top_values must be a whole number >= 1, got 0"),
        ({"top_values": 2.0}, "got 2.0"),
        ({"rank_values": 20}, "rank_values must be a whole number >= 1,000, got 20"),
        ({"slices": "city"}, "slices must be a tuple of feature names, got 'city'"),
        ({"slices": ("a", "a")}, "twice"),
        ({"exclude": ("a",), "slices": ("a",)}, "both excluded and sliced by: a"),
    ],
)
def test_a_wrong_field_is_refused_with_its_value(fields, named):
    with pytest.raises(UsageError) as caught:
        StatsSpec(**fields)
    assert named in str(caught.value)


def test_all_wrong_fields_are_named_at_once():
    with pytest.raises(UsageError, match=r"exclude.*top_values.*sample_rate"):
        StatsSpec(exclude=(1,), top_values=-1, sample_rate=2)


@pytest.mark.parametrize("text", ["", "[]", "no", '{"topvalues": 3}'])
def test_json_that_is_no_spec_is_refused(text):
    with pytest.raises(UsageError):
        StatsSpec.from_json(text)


def test_an_unknown_field_is_answered_with_the_known_ones():
    with pytest.raises(UsageError, match="no topvalues; it has: exclude"):
        StatsSpec.from_json('{"topvalues": 3}')
