import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import UsageError
from headrace.schema import Check, Declarations, Feature, Rule

names = st.lists(st.text(min_size=1), max_size=3, unique=True).map(tuple)
shares = st.floats(0, 1, exclude_min=True, allow_subnormal=False)
bounds = st.tuples(st.none() | st.floats(-9, 0), st.none() | st.floats(0, 9))


thresholds = st.none() | shares | st.dictionaries(st.sampled_from(["linf", "jensen_shannon"]), shares)
features = st.builds(
    Feature,
    range=st.none() | bounds,
    presence=st.sampled_from([None, "required", "optional", 0.5]),
    values=st.none() | st.integers(0, 9) | st.tuples(st.none() | st.integers(0, 3), st.integers(4, 9)),
    unit=st.text(max_size=3),
    drift=thresholds,
    skew=thresholds,
)


@given(labels=names, known=st.dictionaries(st.text(), features, max_size=3), share=st.floats(0, 1))
def test_declarations_survive_json(labels, known, share):
    declared = Declarations(
        labels=labels,
        features=known,
        new_values=share,
        rows={"at_least": 5},
        rules=[Rule(name="r", expression="a < b", allowed_share=share)],
        checks=[Check(code="FLOAT_*", severity="WARNING", allowed_share=share)],
        policy="propose",
    )
    assert Declarations.from_json(declared.to_json()) == declared


def test_plain_data_as_yaml_gives_it_is_enough():
    data = {"labels": ["accepted"], "features": {"pace": {"range": [2, None]}}, "drift": 0.1}
    declared = Declarations.from_data(data)
    assert (declared.labels, declared.of("pace").range) == (("accepted",), (2, None))
    assert declared.drift == {"linf": 0.1, "jensen_shannon": 0.1}
    assert Declarations.from_data({}) == Declarations()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"labels": "accepted"}, "labels must be a list of text, got 'accepted'"),
        ({"labels": None}, "labels must be a list of text, got None"),
        ({"labels": ("a",), "serving_only": ("a",)}, "'a' can't be in both labels and serving_only"),
        ({"features": {"hr": {"range": (200, 30)}}}, "feature 'hr': range must be (smallest, largest) with smallest"),
        ({"features": {"hr": {"range": 30}}}, "got 30"),
        ({"features": {"hr": 30}}, "feature 'hr': expected a mapping such as {range: [0, 10]}, got 30"),
        ({"features": {"hr": {"rnage": 30}}}, "a feature has no rnage; it has: type, vocabulary"),
        ({"features": {"hr": {"type": "DOUBLE"}}}, "type must be one of BYTES, INT, FLOAT, STRUCT, got 'DOUBLE'"),
        ({"features": {"hr": {"presence": 2}}}, "presence must be required, optional or a share in [0, 1], got 2"),
        ({"features": {"hr": {"values": (3, 1)}}}, "values must be a whole number or (least, most), got (3, 1)"),
        ({"features": {"hr": {"range": (0, 1), "vocabulary": ["a"]}}}, "vocabulary and range exclude each other"),
        ({"features": {"hr": {"type": "INT", "vocabulary": ["a"]}}}, "vocabulary is for BYTES, not for type INT"),
        ({"features": {"hr": {"semantic": "time"}}}, "semantic time needs a format"),
        ({"features": {"hr": {"shape": [], "values": 1}}}, "values and shape exclude each other"),
        ({"features": {"hr": {"environments": ["PROD"]}}}, "'hr' is in PROD: there are TRAINING, SERVING"),
        ({"features": {"hr": {"drift": 0}}}, "drift must be in (0, 1], got 0"),
        ({"features": {"hr": {"drift": {"l1": 0.1}}}}, "drift has no measure 'l1': expected linf, jensen_shannon"),
        ({"features": {"a": {"vocabulary": ["x"]}}, "identifiers": ("a",)}, "'a' is an identifier"),
        ({"drift": "much"}, "drift must be"),
        ({"rows": {"at_least": 9, "at_most": 2}}, "at_least 9 must not exceed at_most 2"),
        ({"rows": {"drift": [2, 1]}}, "drift must be (lowest, highest) ratio"),
        ({"checks": [{"code": "NOPE"}]}, "code 'NOPE' is none of TFMD's anomaly types"),
        ({"checks": [{"code": "FLOAT_*"}]}, "it says nothing: give a severity or an allowed_share"),
        ({"rules": [{"name": "r", "expression": "a <"}]}, "rule 'r': 'a <' is no SQL expression"),
        ({"rules": [{"name": "r"}]}, "missing 1 required keyword-only argument: 'expression'"),
        ({"rules": [{"name": "r", "expression": "a<1"}] * 2}, "two rules are called 'r'"),
        ({"new_values": 2}, "new_values must be in [0, 1], got 2"),
        ({"policy": "thaw"}, "policy must be one of freeze, widen, propose, got 'thaw'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_value(fields, named):
    with pytest.raises(UsageError) as caught:
        Declarations(**fields)
    assert named in str(caught.value)


def test_every_fault_is_named_at_once():
    with pytest.raises(UsageError, match=r"range.*drift.*policy"):
        Declarations(features={"a": {"range": (2, 1), "drift": 9}}, policy="thaw")


def test_an_unknown_field_is_answered_with_the_known_ones():
    with pytest.raises(UsageError, match=r"no label; they have: labels, training_only"):
        Declarations.from_data({"label": ["accepted"]})


@pytest.mark.parametrize("text", ["", "[]", "labels: [a]"])
def test_text_that_is_no_object_is_refused(text):
    with pytest.raises(UsageError):
        Declarations.from_json(text)
