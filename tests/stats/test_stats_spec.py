import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import UsageError
from headrace.stats import MutualInformation, Override, Slice, StatsSpec

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
        ({"sample_rate": 0}, "sample_rate: expected a share above 0 and at most 1, got 0"),
        ({"sample_rate": True}, "got True"),
        ({"quantile_error": 0.5}, "quantile_error: expected a number above 0 and at most 0.1, got 0.5"),
        ({"top_values": 0}, "top_values: expected a whole number of at least 1, got 0"),
        ({"top_values": 2.0}, "got 2.0"),
        ({"rank_values": 20}, "rank_values: expected a whole number of at least 1,000, got 20"),
        ({"slices": 7}, "slices: expected a list (each: a name or settings by name, such as by, where, name), got 7"),
        ({"slices": ("a", "a")}, "slices: expected no slice twice"),
        (
            {"exclude": ("a",), "slices": ("a",)},
            "excluded features can't be sliced by, weighted by or the label: a",
        ),
        ({"exclude": ("w",), "weight": "w"}, "the label: w"),
        ({"exclude": ("a",), "features": ("a",)}, "both in features and excluded: a"),
        ({"slice_rank_values": 10}, "slice_rank_values: expected a whole number of at least 1,000, got 10"),
        ({"mutual_information": MutualInformation()}, "name it in label"),
        ({"crosses": (("a", "a"),)}, "crosses[0]: expected two different features, got ['a', 'a']"),
        (
            {"overrides": {"a": 3}},
            "overrides['a']: expected settings by name, such as top_values",
        ),
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


def test_an_unknown_field_is_answered_with_the_nearest_known_one():
    with pytest.raises(UsageError, match="has no 'topvalues'; did you mean 'top_values'"):
        StatsSpec.from_json('{"topvalues": 3}')


def test_a_spec_with_every_field_set_survives_json_slices_and_overrides_included():
    spec = StatsSpec(
        features=("pace", "city"),
        exclude=("id",),
        slices=("city", Slice(by={"hour": (1, 2), "city": None}), Slice(name="fast", where="pace < 4")),
        identifiers=("run",),
        weight="w",
        label="y",
        frequency_threshold=2,
        weighted_frequency_threshold=0.5,
        valency_buckets=5,
        semantic_domains=True,
        semantic_sample_rate=0.1,
        vocabularies={"words": "words.txt"},
        crosses=(("pace", "hour"),),
        mutual_information=MutualInformation(rows=100, categorical=("hour",), estimator="sklearn"),
        overrides={"pace": Override(quantile_buckets=7, weight="v", histograms=False)},
    )
    assert StatsSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Slice(), "by values .* or by a condition"),
        (lambda: Slice(by={"a": None}, where="a = 1", name="x"), "by values .* or by a condition"),
        (lambda: Slice(where="a = 1"), "a slice by a condition needs a name"),
        (lambda: Slice(by={"a": ()}), "by.*: expected at least one"),
        (lambda: Slice(by={"a": (1.5,)}), "by.*: expected a text or a whole number, got 1.5"),
        (lambda: Override(rank_values=10), "rank_values: expected a whole number of at least 1,000, got 10"),
        (lambda: MutualInformation(rows=0, estimator="knn"), "rows: expected .*; estimator: expected one of"),
        (lambda: StatsSpec.from_json('{"slices": [{"of": "a"}]}'), "slices.0.: has no 'of'; it has by, where, name"),
        (lambda: StatsSpec.from_json('{"overrides": {"a": {"bins": 3}}}'), "overrides.'a'.: has no 'bins'"),
    ],
)
def test_wrong_parts_of_a_spec_are_refused(make, named):
    with pytest.raises(UsageError, match=named):
        make()
