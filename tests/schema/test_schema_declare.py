"""Declarations on TFMD protos; needs tensorflow_metadata, which brings no TensorFlow."""

import pytest

from headrace.errors import UsageError
from headrace.schema import Check, Declarations, Feature, RowLimits, Rule
from headrace.schema.declare import declare
from headrace.schema.describe import describe

schema_pb2 = pytest.importorskip("tensorflow_metadata.proto.v0.schema_pb2")
text_format = pytest.importorskip("google.protobuf.text_format")

INFERRED = """
feature { name: "id" type: BYTES domain: "id" presence { min_fraction: 1.0 min_count: 1 } shape { dim { size: 1 } } }
feature { name: "city" type: BYTES domain: "city" presence { min_count: 1 } value_count { min: 1 max: 1 } }
feature { name: "accepted" type: INT bool_domain {} presence { min_fraction: 1.0 min_count: 1 } }
feature { name: "pace" type: FLOAT presence { min_count: 1 } }
string_domain { name: "id" value: "a" }
string_domain { name: "city" value: "Oslo" }
"""


@pytest.fixture
def schema():
    return text_format.Parse(INFERRED, schema_pb2.Schema())


def declared(schema, **fields):
    declare(schema, Declarations(**fields))
    return describe(schema)


def test_labels_are_in_training_alone(schema):
    found = declared(schema, labels=("accepted",), training_only=("pace",), serving_only=("city",))
    assert {name: feature["environments"] for name, feature in found.items() if name} == {
        "id": ["SERVING", "TRAINING"],
        "city": ["SERVING"],
        "accepted": ["TRAINING"],
        "pace": ["TRAINING"],
    }


def test_what_one_side_lacks_is_compared_over_time_but_not_between_sides(schema):
    found = declared(schema, labels=("accepted",))
    assert found["accepted"]["drift"] == {"jensen_shannon_divergence": 0.05}
    assert found["accepted"]["skew"] is None
    assert found["pace"]["skew"] == {"jensen_shannon_divergence": 0.05}


def test_identifiers_have_no_domain_and_no_comparators(schema):
    found = declared(schema, identifiers=("id",))["id"]
    assert (found["domain"], found["drift"], found["skew"]) == (None, None, None)
    assert [domain.name for domain in schema.string_domain] == ["city"]


def test_text_is_compared_by_l_infinity_and_numbers_by_jensen_shannon(schema):
    found = declared(
        schema,
        drift={"linf": 0.1},
        skew={"linf": 0.1},
        features={"city": Feature(drift=0.2, skew=0.2), "pace": Feature(drift=0.3)},
    )
    assert found["id"]["drift"] == {"infinity_norm": 0.1}
    assert found["city"]["drift"] == found["city"]["skew"] == {"infinity_norm": 0.2}
    assert found["pace"]["drift"] == {"jensen_shannon_divergence": 0.3}
    assert found["accepted"]["drift"] is None


def test_a_default_fills_only_features_without_a_comparator(schema):
    city = schema.feature[1]
    city.drift_comparator.infinity_norm.threshold = 0.3
    found = declared(schema, drift={"linf": 0.1}, skew=0.1)
    assert (found["city"]["drift"], found["city"]["skew"]) == ({"infinity_norm": 0.3}, None)
    assert found["id"]["drift"] == found["id"]["skew"] == {"infinity_norm": 0.1}
    found = declared(schema, drift=0.1, features={"city": {"drift": 0.2, "skew": 0.2}})
    assert found["city"]["drift"] == found["city"]["skew"] == {"infinity_norm": 0.2}


def test_a_comparator_that_stood_goes_where_sides_or_rows_cannot_be_compared(schema):
    for feature in schema.feature[1:3]:
        feature.drift_comparator.infinity_norm.threshold = 0.3
        feature.skew_comparator.infinity_norm.threshold = 0.3
    found = declared(schema, training_only=("city",), identifiers=("accepted",))
    assert (found["city"]["drift"], found["city"]["skew"]) == ({"infinity_norm": 0.3}, None)
    assert (found["accepted"]["drift"], found["accepted"]["skew"]) == (None, None)


