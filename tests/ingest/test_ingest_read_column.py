"""Columns of plain files as numbers: text reads as the column of its type does, and what does not is handed back."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.ingest.values.read_column import (
    ReadColumn,
    as_words,
    can_read,
    read_column,
    stored_type,
    type_of_column,
)
from headrace.values import ColumnType, declared, epoch, set_types

EPOCH = datetime(1970, 1, 1)
SECOND = 1_000_000


def column(*values: Any, kind: pa.DataType | None = None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, kind)])


def kind_of(values: pa.ChunkedArray, name: str = "x", said: ColumnType | None = None) -> str:
    return str(type_of_column(values, pa.field(name, values.type), said))


def listed(found: ReadColumn) -> tuple[list[Any], list[Any]]:
    return found.values.to_pylist(), found.unreadable.to_pylist()


@given(st.lists(st.none() | st.datetimes(), max_size=5), st.integers(0, 5))
def test_times_read_the_same_from_text_and_from_timestamps(moments: list[datetime | None], cut: int) -> None:
    texts = [None if one is None else one.isoformat() + "Z" for one in moments]
    us = [None if one is None else (one - EPOCH) // timedelta(microseconds=1) for one in moments]
    parts = pa.chunked_array([pa.array(texts[:cut], pa.string()), pa.array(texts[cut:], pa.string())])
    for given_ in (parts, column(*moments, kind=pa.timestamp("us")), column(*us, kind=pa.int64())):
        found = read_column(given_, epoch("us"))
        assert listed(found) == (us, [])
        assert found.values.type == pa.int64()
    coded = pa.chunked_array([pa.array(texts, pa.string()).dictionary_encode()])
    assert listed(read_column(coded, declared("time"))) == (us, [])


@given(st.lists(st.none() | st.integers(0, 359_999), max_size=5))
def test_lengths_of_time_read_the_same_from_text_durations_and_seconds(lengths: list[int | None]) -> None:
    texts = [None if one is None else f"{one // 3600}:{one // 60 % 60:02}:{one % 60:02}" for one in lengths]
    us = [None if one is None else one * SECOND for one in lengths]
    kind = ColumnType(kind="duration", resolution="s")
    for given_ in (
        column(*texts, kind=pa.string()),
        column(*lengths, kind=pa.duration("s")),
        column(*lengths, kind=pa.int32()),
    ):
        assert listed(read_column(given_, kind)) == (us, [])
    assert read_column(column("0:00:01.000001", kind=pa.string()), kind).values.to_pylist() == [SECOND + 1]


@given(st.lists(st.none() | st.times(), max_size=5))
def test_times_of_day_read_the_same_from_text_and_from_times(times: list[time | None]) -> None:
    us = [
        None if one is None else ((one.hour * 60 + one.minute) * 60 + one.second) * SECOND + one.microsecond
        for one in times
    ]
    texts = [None if one is None else one.isoformat("microseconds") for one in times]
    for given_ in (column(*texts, kind=pa.string()), column(*times, kind=pa.time64("us"))):
        found = read_column(given_, declared("time_of_day"))
        assert listed(found) == (us, [])
        assert found.values.type == pa.int64()


KINDS = {
    "time": (declared("time"), ["2026-03-03T07:00Z", "", "NA", "soon", "2026-02-30"], [1_772_521_200 * SECOND]),
    "date": (declared("date"), ["2026-03-03", "", "NA", "soon", "2026-02-30"], [1_772_496_000 * SECOND]),
    "duration": (declared("duration"), ["1:00", "", "NA", "soon", "1:75"], [60 * SECOND]),
    "time_of_day": (declared("time_of_day"), ["08:30", "", "NA", "soon", "24:00"], [30_600 * SECOND]),
    "quantity": (declared("quantity in km"), ["5 km", "", "NA", "soon", "5 kg"], [5.0]),
    "boolean": (declared("boolean"), ["yes", "", "NA", "soon", "2"], [True]),
}


@pytest.mark.parametrize("name", KINDS)
def test_text_is_a_value_or_missing_or_handed_back(name: str) -> None:
    kind, texts, value = KINDS[name]
    assert can_read(kind)
    found = read_column(column(*texts, None), kind)
    assert listed(found) == ([*value, None, None, None, None, None], texts[3:])
    assert found.readable_share == pytest.approx(1 / 3)
    assert found.words("c", kind).startswith(f"column 'c' is declared as {kind}, but 2 of 3 values are not such, ")
    asked = "declare what its whole numbers count, such as epoch_s, or another type"
    counts = name in ("time", "date", "duration", "time_of_day")
    assert found.words("c", kind).endswith(f"the first of them 'soon': {asked if counts else 'declare another type'}")
    nothing = read_column(column(None, "", kind=pa.string()), kind)
    assert (listed(nothing), nothing.readable_share) == (([None, None], []), 0.0)


TYPED = {
    "time": (epoch("s"), column(0, 2**62, None), [0, None, None], [2**62]),
    "ns": (declared("time"), column(1_500, -1, kind=pa.timestamp("ns")), [1, -1], []),
    "duration": (declared("duration"), column(1_500, -1, kind=pa.duration("ns")), [1, -1], []),
    "no duration": (declared("duration"), column(7, None, 8), [None, None, None], [7, 8]),
    "time of day": (declared("time_of_day"), column(1_500, None, kind=pa.time64("ns")), [1, None], []),
    "quantity": (declared("quantity in km"), column(5, None, 2**53 + 1), [5.0, None, None], [2**53 + 1]),
    "boolean": (declared("boolean"), column(1, 0, 2, None), [True, False, None, None], [2]),
}


@pytest.mark.parametrize("name", TYPED)
def test_a_typed_value_is_read_by_its_type_or_handed_back_as_it_is(name: str) -> None:
    kind, given_, values, unreadable = TYPED[name]
    assert listed(read_column(given_, kind)) == (values, unreadable)


def test_quantities_are_in_the_unit_of_the_type() -> None:
    found = read_column(column("1 km", "500 m", "7"), declared("quantity in km"))
    assert listed(found) == ([1.0, 0.5, 7.0], [])


def test_times_in_a_format_of_their_own_are_read_by_it() -> None:
    found = read_column(column("03.03.2026 07:00", "04.03.2026 07:00"), declared("time"))
    assert listed(found) == ([1_772_521_200 * SECOND, 1_772_607_600 * SECOND], [])


@pytest.mark.parametrize(
    ("values", "name", "kind"),
    [
        (column("2026-03-01T07:00Z", None), "x", "time in UTC"),
        (column("2026-03-01", "2026-03-02"), "x", "date"),
        (column("03:40:32", "1:05:00"), "took", "duration"),
        (column("08:30", "17:05"), "opens", "time of day"),
        (column("5 km", "3 mi", "1 km"), "x", "quantity in km"),
        (column("yes", "no"), "x", "boolean"),
        (column("02139", "10115"), "x", "identifier"),
        (column(*["12345"] * 990, "02139"), "x", "identifier"),
        (column(*["12345"] * 1_010, "02139"), "x", "text"),
        (column("7", "8"), "x", "text"),
        (column("1772521200", "1772521260"), "shown_at", "text"),
        (column("a", "b"), "x", "text"),
        (column(b"2026-03-01"), "x", "date"),
        (column(None, kind=pa.string()), "x", "text"),
        (column(1_772_521_200, 1_772_521_260), "shown_at", "time in UTC, counted in s"),
        (column(1_772_521_200, 1_772_521_260), "n", "integer"),
        (column(7, 8), "shown_at", "integer"),
        (column(1_772_521_200.0), "shown_at", "real"),
        (column(date(2026, 3, 3)), "x", "date"),
    ],
    ids=lambda one: "" if isinstance(one, pa.ChunkedArray) else one,
)
def test_the_type_of_a_column_is_what_its_values_show(values: pa.ChunkedArray, name: str, kind: str) -> None:
    assert kind_of(values, name) == kind


def test_what_is_declared_or_written_with_a_column_counts() -> None:
    texts = column("2026-03-01", "2026-03-02")
    assert kind_of(texts, said=declared("identifier")) == "identifier"
    field = set_types(pa.table({"t": [1_772_521_200]}), {"t": declared("identifier")}).schema.field("t")
    assert str(type_of_column(column(1_772_521_200), field)) == "identifier"
    written = set_types(pa.table({"t": ["2026-03-01"]}), {"t": declared("identifier")}).schema.field("t")
    assert str(type_of_column(texts, written)) == "identifier"
    for kind in ("integer", "real", "text", "identifier", "decimal"):
        assert not can_read(declared(kind))


def test_what_is_read_is_counted_in_microseconds() -> None:
    assert stored_type(epoch("s")) == epoch("us")
    assert stored_type(declared("duration")) == ColumnType(kind="duration", resolution="us")
    assert stored_type(declared("quantity in km")) == declared("quantity in km")


def test_only_the_first_values_that_are_there_are_looked_at() -> None:
    rows = [None] * 5_000 + ["2026-03-01"] * 1_000 + ["soon"]
    assert kind_of(column(*rows)) == "date"
    assert kind_of(column(*rows[:-2], "soon")) == "text"
    found = read_column(column(*rows), declared("date"))
    assert (found.unreadable.to_pylist(), found.readable_share) == (["soon"], 1 - 1 / 1_001)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (column("a", None), ["a", None]),
        (column(7, None), ["7", None]),
        (column(True, None), ["true", None]),
        (column(None), [None]),
        (column(0.5, None, kind=pa.float32()), ["0.5", None]),
        (column(0.1, 7.0, kind=pa.float32()), ["0.1", "7"]),
        (column(1_500, None, kind=pa.timestamp("ns")), ["1970-01-01 00:00:00.000001", None]),
        (column(datetime(2026, 3, 3, 7, tzinfo=timezone.utc)), ["2026-03-03 07:00:00.000000"]),
        (column(date(2026, 3, 3)), ["2026-03-03 00:00:00.000000"]),
        (column(Decimal("1.50"), None), ["1.50", None]),
        (column([1, 2], None), ["[1, 2]", None]),
    ],
    ids=lambda one: str(one.type) if isinstance(one, pa.ChunkedArray) else "",
)
def test_every_column_has_words(values: pa.ChunkedArray, words: list[str | None]) -> None:
    assert as_words(values).to_pylist() == words
    assert pa.types.is_string(as_words(values).type)
