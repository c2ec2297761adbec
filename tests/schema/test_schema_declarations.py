import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import UsageError
from headrace.schema import Declarations

names = st.lists(st.text(min_size=1), max_size=3, unique=True).map(tuple)
shares = st.floats(0, 1, exclude_min=True, allow_subnormal=False)
bounds = st.tuples(st.none() | st.floats(-9, 0), st.none() | st.floats(0, 9))


@given(
    labels=names,
    ranges=st.dictionaries(st.text(), bounds, max_size=3),
    vocabularies=st.dictionaries(st.text(), names.filter(len), max_size=3),
    linf=st.dictionaries(st.text(), shares, max_size=3),
)
def test_declarations_survive_json(labels, ranges, vocabularies, linf):
    declared = Declarations(labels=labels, ranges=ranges, vocabularies=vocabularies, linf=linf, policy="widen")
    assert Declarations.from_json(declared.to_json()) == declared


def test_plain_data_as_yaml_gives_it_is_enough():
    data = {"labels": ["accepted"], "ranges": {"pace": [2, None]}, "linf": 0.1}
    declared = Declarations.from_data(data)
    assert (declared.labels, declared.ranges, declared.linf) == (("accepted",), {"pace": (2, None)}, {"default": 0.1})
    assert Declarations.from_data({}) == Declarations()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"labels": "accepted"}, "labels must be a list of text, got 'accepted'"),
        ({"labels": None}, "labels must be a list of text, got None"),
        ({"labels": ("a",), "serving_only": ("a",)}, "'a' can't be in both labels and serving_only"),
        ({"required": ("a",), "optional": ("a",)}, "'a' can't be in both required and optional"),
        (
            {"ranges": {"hr": (200, 30)}},
            "ranges of 'hr' must be (smallest, largest) with smallest <= largest, got (200, 30)",
        ),
        ({"ranges": {"hr": 30}}, "got 30"),
        ({"vocabularies": {"city": ()}}, "vocabularies of 'city' is empty"),
        ({"vocabularies": {"city": ("x",)}, "identifiers": ("city",)}, "'city' is an identifier"),
        ({"linf": {"city": 0}}, "linf of 'city' must be in (0, 1], got 0"),
        ({"jensen_shannon": 0.1}, "got 0.1"),
        ({"new_values": 2}, "new_values must be in [0, 1], got 2"),
        ({"policy": "thaw"}, "policy must be one of freeze, widen, got 'thaw'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_value(fields, named):
    with pytest.raises(UsageError) as caught:
        Declarations(**fields)
    assert named in str(caught.value)


def test_every_fault_is_named_at_once():
    with pytest.raises(UsageError, match=r"ranges.*linf.*policy"):
        Declarations(ranges={"a": (2, 1)}, linf={"a": 9}, policy="thaw")


def test_an_unknown_field_is_answered_with_the_known_ones():
    with pytest.raises(UsageError, match=r"no label; they have: labels, training_only"):
        Declarations.from_data({"label": ["accepted"]})


@pytest.mark.parametrize("text", ["", "[]", "labels: [a]"])
def test_text_that_is_no_object_is_refused(text):
    with pytest.raises(UsageError):
        Declarations.from_json(text)
