import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.schema.diff import changes, markdown, text

PLAIN = {
    "type": "BYTES",
    "presence": {"share": 1.0, "rows": 1},
    "valency": {"min": 1, "max": 1},
    "domain": {"values": ["Oslo"], "new_values": 0.0},
    "environments": ["SERVING", "TRAINING"],
    "drift": {"infinity_norm": 0.1},
    "skew": None,
}


def one_change(**after):
    (change,) = changes({"city": PLAIN}, {"city": {**PLAIN, **after}})
    return change


@pytest.mark.parametrize(
    ("after", "compatibility", "words"),
    [
        ({"domain": {"values": ["Oslo", "Rome"], "new_values": 0.0}}, "backward", "domain: + 'Rome'"),
        ({"domain": {"values": ["Rome"], "new_values": 0.0}}, "breaking", "domain: + 'Rome'; - 'Oslo'"),
        ({"domain": {"values": ["Oslo"], "new_values": 0.1}}, "backward", "domain: share of new values 0 -> 0.1"),
        ({"domain": None}, "backward", "domain: {'Oslo'} -> none"),
        ({"presence": {"share": 0.5, "rows": 1}}, "backward", "presence: share 1.0, rows 1 -> share 0.5, rows 1"),
        ({"valency": {"min": 1, "max": None}}, "backward", "valency: min 1, max 1 -> min 1, max none"),
        ({"valency": {"min": 2, "max": 2}}, "breaking", "valency: min 1, max 1 -> min 2, max 2"),
        ({"type": "INT"}, "breaking", "type: BYTES -> INT"),
        ({"environments": ["TRAINING"]}, "breaking", "environments: 'SERVING', 'TRAINING' -> 'TRAINING'"),
        ({"drift": None}, "full", "drift: infinity_norm 0.1 -> none"),
    ],
)
def test_a_change_says_what_it_is_and_for_whose_data_it_matters(after, compatibility, words):
    change = one_change(**after)
    assert (change.compatibility, change.words) == (compatibility, words)


@pytest.mark.parametrize(
    ("presence", "added", "removed"),
    [({"share": 1.0, "rows": 1}, "breaking", "breaking"), (None, "backward", "forward")],
)
def test_a_feature_that_rows_may_lack_can_come_and_go(presence, added, removed):
    feature = {**PLAIN, "presence": presence}
    assert changes({}, {"city": feature})[0].compatibility == added
    assert changes({"city": feature}, {})[0].compatibility == removed


def test_a_first_schema_breaks_nothing():
    (change,) = changes(None, {"city": PLAIN})
    assert (change.words, change.compatibility) == ("new feature of type BYTES", "full")


described = st.dictionaries(
    st.sampled_from("abc"),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["INT", "BYTES"]),
            "presence": st.none() | st.just({"share": 1.0, "rows": 1}),
            "valency": st.none() | st.just({"min": 1, "max": None}),
            "domain": st.none()
            | st.builds(lambda values: {"values": sorted(values), "new_values": 0.0}, st.sets(st.sampled_from("xyz")))
            | st.just({"min": None, "max": 3}),
            "environments": st.sampled_from([["TRAINING"], ["SERVING", "TRAINING"]]),
            "drift": st.none(),
            "skew": st.none() | st.just({"infinity_norm": 0.1}),
        }
    ),
)


@given(described, described)
def test_the_way_back_is_the_same_changes_with_backward_and_forward_exchanged(before, after):
    there, back = changes(before, after), changes(after, before)
    assert [(c.feature, c.aspect, c.backward, c.forward) for c in there] == [
        (c.feature, c.aspect, c.forward, c.backward) for c in back
    ]


@given(described)
def test_equal_schemas_have_no_changes(schema):
    assert changes(schema, schema) == ()
    assert text(()) == "no changes"


@given(described, described)
def test_changes_are_plain_data_and_a_line_each(before, after):
    found = changes(before, after)
    assert [json.loads(json.dumps(c.to_data()))["words"] for c in found] == [c.words for c in found]
    if found:
        assert len(text(found).splitlines()) == len(found)
        assert len(markdown(found).splitlines()) == len(found) + 2


def test_a_long_domain_is_cut_and_its_table_keeps_its_columns():
    values = [f"v|{i:02}" for i in range(50)]
    (change,) = changes({"x": PLAIN}, {"x": {**PLAIN, "domain": {"values": ["Oslo", *values], "new_values": 0.0}}})
    assert change.words.endswith("and 42 more")
    assert markdown([change]).splitlines()[2].replace("\\|", "").count("|") == 4


def schema_in(all_of: list[str] | None, **of: list[str]):
    """Features in environments, of a schema that has all of these."""
    whole = {"": {"environments": all_of, "rows": None, "rules": None, "checks": None, "further": None}}
    return {**whole, **{name: {**PLAIN, "environments": environments} for name, environments in of.items()}}


@pytest.mark.parametrize("before", [None, ["SERVING", "TRAINING"]])
def test_an_additional_environment_breaks_nothing_and_is_said_once(before):
    both = before or []
    after = sorted([*both, "BATCH"])
    old = schema_in(before, city=both, label=both[1:])
    (change,) = changes(old, schema_in(after, city=after, label=both[1:]))
    assert (change.feature, change.aspect, change.compatibility) == ("", "environments", "backward")
    back = changes(schema_in(after, city=after, label=both[1:]), old)
    assert [one.compatibility for one in back] == ["forward"]


def test_a_feature_that_leaves_or_enters_an_environment_is_breaking_and_one_outside_of_a_new_one_is_not():
    old = schema_in(["SERVING", "TRAINING"], city=["SERVING", "TRAINING"], pace=["SERVING", "TRAINING"])
    new = schema_in(["BATCH", "SERVING", "TRAINING"], city=["TRAINING"], pace=["SERVING", "TRAINING"])
    assert [(one.feature, one.compatibility) for one in changes(old, new)] == [
        ("", "backward"),
        ("city", "breaking"),
    ]
