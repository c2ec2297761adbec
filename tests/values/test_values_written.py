"""Text and JSON of columns of every type: read again, they are the values, and what can't be written is a fault."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import values_oracle as oracle
from arrow_columns import EPOCH, LAYOUTS, STORED, Day, Instant, Length, Nested, OfDay, Sample, Stored, laid_out, samples
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from values_oracle import FAULT

from headrace.values import Converted, written, written_json


def text_of(value: Any, stored: Stored) -> str | None:
    """How Python writes a value; None where it can't be written exactly."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (Instant, Day)):
        us = oracle.time_us(value)
        if us == FAULT:
            return None
        moment = EPOCH + timedelta(microseconds=us)  # type: ignore[arg-type]
        if pa.types.is_date32(stored.type):
            return moment.date().isoformat()
        return moment.isoformat(" ", "microseconds") + ("Z" if getattr(stored.type, "tz", None) else "")
    if isinstance(value, (Length, OfDay)):
        us = oracle.duration_us(value)
        if us == FAULT:
            return None
        if isinstance(value, Length):
            return f"{Decimal(us).scaleb(-6):f}"  # type: ignore[arg-type]
        return (datetime.min + timedelta(microseconds=us)).time().isoformat("microseconds")  # type: ignore[arg-type]
    if isinstance(value, Nested):
        known = {"struct": '{"a":1}', "map": '{"a":1}', "list of lists": "[[1],[2]]", "interval": None}
        return known.get(stored.name, "[1,2]")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        found = oracle.text(value)
        return None if found == FAULT else str(found)
    return str(value)