def test_an_empty_comparator_keeps_a_feature_without_one(schema):
    schema.feature[1].drift_comparator.SetInParent()
    found = declared(schema)["city"]
    assert (found["drift"], found["skew"]) == (None, None)


def test_ranges_are_of_the_type_of_the_feature(schema):
    found = declared(schema, features={"accepted": Feature(range=(0, 5)), "pace": Feature(range=(2.5, None))})
    assert found["accepted"]["domain"] == {"min": 0, "max": 5}
    assert found["pace"]["domain"] == {"min": 2.5, "max": None}


def test_a_vocabulary_is_closed_whatever_was_inferred(schema):
    found = declared(schema, features={"city": {"vocabulary": ("Rome", "Oslo")}}, new_values=0.1)
    assert found["city"]["domain"] == {"values": ["Oslo", "Rome"], "new_values": 0.0}
    assert found["id"]["domain"] == {"values": ["a"], "new_values": 0.1}


def test_required_and_optional_overrule_what_was_seen(schema):
    found = declared(schema, features={"city": Feature(presence="required"), "id": Feature(presence="optional")})
    assert found["city"]["presence"] == {"share": 1.0, "rows": 1}
    assert found["id"]["presence"] == {"share": 0.0, "rows": 1}
    assert not schema.feature[0].HasField("shape")


def test_declaring_twice_changes_nothing_more(schema):
    fields = {
        "labels": ("tempo",),
        "identifiers": ("id",),
        "features": {
            "pace": Feature(range=(0, 20), presence="required", unit="min/km", finite=True, drift=0.2),
            "city": Feature(vocabulary=("Oslo", "Rome"), new_values=0.1, unique=(1, 9), values=(1, 3)),
            "accepted": Feature(semantic="bool", environments=("TRAINING",), skew={}),
            "tempo": Feature(type="FLOAT", shape=(2, 2), proto="annotation { comment: 'soon' }"),
            "born": Feature(type="BYTES", semantic="time", format="%Y-%m-%d"),
        },
        "rows": RowLimits(at_least=5, drift=(0.5, 2)),
        "rules": [Rule(name="r", expression="pace > 1")],
        "checks": [Check(code="FLOAT_TYPE_HAS_NAN", severity="WARNING")],
        "proto": "weighted_feature { name: 'w' feature { step: 'pace' } weight_feature { step: 'accepted' } }",
    }
    declared(schema, **fields)
    once = schema.SerializeToString(deterministic=True)
    declared(schema, **fields)
    assert schema.SerializeToString(deterministic=True) == once


def test_features_that_the_data_has_not_are_all_named_with_what_it_has(schema):
    with pytest.raises(UsageError) as caught:
        declared(schema, labels=("acepted",), features={"citty": {"drift": 0.1}})
    assert "'acepted' (labels), 'citty' (features); they have: accepted, city, id, pace" in str(caught.value)


def test_what_only_serving_has_may_be_unknown_to_training(schema):
    assert "device" not in declared(schema, serving_only=("device",))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"city": {"range": (0, 1)}}, "'city' is of type BYTES and can't have a range (0, 1): expected INT or FLOAT"),
        ({"accepted": {"range": (0, 1.5)}}, "'accepted' is of type INT: its range must be of whole numbers"),
        ({"pace": {"vocabulary": ("a",)}}, "'pace' is of type FLOAT and can't have a vocabulary: expected BYTES"),
        ({"pace": {"drift": {"linf": 0.1}}}, "'pace' is of type FLOAT and can't have linf"),
        ({"city": {"skew": {"jensen_shannon": 0.1}}}, "'city' is of type BYTES and can't have jensen_shannon"),
        ({"pace": {"semantic": "url"}}, "'pace' is of type FLOAT and can't have semantic url"),
        ({"pace": {"new_values": 0.1}}, "'pace' has no vocabulary, which new_values needs"),
        ({"pace": {"proto": "nope: 1"}}, "proto of 'pace' is not a Feature in text format"),
    ],
)
def test_constraints_that_a_type_cannot_have_are_refused(schema, fields, named):
    with pytest.raises(UsageError) as caught:
        declared(schema, features=fields)
    assert named in str(caught.value)
