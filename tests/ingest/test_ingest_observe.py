"""A column's kind is what all of its values show, however they are cut into chunks."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.ingest.parse import resolve_kinds
from headrace.ingest.spec.fields import Field, RecordSpec
from headrace.ingest.values.cast import type_columns
from headrace.ingest.values.infer_kind import infer_kind, merged, merged_columns

KINDS = st.sampled_from(["empty", "integer", "float", "boolean", "text"])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], "empty"), (["", None], "empty"), (["1", "", "-5"], "integer"), (["1", "2.5"], "float"), (["1e3"], "float"),
        (["0.5", "-0.5", "0"], "float"), (["007", "1"], "text"), (["00.5"], "text"), (["1", "x"], "text"),
        (["nan"], "text"), (["inf"], "text"), (["1e400"], "text"), (["0x1F"], "text"), (["true"], "text"),
        (["12345678901234567890"], "text"), (["12345678901234567890", "1.5"], "text"), ([" 1"], "text"),
    ],
)  # fmt: skip
def test_kind_of_text(values, kind):
    assert infer_kind(pa.array(values, pa.string())).kind == kind


@pytest.mark.parametrize(
    ("values", "types", "kind"),
    [
        (["5", None], ["UBIGINT", None], "integer"), (["5", "5"], ["UBIGINT", "VARCHAR"], "text"),
        (["5", ""], ["UBIGINT", "VARCHAR"], "integer"), (["true"], ["BOOLEAN"], "boolean"),
        (["true", "1"], ["BOOLEAN", "UBIGINT"], "text"), (["[1]"], ["ARRAY"], "text"), (["1.5"], ["DOUBLE"], "float"),
    ],
)  # fmt: skip
def test_kind_of_json(values, types, kind):
    assert infer_kind(pa.array(values, pa.string()), pa.array(types, pa.string())).kind == kind


@given(st.lists(KINDS, max_size=5), st.randoms())
def test_merging_does_not_depend_on_order_or_grouping(kinds, random):
    shuffled = random.sample(kinds, len(kinds))
    assert merged(shuffled) == merged(kinds)
    assert merged([merged(kinds[:2]), merged(kinds[2:])]) == merged(kinds)
    assert merged([*kinds, *kinds]) == merged(kinds)


@given(st.lists(st.text(alphabet="01 .-e9x", max_size=6), min_size=1, max_size=8))
def test_every_value_is_of_the_kind_that_was_observed(texts):
    parts = [pa.array(texts[:3], pa.string()), pa.array(texts[3:], pa.string())]
    kind = merged(infer_kind(part).kind for part in parts)
    (field,) = resolve_kinds(None, {"x": kind})
    for part in parts:
        assert type_columns({"x": part}, [field])["x"].reasons is None


@given(
    st.lists(st.sampled_from(["", "-", "1", "-3", "2.5", "1e3", "007", "nan", "x"]), max_size=6),
    st.sampled_from([("",), ("", "-")]),
    st.sampled_from([("",), ("", "-")]),
    st.sampled_from(["integer", "float", "text"]),
)
def test_values_that_were_read_to_tell_the_kind_are_those_that_the_rules_give(texts, told, missing, kind):
    column = pa.array(texts, pa.string())
    field = Field(name="x", kind=kind, missing=missing)
    values = infer_kind(column, missing=told).values_of(field)
    assert values is None or values.equals(type_columns({"x": column}, [field])["x"].values)


def test_columns_come_in_the_order_of_their_first_appearance():
    assert list(merged_columns([{"b": "text", "a": "integer"}, {"c": "float", "a": "float"}]).items()) == [
        ("b", "text"), ("a", "float"), ("c", "float"),
    ]  # fmt: skip


def test_declared_fields_keep_their_kind_and_the_rest_is_as_observed():
    record = RecordSpec(
        fields=(Field(name="a", kind="float"), Field(name="b", kind="observed", minimum=1)), unknown="keep"
    )
    fields = resolve_kinds(record, {"b": "text", "z": "integer", "e": "empty"})
    assert [(field.name, field.kind, field.minimum) for field in fields] == [
        ("a", "float", None), ("b", "text", None), ("z", "integer", None), ("e", "float", None),
    ]  # fmt: skip
