"""For every Arrow type, every layout and every conversion: each row is missing, exact, or a fault, as Python has it."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import values_oracle as oracle
from arrow_columns import LAYOUTS, STORED, Instant, Nested, Sample, Stored, laid_out, samples
from hypothesis import given
from hypothesis import strategies as st
from values_oracle import FAULT

from headrace import values as v
from headrace.errors import DataError
from headrace.values import plain
from headrace.values.convert import singles
from headrace.values.keys import families_meet
from headrace.values.numbers import RealCounts, count_reals, nearest_floats, unscaled_floats

Oracle = Callable[[Any, Sample], object]
CONVERSIONS: dict[str, tuple[Callable[[pa.ChunkedArray], v.Converted], Oracle]] = {
    "integers": (v.integers, lambda one, sample: oracle.integer(one, str(sample.stored.type))),
    "reals": (v.reals, lambda one, _: oracle.real(one)),
    "booleans": (v.booleans, lambda one, _: oracle.boolean(one)),
    "texts": (v.texts, lambda one, _: oracle.text(one)),
    "times_us": (v.times_us, lambda one, _: oracle.time_us(one)),
    "dates": (v.dates, lambda one, _: oracle.day(one)),
    "durations_us": (v.durations_us, lambda one, _: oracle.duration_us(one)),
    "times_of_day_us": (v.times_of_day_us, lambda one, _: oracle.time_of_day_us(one)),
    "decimals": (v.decimals, lambda one, sample: oracle.decimal(one, str(sample.stored.type))),
    "keys": (v.keys, lambda one, sample: oracle.key(one, str(sample.stored.type))),
}
NUMBERS_ARE_OTHERS = ("times_us", "durations_us")
"""Conversions of numbers that need a unit, by declaration or plausible range: they have tests of their own."""


def plainly(values: list[object]) -> list[object]:
    return ["NaN" if isinstance(one, float) and math.isnan(one) else one for one in values]


def expected(name: str, sample: Sample) -> list[object]:
    def of(one: Any) -> object:
        if one is None:
            return None
        return FAULT if isinstance(one, Nested) else CONVERSIONS[name][1](one, sample)

    return [of(one) for one in sample.values]


def given_back(result: v.Converted) -> list[object]:
    """Values, and FAULT where a fault names the row."""
    values = result.array.to_pylist()
    if pa.types.is_date32(result.values.type):
        values = result.array.view(pa.int32()).to_pylist()
    faulty = result.at_fault.tolist()
    assert len(faulty) == len(set(faulty)), "a row is at fault once"
    for row in faulty:
        assert values[row] is None, "what is at fault has no value"
        values[row] = FAULT
    return values


@pytest.mark.parametrize("name", CONVERSIONS)
@given(sample=samples())
def test_each_row_is_missing_exact_or_a_fault(name: str, sample: Sample) -> None:
    number = pa.types.is_integer(sample.stored.type) or pa.types.is_floating(sample.stored.type)
    if number and name in (*NUMBERS_ARE_OTHERS, "times_of_day_us"):
        return
    found = CONVERSIONS[name][0](sample.column)
    assert plainly(given_back(found)) == plainly(expected(name, sample)), (sample.layout, str(sample.stored.type))


@given(sample=samples())
def test_each_feature_has_the_value_or_is_a_fault(sample: Sample) -> None:
    found = v.features(sample.column)
    scale = sample.stored.type.scale if pa.types.is_decimal(sample.stored.type) else 0
    lists = given_back(found)
    wanted: list[object] = []
    for one in sample.values:
        if isinstance(one, Nested):
            several = isinstance(one.value, list) and isinstance(one.value[0], int)
            wanted.append(one.value if several else FAULT)
        else:
            value = None if one is None else oracle.feature(one, scale)
            wanted.append(value if value in (None, FAULT) else [value])
    if sample.layout == "empty list for null":
        lists = [None if one == [] else one for one in lists]
    assert [plainly(one) if isinstance(one, list) else one for one in lists] == [
        plainly(one) if isinstance(one, list) else one for one in wanted
    ]
    assert v.feature_type(sample.column.type) in (None, found.values.type.value_type)


@given(sample=samples())
def test_what_a_column_is_does_not_depend_on_its_layout(sample: Sample) -> None:
    direct = v.of_arrow(sample.stored.type)
    layout = v.of_arrow(sample.column.type)
    while layout.kind == "list" and direct.kind != "list":
        assert layout.element is not None
        layout = layout.element
    assert layout == direct or (direct.kind, layout.kind) == ("text", "category")


@given(sample=samples())
def test_features_are_converted_as_the_columns_they_were_made_of(sample: Sample) -> None:
    kind = v.of_arrow(sample.stored.type)
    made = v.features(sample.column)
    if made.faults or kind.kind not in ("integer", "boolean", "time", "text", "bytes", "date", "time_of_day"):
        return
    again = v.canonical(made.values, v.as_feature(kind, sample.stored.type))
    assert given_back(again) == given_back(v.canonical(sample.column))


@pytest.mark.parametrize("stored", STORED, ids=lambda one: one.name)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_columns_without_rows_or_values_convert_to_as_many_nulls(stored: Stored, layout: str) -> None:
    for raw in ([], [None, None]):
        column = laid_out(stored.array, raw, layout)
        for convert, _ in CONVERSIONS.values():
            found = convert(column)
            assert (len(found.values), found.values.null_count, found.faults) == (len(raw), len(raw), ())
        assert (len(v.features(column).values), v.features(column).faults) == (len(raw), ())


def test_a_column_without_chunks_converts_to_no_rows() -> None:
    none = pa.chunked_array([], pa.int64())
    assert v.integers(none).array.equals(pa.array([], pa.int64()))
    assert len(v.features(none).array) == 0


WHOLE = ("int8", "uint8", "int16", "int32", "uint32", "int64", "uint64", "float32", "float64", "decimal", "dictionary")


@given(st.sampled_from(WHOLE), st.lists(st.one_of(st.none(), st.integers(0, 127)), max_size=5))
def test_equal_whole_numbers_are_equal_keys_whatever_they_are_stored_as(name: str, raw: list[int | None]) -> None:
    if name == "decimal":
        column = pa.array([None if one is None else Decimal(one) for one in raw], pa.decimal128(9, 2))
    elif name == "dictionary":
        column = pa.array(raw, pa.int32()).dictionary_encode()
    else:
        column = pa.array(raw, getattr(pa, name)())
    found = v.keys(column)
    assert (found.family, found.array.to_pylist()) == ("number", raw)


def test_text_bytes_and_dictionaries_are_equal_keys_and_bytes_need_not_be_utf8() -> None:
    for kind in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary()):
        for column in (pa.array(["ä", None], kind), pa.array(["ä", None], kind).dictionary_encode()):
            found = v.keys(column)
            assert (found.family, found.array.to_pylist()) == ("text", ["ä".encode(), None])
    assert v.keys(pa.array([b"\xff"])).array.to_pylist() == [b"\xff"]


def test_a_date_and_its_midnight_are_equal_keys() -> None:
    day = v.keys(pa.array([date(2026, 3, 3)]))
    midnight = v.keys(pa.array([date(2026, 3, 3)]).cast(pa.timestamp("ns")))
    assert (day.family, day.array) == (midnight.family, midnight.array)


def test_an_unsigned_key_beyond_64_bits_is_refused_and_does_not_meet_a_negative_one() -> None:
    huge = v.keys(pa.array([2**64 - 1], pa.uint64()))
    assert huge.array.to_pylist() == [None]
    with pytest.raises(DataError, match=r"column 'id': 18446744073709551615 in row 1 does not fit .* as text"):
        v.checked(huge, "id")


@pytest.mark.parametrize(("kind", "digits"), [(pa.float16(), 11), (pa.float32(), 24), (pa.float64(), 53)])
@pytest.mark.parametrize("convert", [v.integers, v.decimals, v.keys])
def test_a_float_is_a_whole_number_only_as_far_as_no_other_one_is_rounded_to_it(
    kind: pa.DataType, digits: int, convert: Callable[[pa.Array], v.Converted]
) -> None:
    raw = np.array([2**digits - 1, -(2**digits) + 1, 2**digits, -(2**digits), 2**digits + 2], f"f{kind.bit_width // 8}")
    found = convert(pa.array(raw, kind))
    assert found.array.to_pylist() == [2**digits - 1, -(2**digits) + 1, None, None, None]
    assert [fault.reason.code for fault in found.faults] == ["inexact"]


def test_a_message_names_file_column_value_row_count_and_cure() -> None:
    result = v.integers(pa.chunked_array([[1.0], [2.0, 2.5, 3.5]]))
    words = (
        r"a.parquet: column 'n': 2.5 in row 3 \(and 1 more value\) is no whole number: round them where they are made"
    )
    with pytest.raises(DataError, match=words):
        v.checked(result, "n", where="a.parquet")


def test_nan_and_infinity_are_values_and_are_counted_apart_from_missing() -> None:
    found = v.reals(pa.array([1.0, None, math.nan, math.inf, -math.inf]))
    counts = v.count_reals(found.values)
    assert (counts.finite, counts.missing, counts.nan, counts.infinite) == (1, 1, 1, 2)


@given(st.integers(-(10**30) + 1, 10**30 - 1), st.integers(-(10**18), 10**18), st.integers(0, 20))
def test_a_decimal_is_the_float_that_reading_its_text_gives(long: int, short: int, scale: int) -> None:
    numbers = [Decimal(digits).scaleb(-scale, Context(prec=40)) for digits in (long, short)]
    found = v.reals(pa.array(numbers, pa.decimal128(38, scale)))
    assert found.array.to_pylist() == [float(str(number)) for number in numbers]


@pytest.mark.parametrize(
    ("convert", "expected", "word"),
    [
        (v.integers, "whole numbers", "integer"),
        (v.reals, "numbers", "real"),
        (v.booleans, "true and false, or 0 and 1", "boolean"),
        (v.decimals, "decimals", "decimal"),
        (v.times_us, "times", "timestamp"),
        (v.dates, "dates", "date"),
    ],
)
def test_a_column_of_another_type_is_at_fault_with_what_was_expected_and_the_cure(
    convert: Callable[[pa.Array], v.Converted], expected: str, word: str
) -> None:
    (fault,) = convert(pa.array([{"a": 1}])).faults
    assert f" in row 1 is struct of a where {expected} are expected: declare the column as {word}" in fault.message("s")


def test_a_decimal_of_many_digits_is_the_float_that_reading_its_text_gives() -> None:
    # Digits beyond 2^53, divided as floats, would be rounded twice.
    one = Decimal(337130890086167029).scaleb(-3)
    assert v.reals(pa.array([one], pa.decimal128(30, 3))).array.to_pylist() == [float(one)]
    assert float(337130890086167029) / 10.0**3 != float(one)


def test_a_list_of_several_values_is_no_single_value() -> None:
    found = v.integers(pa.array([[1], [1, 2], [], None]))
    assert found.array.to_pylist() == [1, None, None, None]
    assert [fault.reason.code for fault in found.faults] == ["several_values"]
    assert found.at_fault.tolist() == [1]


def test_missing_values_in_lists_are_a_fault_of_features() -> None:
    found = v.features(pa.array([[1, 2], [1, None]]))
    assert (found.array.to_pylist(), found.at_fault.tolist()) == ([[1, 2], None], [1])


def test_an_embedding_keeps_its_numbers_in_order() -> None:
    column = pa.array([[1.5, 2.5], None, [3.5, 4.5]], pa.list_(pa.float64(), 2)).slice(1)
    assert v.of_arrow(column.type).kind == "embedding"
    assert v.features(column).array.to_pylist() == [None, [3.5, 4.5]]


def test_1e300_is_refused_and_not_infinite() -> None:
    found = v.features(pa.array([1e300, math.inf, 1e-300]))
    assert found.array.to_pylist() == [None, [math.inf], [0.0]]
    assert "3.4e38" in found.faults[0].message("label")


def test_text_that_is_not_utf8_is_refused_though_the_file_says_it_is_text() -> None:
    broken = pa.array([b"a", b"\xff\x00"]).view(pa.string())
    found = v.texts(broken)
    assert (found.array.to_pylist(), found.at_fault.tolist(), found.faults[0].first) == (["a", None], [1], "0xff00")


if hasattr(pa, "uuid") or hasattr(pa, "bool8") or hasattr(pa, "RunEndEncodedArray"):

    def test_extension_types_and_runs_of_newer_arrow_are_their_values() -> None:
        if hasattr(pa, "RunEndEncodedArray"):
            runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array([7, None]))
            assert v.integers(runs).array.to_pylist() == [7, 7, None]
            assert v.features(runs).array.to_pylist() == [[7], [7], None]
        if hasattr(pa, "uuid"):
            ids = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes(range(16)), None], pa.binary(16)))
            text = "00010203-0405-0607-0809-0a0b0c0d0e0f"
            assert v.of_arrow(pa.uuid()).kind == "identifier"
            assert v.texts(ids).array.to_pylist() == [text, None]
            assert v.keys(ids).array.to_pylist() == [text.encode(), None]
            assert v.features(ids).array.to_pylist() == [[text.encode()], None]
        if hasattr(pa, "bool8"):
            flags = pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0, None], pa.int8()))
            assert v.booleans(flags).array.to_pylist() == [True, False, None]
            assert v.features(flags).array.to_pylist() == [[1], [0], None]


@given(samples(st.sampled_from([one for one in STORED if pa.types.is_timestamp(one.type)])))
def test_the_order_of_times_is_kept_by_floor_and_never_moved_forward(sample: Sample) -> None:
    found = v.times_us(sample.column, finer="floor")
    for one, us in zip(sample.values, found.array.to_pylist(), strict=True):
        if us is not None:
            assert isinstance(one, Instant)
            assert us == one.ns // 1000


def test_times_that_differ_by_less_than_a_microsecond_are_refused_on_both_sides_of_1970() -> None:
    for ns in (500, -500, 1_772_521_200_000_000_500):
        found = v.times_us(pa.array([ns, ns - ns % 1000], pa.timestamp("ns")))
        assert [fault.reason.code for fault in found.faults] == ["below_us"]
        assert found.at_fault.tolist() == [0]


@given(st.integers(-62_135_596_800, 253_402_300_799), st.integers(0, 10**6 - 1))
def test_float_seconds_are_the_microseconds_that_python_writes(second: int, part: int) -> None:
    stored = float(f"{second}.{part:06}") if second >= 0 else float(second)
    found = v.times_us(pa.array([stored]), v.epoch("s")).array.to_pylist()
    if abs(stored) < 2**33:
        assert found == [round(stored * 10**6)]
    elif found != [None]:
        assert found[0] / 10**6 == stored


def test_a_float_with_more_than_microseconds_is_refused() -> None:
    found = v.times_us(pa.array([1e-7, 1.5, np.nan, np.inf, 1e30]), v.epoch("s"))
    codes = {fault.reason.code: fault.rows.tolist() for fault in found.faults}
    assert codes == {"below_us": [0], "not_finite": [2, 3], "beyond_years": [4]}


def test_floats_of_32_bits_are_no_times() -> None:
    found = v.times_us(pa.array([1.77e9], pa.float32()), v.epoch("s"))
    assert [fault.reason.code for fault in found.faults] == ["float32_time"]


@given(
    st.sampled_from(["s", "ms", "us", "ns"]), st.lists(st.integers(631_152_000, 4_102_444_799), min_size=1, max_size=5)
)
def test_the_unit_of_whole_numbers_is_found_by_plausible_range_and_said(unit: str, seconds: list[int]) -> None:
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    found = v.times_us(pa.array([one * per_second for one in seconds]))
    assert (found.resolution, found.inferred, found.faults) == (unit, True, ())
    assert found.array.to_pylist() == [one * 10**6 for one in seconds]
    word = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}[unit]
    assert found.remark("t") == (
        f"column 't' is read as {word} since 1970, by the range of its values: declare epoch_{unit}"
    )


@pytest.mark.parametrize("numbers", [[0], [7, 1_773_874_800], [1_773_874_800, 1_773_874_800_000], [-1], [2**62]])
def test_numbers_of_which_no_unit_is_plausible_are_refused_and_a_declaration_helps(numbers: list[int]) -> None:
    found = v.times_us(pa.array(numbers))
    assert found.at_fault.tolist() == list(range(len(numbers)))
    assert "declare the column as epoch_s" in found.faults[0].message("t")
    assert v.times_us(pa.array([0, 7]), v.epoch("us")).array.to_pylist() == [0, 7]


def test_of_numbers_that_are_not_there_no_unit_is_known() -> None:
    for column in (pa.array([], pa.int64()), pa.array([None], pa.int64()), pa.chunked_array([], pa.float64())):
        found = v.times_us(column)
        assert (v.plausible_resolution(column), found.resolution, found.remark("t"), found.faults) == (
            None,
            None,
            None,
            (),
        )


def test_a_wall_clock_is_utc_unless_its_zone_is_declared() -> None:
    noon = pa.array([date(2026, 7, 1)]).cast(pa.timestamp("ms"))
    us = noon.cast(pa.timestamp("us")).cast(pa.int64())[0].as_py()
    assert v.times_us(noon).array.to_pylist() == [us]
    berlin = v.ColumnType(kind="time", zone="Europe/Berlin")
    assert v.times_us(noon, berlin).array.to_pylist() == [us - 2 * 3600 * 10**6]


@pytest.mark.parametrize("convert", [v.times_us, v.keys, v.features])
def test_a_time_that_the_clocks_of_its_zone_skip_is_a_fault_and_of_one_that_comes_twice_the_earlier_counts(
    convert: Callable[..., v.Converted],
) -> None:
    shown = [datetime(2026, 3, 29, 1, 59), datetime(2026, 3, 29, 2, 30), None, datetime(2026, 10, 25, 2, 30)]
    instants = pa.array([datetime(2026, 3, 29, 0, 59), None, None, datetime(2026, 10, 25, 0, 30)], pa.timestamp("us"))
    found = convert(pa.array(shown, pa.timestamp("ms")), v.ColumnType(kind="time", zone="Europe/Berlin"))
    assert [(fault.reason.code, fault.rows.tolist()) for fault in found.faults] == [("no_such_local_time", [1])]
    values = [one[0] if isinstance(one, list) else one for one in found.array.to_pylist()]
    assert values == instants.cast(pa.int64()).to_pylist()


def test_every_fault_of_a_column_is_counted_once_over_its_chunks() -> None:
    chunks = [[1.5, 2.0], [None, 3.5], [4.5]]
    found = v.integers(pa.chunked_array(chunks))
    assert [fault.rows.tolist() for fault in found.faults] == [[0, 3, 4]]
    assert found.array.to_pylist() == [None, 2, None, None, None]


def test_years_from_1_to_9999_and_no_others() -> None:
    first, last = date(1, 1, 1), date(9999, 12, 31)
    days = [(one - date(1970, 1, 1)) // timedelta(days=1) for one in (first, last)]
    column = pa.array([days[0] - 1, *days, days[1] + 1], pa.int32()).view(pa.date32())
    assert v.dates(column).at_fault.tolist() == [0, 3]
    assert v.times_us(column).at_fault.tolist() == [0, 3]
    assert v.dates(column).array.to_pylist()[1:3] == [first, last]


BERLIN = v.ColumnType(kind="time", zone="Europe/Berlin")


def test_keys_and_features_are_the_times_that_the_declaration_says() -> None:
    noon = pa.array([date(2026, 7, 1), None]).cast(pa.timestamp("ms"))
    for stored, kind in ((noon, BERLIN), (pa.array([7, None]), v.epoch("s")), (pa.array([1.5, None]), v.epoch("ms"))):
        expected = v.times_us(stored, kind).array.to_pylist()
        assert expected[0] is not None
        assert v.keys(stored, kind).array.to_pylist() == expected
        if not pa.types.is_floating(stored.type):
            assert v.features(stored, kind).array.to_pylist() == [[expected[0]], None]


@pytest.mark.parametrize(
    ("stored", "element"),
    [
        (pa.decimal128(9, 0), pa.int64()),
        (pa.decimal128(4, -2), pa.int64()),
        (pa.decimal128(9, 1), pa.float32()),
        (pa.dictionary(pa.int8(), pa.decimal128(9, 0)), pa.int64()),
        (pa.list_(pa.timestamp("s")), pa.int64()),
        (pa.bool_(), pa.int64()),
        (pa.float64(), pa.float32()),
        (pa.null(), pa.float32()),
        (pa.large_list(pa.large_string()), pa.binary()),
        (pa.binary(3), pa.binary()),
        (pa.struct([("a", pa.int64())]), None),
    ],
    ids=str,
)
def test_what_a_feature_holds_is_said_by_the_type_alone(stored: pa.DataType, element: pa.DataType | None) -> None:
    assert v.feature_type(stored) == element


def test_the_greatest_lengths_of_64_bits_are_kept_and_longer_ones_are_faults() -> None:
    found = v.durations_us(
        pa.array([2**63 - 1, 2**63, None], pa.uint64()), v.ColumnType(kind="duration", resolution="us")
    )
    assert (found.array.to_pylist(), found.at_fault.tolist()) == ([2**63 - 1, None, None], [1])
    assert found.faults[0].reason.code == "beyond_int64"


@pytest.mark.parametrize(
    ("convert", "column", "words", "cure"),
    [
        (v.integers, pa.array(["7"]), "is text where whole numbers are expected", "as integer in Ingest"),
        (v.reals, pa.array(["7"]), "is text where numbers are expected", "as real in Ingest"),
        (
            v.booleans,
            pa.array(["yes"]),
            "is text where true and false, or 0 and 1 are expected",
            "as boolean in Ingest",
        ),
        (v.decimals, pa.array(["1.5"]), "is text where decimals are expected", "as decimal in Ingest"),
        (v.texts, pa.array([1.5]), "is real where texts are expected", "as text in Ingest"),
        (v.raw_bytes, pa.array([7]), "is integer where bytes are expected", "leave the column out here"),
        (v.times_us, pa.array(["now"]), "is text where times are expected", "as timestamp in Ingest"),
        (v.dates, pa.array(["now"]), "is text where dates are expected", "as date in Ingest"),
        (v.durations_us, pa.array(["1"]), "is text where durations are expected", "as duration in Ingest"),
        (v.times_of_day_us, pa.array(["1"]), "is text where times of day are expected", "as time_of_day in Ingest"),
        (v.keys, pa.array([{"a": 1}]), "is struct of a where keys are expected", "join by another column"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_column_of_another_type_is_refused_with_what_is_expected_and_the_cure(
    convert: Any, column: pa.Array, words: str, cure: str
) -> None:
    (fault,) = convert(column).faults
    assert (fault.reason.code, fault.reason.words) == ("wrong_type", words)
    assert cure in fault.reason.cure


def test_the_digits_of_decimals_are_whole_numbers_as_far_as_floats_hold_them() -> None:
    column = pa.array([Decimal("1.50"), None, Decimal("-0.01"), None], pa.decimal128(18, 2))
    for start in range(4):
        assert unscaled_floats(column.slice(start)).tolist() == [150.0, 0.0, -1.0, 0.0][start:]
    assert unscaled_floats(pa.array([None, Decimal(2**53)])).tolist() == [0.0, 2.0**53]
    assert unscaled_floats(pa.array([Decimal(0), Decimal(2**53 + 1)])) is None
    for kind in (pa.decimal128(18, 2), pa.decimal256(40, 2)):
        assert nearest_floats(column.cast(kind)).tolist() == [1.5, 0.0, -0.01, 0.0]


def test_keys_of_numbers_that_count_time_are_those_of_the_times_they_are() -> None:
    for kind, stored in (("duration", pa.duration("s")), ("time_of_day", pa.time32("s")), ("time", pa.timestamp("s"))):
        numbers = pa.array([7, None], pa.int32() if kind == "time_of_day" else pa.int64())
        counted = v.keys(numbers, v.ColumnType(kind=kind, resolution="s"))  # type: ignore[arg-type]
        typed = v.keys(numbers.view(stored))
        assert (counted.family, counted.array.to_pylist()) == (kind, [7_000_000, None])
        assert (typed.family, typed.array) == (counted.family, counted.array)


def test_lengths_of_time_are_taken_as_far_as_64_bits_of_microseconds_go() -> None:
    for unit, most in (("s", 9_223_372_036_854), ("ms", 9_223_372_036_854_775)):
        us = 10**6 if unit == "s" else 10**3
        found = v.durations_us(pa.array([most, -most, most + 1, -most - 1], pa.duration(unit)))
        assert found.array.to_pylist() == [most * us, -most * us, None, None]
        assert found.at_fault.tolist() == [2, 3]


def test_reals_that_are_not_there_are_missing_and_nothing_else() -> None:
    for rows in range(3):
        assert count_reals(pa.nulls(rows, pa.float64())) == RealCounts(finite=0, nan=0, infinite=0, missing=rows)
    mixed = pa.array([1.5, None, float("nan"), float("inf"), float("-inf")])
    assert count_reals(mixed) == RealCounts(finite=1, nan=1, infinite=2, missing=1)


def test_keys_meet_those_of_their_family_and_blank_ones_meet_any_key() -> None:
    families = ("number", "text", "time", "time_of_day", "duration", "blank", "none")
    for left in families:
        for right in families:
            can = left == right or "blank" in (left, right)
            assert families_meet(left, right) == (can and "none" not in (left, right))  # type: ignore[arg-type]


def test_lengths_of_time_that_no_whole_number_of_microseconds_holds_are_faults() -> None:
    for seconds in (1e13, 1e13 + 0.5, -1e13 - 0.5, 1e30):
        found = v.durations_us(pa.array([0.5, seconds]))
        assert (found.array.to_pylist(), found.at_fault.tolist()) == ([500_000, None], [1])
        assert [fault.reason.code for fault in found.faults] == ["beyond_int64"]


def test_lists_of_missing_values_alone_are_faults_and_empty_ones_are_not() -> None:
    found = v.features(pa.array([[None], [], None], pa.list_(pa.null())))
    assert (found.array.to_pylist(), found.at_fault.tolist()) == ([None, [], None], [0])
    assert [fault.reason.code for fault in found.faults] == ["null_in_list"]


def test_what_has_no_single_values_is_at_fault_where_it_is_there() -> None:
    structs = pa.array([{"a": 1}, None])
    for found in (v.canonical(structs), singles(structs)):
        (fault,) = found.faults
        assert (found.array.to_pylist(), found.at_fault.tolist()) == ([None, None], [0])
        assert fault.reason.words == "is struct of a where plain values are expected"
    bytes_of = v.raw_bytes(pa.array([1, None]))
    assert (bytes_of.at_fault.tolist(), bytes_of.faults[0].reason.words) == ([0], "is integer where bytes are expected")
    assert v.raw_bytes(pa.array(["é", None])).array.to_pylist() == ["é".encode(), None]


@pytest.mark.parametrize(
    ("convert", "stored", "kind"),
    [
        (v.keys, pa.int32(), pa.int64()),
        (v.keys, pa.string(), pa.binary()),
        (v.keys, pa.timestamp("s"), pa.int64()),
        (v.canonical, pa.struct({"a": pa.int64()}), pa.null()),
        (v.integers, pa.int8(), pa.int64()),
        (v.reals, pa.float32(), pa.float64()),
        (v.booleans, pa.bool_(), pa.bool_()),
        (v.texts, pa.large_string(), pa.string()),
        (v.dates, pa.timestamp("ms"), pa.date32()),
        (v.durations_us, pa.duration("s"), pa.int64()),
        (v.times_of_day_us, pa.time32("s"), pa.int64()),
        (v.features, pa.float64(), pa.list_(pa.float32())),
        (v.features, pa.null(), pa.list_(pa.float32())),
        (v.written, pa.int64(), pa.string()),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_a_conversion_has_its_type_whether_there_are_chunks_or_rows(
    convert: Any, stored: pa.DataType, kind: pa.DataType
) -> None:
    for column in (pa.chunked_array([], stored), pa.nulls(0, stored), pa.nulls(3, stored)):
        found = convert(column)
        assert (found.values.type, found.values.null_count, found.faults) == (kind, len(column), ())


@pytest.mark.parametrize("most", [1, 64, 1 << 30])
@given(st.lists(st.none() | st.text(max_size=20), min_size=2, max_size=12))
def test_pieces_of_a_column_are_all_of_it_in_order_and_small_or_one_row(most: int, texts: list[str | None]) -> None:
    for kind in (pa.large_string(), pa.list_(pa.string())):
        rows = pa.array([[one] if one is not None and pa.types.is_list(kind) else one for one in texts], kind)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(plain, "MOST_BYTES", most)
            found = [list(plain.pieces(rows.slice(start))) for start in (0, 1)]
        for start, parts in enumerate(found):
            assert [one for piece in parts for one in piece.to_pylist()] == rows.slice(start).to_pylist()
            assert all(len(piece) == 1 or piece.nbytes <= most for piece in parts)


def test_a_decimal_of_too_many_digits_is_a_fault() -> None:
    found = v.decimals(pa.array([10**6, 10**5, None, 0]), 70)
    assert (found.array.to_pylist(), found.at_fault.tolist()) == ([None, Decimal(10**5), None, Decimal(0)], [0])
    assert found.faults[0].reason.code == "beyond_decimal"
    assert "a decimal of 76 digits, 70 of them after the point" in found.faults[0].reason.words


def test_an_extension_type_of_known_meaning_has_that_meaning_in_every_version_of_arrow() -> None:
    class Known(pa.ExtensionType):  # type: ignore[misc]
        def __init__(self, storage: pa.DataType, name: str) -> None:
            super().__init__(storage, name)

        def __arrow_ext_serialize__(self) -> bytes:
            return b""

    def made(name: str, storage: pa.Array) -> pa.Array:
        return pa.ExtensionArray.from_storage(Known(storage.type, name), storage)

    ids = made("arrow.uuid", pa.array([bytes(range(16)), None], pa.binary(16)))
    assert v.of_arrow(ids.type).kind == "identifier"
    assert v.texts(ids).array.to_pylist() == ["00010203-0405-0607-0809-0a0b0c0d0e0f", None]
    flags = made("arrow.bool8", pa.array([2, 0, None], pa.int8()))
    assert (v.of_arrow(flags.type).kind, v.booleans(flags).array.to_pylist()) == ("boolean", [True, False, None])
    # Of others the storage decides.
    other = made("org.points", pa.array([7, None]))
    assert (v.of_arrow(other.type).kind, v.integers(other).array.to_pylist()) == ("integer", [7, None])
    listed = made("org.lists", pa.array([[1, 2], None]))
    assert v.features(listed).array.to_pylist() == [[1, 2], None]
