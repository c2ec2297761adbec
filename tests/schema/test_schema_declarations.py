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
    declared = Declarations.from_settings(data)
    assert (declared.labels, declared.of("pace").range) == (("accepted",), (2, None))
    assert declared.drift == {"linf": 0.1, "jensen_shannon": 0.1}
    assert Declarations.from_settings({}) == Declarations()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"labels": 7}, "labels: expected a list (each: a text), got 7"),
        ({"labels": None}, "labels: expected a list (each: a text), got None"),
        ({"labels": ("a",), "serving_only": ("a",)}, "'a' can't be in both labels and serving_only"),
        (
            {"features": {"hr": {"range": (200, 30)}}},
            "features['hr'].range: expected two bounds, the lower one first",
        ),
        ({"features": {"hr": {"range": 30}}}, "got 30"),
        (
            {"features": {"hr": 30}},
            "features['hr']: expected settings by name, such as type, vocabulary",
        ),
        ({"features": {"hr": {"rnage": 30}}}, "features['hr']: has no 'rnage'; did you mean 'range'?"),
        ({"features": {"hr": {"type": "DOUBLE"}}}, "type: expected one of BYTES, INT, FLOAT, STRUCT, got 'DOUBLE'"),
        ({"features": {"hr": {"presence": 2}}}, "presence: expected a share from 0 to 1, got 2"),
        ({"features": {"hr": {"values": (3, 1)}}}, "values: expected two bounds, the lower one first, got [3, 1]"),
        ({"features": {"hr": {"range": (0, 1), "vocabulary": ["a"]}}}, "vocabulary and range exclude each other"),
        ({"features": {"hr": {"type": "INT", "vocabulary": ["a"]}}}, "vocabulary is for BYTES, not for type INT"),
        ({"features": {"hr": {"semantic": "time"}}}, "semantic time needs a format"),
        ({"features": {"hr": {"shape": [], "values": 1}}}, "values and shape exclude each other"),
        ({"features": {"hr": {"environments": ["PROD"]}}}, "'hr' is in PROD: there are TRAINING, SERVING"),
        ({"features": {"hr": {"drift": 0}}}, "drift: expected a number above 0 and at most 1, got 0"),
        (
            {"features": {"hr": {"drift": {"l1": 0.1}}}},
            "drift: expected one of linf, jensen_shannon",
        ),
        ({"features": {"a": {"vocabulary": ["x"]}}, "identifiers": ("a",)}, "'a' is an identifier"),
        ({"drift": "much"}, "drift: expected a number above 0 and at most 1 or settings by name"),
        ({"rows": {"at_least": 9, "at_most": 2}}, "at_least 9 must not exceed at_most 2"),
        ({"rows": {"drift": [2, 1]}}, "rows.drift: expected the lowest and the highest ratio"),
        (
            {"checks": [{"code": "NOPE"}]},
            "checks[0].code: expected one of TFMD's anomaly types, or a glob",
        ),
        ({"checks": [{"code": "FLOAT_*"}]}, "it has no effect: give a severity or an allowed_share"),
        ({"rules": [{"name": "r", "expression": "a <"}]}, "rules[0].expression: 'a <' is not an SQL expression"),
        ({"rules": [{"name": "r"}]}, "rules[0].expression: is missing"),
        ({"rules": [{"name": "r", "expression": "a<1"}] * 2}, "2 rules are called 'r'"),
        ({"new_values": 2}, "new_values: expected a share from 0 to 1, got 2"),
        ({"policy": "thaw"}, "policy: expected one of freeze, widen, propose, got 'thaw'"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_value(fields, named):
    with pytest.raises(UsageError) as caught:
        Declarations(**fields)
    assert named in str(caught.value)


def test_every_fault_is_named_at_once():
    with pytest.raises(UsageError, match=r"range.*drift.*policy"):
        Declarations(features={"a": {"range": (2, 1), "drift": 9}}, policy="thaw")


def test_an_unknown_field_is_answered_with_the_nearest_known_one():
    with pytest.raises(UsageError, match="has no 'label'; did you mean 'labels'"):
        Declarations.from_settings({"label": ["accepted"]})


@pytest.mark.parametrize("text", ["", "[]", "labels: [a]"])
def test_text_that_is_no_object_is_refused(text):
    with pytest.raises(UsageError):
        Declarations.from_json(text)
