"""Many small columns are read together: each is what it is alone, whatever stands beside it."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from headrace.examples.layout import to_features
from headrace.ingest.records.json_members import Members
from headrace.ingest.spec.fields import Field
from headrace.ingest.values.cast import type_columns
from headrace.ingest.values.infer_kind import infer_kind, infer_kinds
from headrace.values.batches import batches

TEXTS = st.sampled_from(["1", "-7", "2.5", "1e300", "1e400", "nan", "007", "x", "", "true", "+1", "9" * 19, "0x1F"])
COLUMN = st.one_of(
    st.lists(st.one_of(TEXTS, st.none()), min_size=3, max_size=3),
    st.lists(st.integers(0, 99).map(str), min_size=3, max_size=3),
    st.lists(st.floats(-9, 9).map(str), min_size=3, max_size=3),
)
COLUMNS = st.lists(COLUMN, min_size=1, max_size=12)


def _texts(columns: list[list[str | None]]) -> dict[str, pa.Array]:
    return {f"c{place}": pa.array(column, pa.string()) for place, column in enumerate(columns)}


def _shown(values: pa.Array | None) -> str:
    return "" if values is None else repr(values.to_pylist())  # where NaN is itself


@given(COLUMNS, st.booleans())
def test_the_kind_of_a_column_does_not_depend_on_the_columns_beside_it(columns, not_finite) -> None:
    texts = _texts(columns)
    together = infer_kinds(texts, {}, dict.fromkeys(texts, ("",)), not_finite=not_finite)
    for name, text in texts.items():
        alone = infer_kind(text, not_finite=not_finite)
        assert together[name].kind == alone.kind
        assert _shown(together[name].values) == _shown(alone.values)


@given(COLUMNS, st.sampled_from(["integer", "float", "boolean", "duration", "text"]), st.booleans())
def test_the_values_of_a_column_do_not_depend_on_the_columns_beside_it(columns, kind, required) -> None:
    texts = _texts(columns)
    least = {"minimum": 0} if kind in ("integer", "float") else {}
    rules = [Field(name=name, kind=kind, required=required, **least) for name in texts]
    together = type_columns(texts, rules)
    for rule in rules:
        alone = type_columns({rule.name: texts[rule.name]}, [rule])[rule.name]
        assert _shown(together[rule.name].values) == _shown(alone.values)
        assert _shown(together[rule.name].reasons) == _shown(alone.reasons)


@given(st.lists(st.lists(st.one_of(st.none(), st.floats(width=32)), min_size=3, max_size=3), min_size=1, max_size=9))
def test_the_feature_of_a_column_does_not_depend_on_the_columns_beside_it(columns) -> None:
    table = pa.table({f"c{place}": pa.array(column, pa.float64()) for place, column in enumerate(columns)})
    together = to_features(table)
    for name in table.column_names:
        assert repr(together.column(name).to_pylist()) == repr(to_features(table.select([name])).column(0).to_pylist())


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.integers(1, 100))
def test_a_batch_gives_back_the_columns_it_was_made_of(lengths, most_bytes) -> None:
    columns = {place: pa.array(range(length), pa.int64()) for place, length in enumerate(lengths)}
    found = {}
    for batch in batches(columns, most_bytes):
        found |= dict(batch.split(batch.values))
    assert {name: values.to_pylist() for name, values in found.items()} == {
        name: values.to_pylist() for name, values in columns.items()
    }


@given(st.lists(st.integers(0, 9), min_size=1, max_size=20))
def test_a_column_that_can_not_be_read_does_not_keep_others_from_it(values) -> None:
    (batch,) = batches({place: pa.array([value]) for place, value in enumerate(values)})

    def even(read: pa.Array) -> pa.Array | None:
        return None if any(value % 2 for value in read.to_pylist()) else read

    parts = [(name, values is not None) for part, values in batch.read(even) for name in part.names]
    assert parts == [(place, value % 2 == 0) for place, value in enumerate(values)]


def test_the_first_of_two_values_of_a_key_counts_in_every_row() -> None:
    objects = ['{"a": 1, "b": 2, "a": 3}', '{"b": 4}', '{"a": null, "b": 5, "c": {"d": 6}}', None]
    members = Members(pa.array(objects, pa.string()))
    assert list(members.keys) == ["a", "b", "c"]
    assert members.values("a").to_pylist() == ["1", None, None, None]
    assert members.values("b").to_pylist() == ["2", "4", "5", None]
    assert members.types("b").to_pylist() == ["UBIGINT", "UBIGINT", "UBIGINT", None]
    assert members.below("c").values("d").to_pylist() == [None, None, "6", None]
