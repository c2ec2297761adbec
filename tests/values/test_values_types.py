"""The type of a column: what it can be, how it is declared, and that it comes through JSON, Parquet and artifacts."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from arrow_columns import STORED, Stored
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import UsageError
from headrace.values import (
    ColumnType,
    as_feature,
    declared,
    epoch,
    features,
    from_text,
    keep_types,
    of_arrow,
    to_text,
    types_of,
    with_types,
    written_types,
)
from headrace.values.stored_types import TYPE_KEY

PLAIN = st.one_of(
    st.sampled_from(
        ["integer", "real", "text", "category", "boolean", "decimal", "identifier", "bytes", "blank", "map"]
    ).map(lambda kind: ColumnType(kind=kind)),
    st.builds(
        lambda zone, resolution: ColumnType(kind="time", zone=zone, resolution=resolution),
        st.sampled_from([None, "UTC", "Europe/Berlin"]),
        st.sampled_from([None, "s", "ms", "us", "ns"]),
    ),
    st.sampled_from(["date", "duration", "time_of_day"]).map(lambda kind: ColumnType(kind=kind, resolution="us")),
    st.just(ColumnType(kind="quantity", unit="km/h")),
    st.just(ColumnType(kind="unsupported", detail="ü")),
)
TYPES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        inner.map(lambda one: ColumnType(kind="list", element=one)),
        inner.map(lambda one: ColumnType(kind="embedding", length=3, element=one)),
        st.lists(st.tuples(st.text(max_size=3), inner), max_size=3).map(
            lambda fields: ColumnType(kind="struct", fields=tuple(fields))
        ),
    ),
    max_leaves=4,
)


@given(TYPES)
def test_a_type_comes_back_from_json(kind: ColumnType) -> None:
    assert ColumnType.from_json(kind.to_json()) == kind
    assert ColumnType.from_dict(kind.to_dict()) == kind


@given(st.dictionaries(st.text(min_size=1, max_size=4), TYPES, max_size=5))
def test_types_come_back_from_the_text_of_an_artifact(types: dict[str, ColumnType]) -> None:
    assert from_text(to_text(types)) == types


def test_the_text_of_an_artifact_has_names_and_units_as_people_write_them() -> None:
    assert "größe" in to_text({"größe": declared("integer")})
    assert "µm" in to_text({"size": declared("quantity in µm")})


def test_types_come_back_from_parquet_and_other_metadata_stays() -> None:
    types = {"at": epoch("us"), "id": ColumnType(kind="identifier")}
    fields = [pa.field("at", pa.list_(pa.int64()), metadata={"note": "kept"}), pa.field("id", pa.list_(pa.binary()))]
    schema = with_types(
        pa.schema([*fields, pa.field("x", pa.float32())], metadata={"of": "mine"}), {**types, "gone": types["id"]}
    )
    file = io.BytesIO()
    pq.write_table(schema.empty_table(), file)
    read = pq.read_schema(file)
    assert types_of(read) == {**types, "x": ColumnType(kind="real")}
    assert (read.field("at").metadata[b"note"], read.metadata[b"of"]) == (b"kept", b"mine")


def test_types_are_kept_in_another_layout_and_nothing_else_is() -> None:
    at = pa.field("at", pa.list_(pa.int64()), metadata={"note": "of the lists", TYPE_KEY: epoch("ms").to_json()})
    lists = pa.schema([at, pa.field("n", pa.list_(pa.int64()))])
    flat = keep_types(pa.table({"at": [1], "n": [2]}), lists)
    assert written_types(flat.schema) == {"at": epoch("ms")}
    assert list(flat.schema.field("at").metadata) == [TYPE_KEY]
    assert flat.schema.field("n").metadata is None
    assert flat.to_pylist() == [{"at": 1, "n": 2}]


@pytest.mark.parametrize(
    ("kind", "stored", "expected"),
    [
        (epoch("ms"), pa.int64(), epoch("us")),
        (epoch("ms"), pa.float64(), epoch("ms")),
        (ColumnType(kind="duration"), pa.float32(), ColumnType(kind="duration", resolution="s")),
        (ColumnType(kind="duration"), pa.duration("ns"), ColumnType(kind="duration", resolution="us")),
        (ColumnType(kind="identifier"), pa.int64(), ColumnType(kind="identifier")),
    ],
)
def test_what_features_count_is_microseconds_unless_they_are_floats(
    kind: ColumnType, stored: pa.DataType, expected: ColumnType
) -> None:
    assert as_feature(kind, stored) == expected
    several = ColumnType(kind="list", element=kind)
    assert as_feature(several, pa.list_(stored)) == ColumnType(kind="list", element=expected)


def test_metadata_that_is_no_type_is_refused_with_the_name_of_the_column() -> None:
    schema = pa.schema([pa.field("at", pa.int64(), metadata={TYPE_KEY: b"time"})])
    with pytest.raises(UsageError, match=r"column 'at' has metadata headrace:type that can't be read"):
        types_of(schema)


@pytest.mark.parametrize("stored", STORED, ids=lambda one: one.name)
def test_every_arrow_type_has_a_type_that_says_whether_areas_can_work_on_it(stored: Stored) -> None:
    kind = of_arrow(stored.type)
    assert kind.is_supported == (stored.name not in ("struct", "map", "interval"))
    assert str(kind)
    assert ColumnType.from_json(kind.to_json()) == kind


def test_a_column_that_no_feature_can_hold_is_refused_in_words() -> None:
    found = features(pa.array([{"a": 1}, None]))
    assert found.at_fault.tolist() == [0]
    assert "column 's': {a: 1} in row 1 is struct of a where" in found.faults[0].message("s")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kind": "number"}, "kind must be one of integer, real"),
        ({"kind": "integer", "zone": "UTC"}, "zone is for time, not for integer"),
        ({"kind": "quantity"}, "^column type: a quantity needs a unit such as km$"),
        ({"kind": "time", "resolution": "min"}, "resolution must be one of s, ms, us, ns"),
        ({"kind": "embedding", "length": 0}, "length must be a whole number from 1 on"),
    ],
)
def test_types_that_can_not_be_meant_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ColumnType.from_dict(settings)


def test_plain_data_with_other_settings_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown settings size; known are kind, zone"):
        ColumnType.from_dict({"kind": "list", "size": 3})
    with pytest.raises(UsageError, match="expected JSON"):
        ColumnType.from_json("{")


def test_people_declare_a_type_in_words() -> None:
    assert declared("epoch_ms") == ColumnType(kind="time", zone="UTC", resolution="ms")
    assert declared("identifier") == ColumnType(kind="identifier")
    assert declared("quantity in km") == ColumnType(kind="quantity", unit="km")
    with pytest.raises(UsageError, match="'epoch_min'"):
        declared("epoch_min")