def same(text: str | None, value: Any, stored: Stored) -> bool:
    """Whether the text is that of the value; of floats, whether it reads as the value."""
    if isinstance(value, float) and text is not None:
        if math.isnan(value) or math.isinf(value):
            return text == {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
        return float(text) == value if stored.type == pa.float64() else np.float32(text) == np.float32(value)
    return text == text_of(value, stored)


def check(found: Converted, sample: Sample) -> None:
    texts, faulty = found.array.to_pylist(), set(found.at_fault.tolist())
    assert found.values.type == pa.string()
    for row, (text, value) in enumerate(zip(texts, sample.values, strict=True)):
        where = (sample.stored.name, sample.layout, value, text)
        if value is None:
            assert (text, row in faulty) == (None, False), where
        elif row in faulty:
            assert text is None, where
            assert text_of(value, sample.stored) is None, where
        else:
            assert same(text, value, sample.stored), where


@pytest.mark.parametrize("stored", STORED, ids=lambda one: one.name)
@examples(0.5)
@given(data=st.data())
def test_the_text_of_each_value_is_the_value_and_what_has_none_is_at_fault(stored: Stored, data: st.DataObject) -> None:
    sample = data.draw(samples(st.just(stored)))
    check(written(sample.column), sample)


@pytest.mark.parametrize("stored", STORED, ids=lambda one: one.name)
@examples(0.5)
@given(data=st.data())
def test_json_of_a_column_has_the_text_of_each_value_and_null_where_there_is_none(
    stored: Stored, data: st.DataObject
) -> None:
    sample = data.draw(samples(st.just(stored)))
    texts, plain = written_json(sample.column).array.to_pylist(), written(sample.column)
    for text, single, value in zip(texts, plain.array.to_pylist(), sample.values, strict=True):
        found = json.loads(text, parse_float=str, parse_int=str, parse_constant=str) if text is not None else None
        if isinstance(value, Nested):
            assert text == single
            continue
        if "list" in sample.layout and isinstance(found, list):
            assert len(found) == (value is not None)
            found = found[0] if found else None
        if isinstance(found, bool):
            found = str(found).lower()
        assert found == single


NAMES = st.text(st.sampled_from('aé"\\\n\t\r\x00\x1f{},:'), max_size=3)
VALUES = st.none() | st.integers(-9, 9)
LISTS, MAPS = pa.list_(pa.int64()), pa.map_(pa.string(), pa.int64())


@given(
    st.lists(st.none() | st.dictionaries(NAMES, VALUES, max_size=3), max_size=4),
    st.lists(st.none() | st.lists(VALUES, max_size=3), max_size=4),
    NAMES,
    st.integers(0, 2),
)
def test_json_of_nested_columns_is_that_of_python_row_by_row(
    maps: list[dict[str, int | None] | None], lists: list[list[int | None] | None], name: str, start: int
) -> None:
    def plainly(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    pairs = [None if one is None else list(one.items()) for one in maps]
    found = written_json(pa.array(pairs, MAPS).slice(start))
    assert (found.array.to_pylist(), found.faults) == ([plainly(one) for one in maps[start:]], ())
    listed = pa.array(lists, LISTS).slice(start)
    assert written_json(listed).array.to_pylist() == [plainly(one) for one in lists[start:]]
    inside = pa.StructArray.from_arrays([listed, listed], [name, "b"])
    assert written_json(inside).array.to_pylist() == [plainly({name: one, "b": one}) for one in lists[start:]]
    several = pa.array([lists, None, []], pa.list_(LISTS))
    assert written_json(several).array.to_pylist() == [plainly(lists), "null", "[]"]


def test_a_struct_without_fields_is_an_empty_object() -> None:
    found = written_json(pa.array([{}, None], pa.struct([])))
    assert (found.array.to_pylist(), found.faults) == (["{}", "null"], ())


def test_texts_with_signs_of_json_and_of_control_are_escaped() -> None:
    texts = ['"', "\\", "\n\r\t", "\x00\x1f", "é", "", None]
    found = written_json(pa.array(texts)).array.to_pylist()
    assert [json.loads(one) for one in found] == texts
    assert found[3:5] == ['"\\u0000\\u001f"', '"é"']


def test_a_value_inside_that_can_not_be_written_is_the_fault_of_its_row() -> None:
    fine, broken = pa.array([0, 1_000], pa.timestamp("ns")), pa.array([0, 1], pa.timestamp("ns"))
    column = pa.ListArray.from_arrays(pa.array([0, 2, 4, 4], pa.int32()), pa.concat_arrays([fine, broken]))
    structs = pa.StructArray.from_arrays([column, pa.array([1, 2, None])], ["t", "n"])
    pairs = pa.MapArray.from_arrays([0, 2, 4, 4], ["a", "b", "c", "d"], pa.concat_arrays([fine, broken]))
    moments = '"1970-01-01 00:00:00.000000","1970-01-01 00:00:00.000001"'
    first = '{"a":"1970-01-01 00:00:00.000000","b":"1970-01-01 00:00:00.000001"}'
    for one, expected in (
        (column, [f"[{moments}]", None, None]),
        (structs, [f'{{"t":[{moments}],"n":1}}', None, '{"t":[],"n":null}']),
        (pairs, [first, None, "{}"]),
    ):
        found = written(one)
        assert ([fault.reason.code for fault in found.faults], found.at_fault.tolist()) == (["below_us"], [1])
        assert found.array.to_pylist() == expected
    keys = pa.MapArray.from_arrays([0, 1, 2], pa.array([b"\xff", b"a"]), pa.array([1, 2]))
    assert (written(keys).at_fault.tolist(), written(keys).array.to_pylist()) == ([0], [None, '{"a":2}'])


def test_lists_of_one_are_their_value_and_others_are_json() -> None:
    assert written(pa.array([[7], [7, None], [], None, [None]])).array.to_pylist() == [
        "7",
        "[7,null]",
        None,
        None,
        None,
    ]
    assert written(pa.array([["a"], ["a", "b"]])).array.to_pylist() == ["a", '["a","b"]']
    nested = pa.array([[[7]], [], None, [[7], [8]]])
    assert written(nested).array.to_pylist() == ["[[7]]", None, None, "[[7],[8]]"]
    assert written(nested.slice(0, 3)).array.to_pylist() == ["[[7]]", None, None]
    broken = pa.array([[b"\xff"], [b"a", b"\xff"], [b"a", b"b"], [b"a"]])
    assert (written(broken).at_fault.tolist(), written(broken).array.to_pylist()[2:]) == ([0, 1], ['["a","b"]', "a"])


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([Decimal("-0.05"), Decimal("12.00"), None, Decimal("0.00")]), ["-0.05", "12.00", None, "0.00"]),
        (pa.array([Decimal(2**60), Decimal(-7)], pa.decimal128(38, 0)), [str(2**60), "-7"]),
        (pa.array([Decimal("1E-10"), None], pa.decimal128(38, 10)), ["0.0000000001", None]),
        (pa.array([-(2**63), 2**63 - 1], pa.int64()).view(pa.duration("us")),
         ["-9223372036854.775808", "9223372036854.775807"]),
        (pa.array([0, None, -1], pa.int64()).view(pa.duration("us")), ["0.000000", None, "-0.000001"]),
        (pa.array([date(1, 1, 1), date(9999, 12, 31)]), ["0001-01-01", "9999-12-31"]),
        (pa.array([date(2026, 3, 3), None], pa.date64()), ["2026-03-03 00:00:00.000000", None]),
        (pa.array([time(8, 30), None], pa.time32("s")), ["08:30:00.000000", None]),
        (pa.array([math.nan, math.inf, -math.inf, 0.5, None]), ["NaN", "Infinity", "-Infinity", "0.5", None]),
        (pa.nulls(2), [None, None]),
    ],
    ids=lambda one: str(one.type) if isinstance(one, pa.Array) else "",
)  # fmt: skip
def test_numbers_times_and_lengths_are_written_in_full(column: pa.Array, texts: list[str | None]) -> None:
    found = written(column)
    assert (found.array.to_pylist(), found.faults) == (texts, ())


def test_what_has_no_text_is_refused_in_words() -> None:
    found = written(pa.array([pa.MonthDayNano([1, 0, 0]), None], pa.month_day_nano_interval()))
    (fault,) = found.faults
    assert (fault.reason.code, fault.rows.tolist()) == ("wrong_type", [0])
    assert (
        fault.reason.words
        == "is unsupported (month_day_nano_interval) where values that can be written as text are expected"
    )
    assert fault.reason.cure == "leave the column out, or store it as text or numbers where it is made"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_column_without_values_has_no_text(layout: str) -> None:
    for stored in STORED:
        for raw in ([], [None, None]):
            found = written(laid_out(stored.array, raw, layout))
            assert (found.array.to_pylist(), found.faults) == (raw, ()), stored.name
