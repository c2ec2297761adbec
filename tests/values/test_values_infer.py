"""What a column of text holds: bounds on guesses, and that no value is lost by the type that is given."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.values import ColumnType, declared, epoch
from headrace.values.infer import DATES, TIMES, Inferred, infer_text, infer_texts
from headrace.values.time_formats import can_read, read

MORE = (
    "%Y%m%dT%H%M%SZ",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y%m%d%H%M%S",
    "%d %B %Y %I:%M:%S.%f %p",
    "%A, %d %b %Y %H:%M",
    "%H:%M:%S,%f %d/%m/%Y",
)


def inferred(*values: str | None, name: str = "") -> Inferred:
    return infer_text(pa.array(values, pa.string()), name)


@pytest.mark.parametrize(
    ("values", "name", "kind"),
    [
        (("12", "-", "7"), "", "integer"),
        (("1.5", "2e3"), "", "real"),
        (("yes", "no"), "", "boolean"),
        (("02139", "12"), "zip", "identifier"),
        (("+4912345", "+4977777"), "phone", "identifier"),
        (("9223372036854775808", "1"), "id", "identifier"),
        (("0f8fad5b-d9cb-469f-a165-70867728950e",), "", "identifier"),
        (("-5", "+5"), "", "integer"),
        (("08:30", "17:05"), "", "time_of_day"),
        (("08:30", "24:00"), "", "duration"),
        (("40:32", "103:40:00"), "", "duration"),
        (("40:32", "103:40:00", "90", "1.5"), "", "duration"),
        (("2026-03-01 07:00:00,123", "2026-03-01 07:00:00 UTC"), "", "time"),
        (("2026-03-01T07:00:00.123456789Z",), "", "time"),
        (("12:00 PM", "1:30 am"), "", "text"),
        (("3:40:32", "4:01:10"), "net", "duration"),
        (("1.2.3", "4.10.12"), "version", "text"),
        (("01/02/24",), "", "text"),
        (("31/02/2024",), "", "text"),
        (("0000-01-01",), "", "text"),
        (("2026-03-01", "2026-02-28"), "", "date"),
        (("13/02/2024", "01/02/2024"), "", "date"),
        (("2026-03-01 07:00", "2026-03-01 07:00:00.5"), "", "time"),
        (("20240101T120000Z",), "", "time"),
        (("10/Oct/2000:13:55:36 -0700",), "", "time"),
        (("1e400", "1"), "", "text"),
        (("a", "b") * 5, "", "category"),
        (("a", "b"), "", "text"),
        (("", None, "NA"), "", "blank"),
        (("1", "2", "x"), "", "text"),
        (("1.5", "-inf", "Infinity"), "", "real"),
        (("inf", "Infinity"), "", "text"),
        (("5", "\\N", "#N/A", "<NA>"), "", "integer"),
        (("2026-03-01", "NaT"), "", "date"),
    ],
)
def test_the_type_that_all_values_have(values: tuple[str, ...], name: str, kind: str) -> None:
    assert inferred(*values, name=name).type.kind == kind


def test_times_with_an_offset_are_instants_and_those_without_are_of_a_wall_clock() -> None:
    assert inferred("2026-03-01T07:00Z", "2026-03-01T09:00+02:00").type == ColumnType(kind="time", zone="UTC")
    assert inferred("2026-03-01T07:00").type == ColumnType(kind="time")
    assert "offset from UTC" in inferred("2026-03-01T07:00Z", "2026-03-01T07:00").unsure[0]
    compact = inferred("20240101T120000Z")
    assert compact == Inferred(type=ColumnType(kind="time", zone="UTC"))
    wall = inferred("13.02.2024 10:00")
    assert (wall.type, wall.unsure) == (ColumnType(kind="time"), ())


def test_parts_below_a_microsecond_are_said() -> None:
    assert inferred("2026-03-01T07:00:00.123456789Z").finer
    assert inferred("1773874800123456789", name="ts").finer
    assert "below a microsecond" in inferred("08:30:00.1234567").unsure[1]
    assert not inferred("2026-03-01T07:00:00.123456000Z", "2026-03-01").finer


def test_a_quantity_has_its_most_frequent_unit() -> None:
    assert inferred("1,300 ft", "90 m", "2 ft").type == declared("quantity in ft")


def test_whole_numbers_are_times_only_by_range_and_name_and_that_is_said() -> None:
    found = inferred("1773874800", "1773874801", name="shown_at")
    assert (found.type, found.formats) == (epoch("s"), ("s",))
    assert "read as times in s since 1970" in found.unsure[0]
    assert inferred("1773874800123456789", name="ts").type == epoch("ns")
    assert inferred("1773874800", "5", name="shown_at").type.kind == "integer"
    views = inferred("1773874800", name="views")
    assert (views.type.kind, views.unsure) == ("integer", ("are they times in s since 1970?",))


def test_numbers_with_fractions_are_times_only_by_range_and_name_and_that_is_said() -> None:
    found = inferred("1773874800.25", "1.77387480025E9", "1773874801", name="shown_at")
    assert (found.type, found.formats, found.finer) == (epoch("s"), ("s",), False)
    assert "read as times in s since 1970" in found.unsure[0]
    assert inferred("1773874800.0000001", name="ts").finer
    assert inferred("1773874800.25", "5", name="shown_at").type.kind == "real"
    views = inferred("1773874800.25", name="views")
    assert (views.type.kind, views.unsure[0]) == ("real", "are they times in s since 1970?")


def test_numbers_that_a_float_of_32_bits_changes_much_are_said() -> None:
    # As Examples hold them, 1773874800.25 would be 16 seconds off, and 1e-50 nothing at all.
    assert "123456789.5 becomes 123456792.0 as a float of 32 bits" in inferred("123456789.5", "1").unsure[0]
    assert "1e-50 becomes 0.0" in inferred("1e-50").unsure[0]
    assert inferred("0.1", "8388607.5", "1e30", "0").unsure == ()


def test_day_and_month_that_can_not_be_told_apart_are_asked_about() -> None:
    assert "day or month" in inferred("01/02/2024").unsure[0]
    assert inferred("13/02/2024", "01/02/2024").unsure == ()


def test_what_nearly_all_values_are_is_said() -> None:
    found = inferred(*map(str, range(1, 40)), "n.v.")
    assert found.type.kind == "text"
    assert found.unsure == ("39 of 40 different values are integer, not 'n.v.'",)


def test_numbers_beyond_float32_are_said() -> None:
    assert "float of 32 bits" in inferred("1e300", "1").unsure[0]


def test_columns_that_are_looked_at_together_are_what_each_is_by_itself() -> None:
    columns = {
        "n": ["12", "-", "7"], "flag": ["yes", "no"], "zip": ["02139"], "shown_at": ["1773874800", "1773874801"],
        "words": ["a", "b", "c"], "day": ["13.02.2024", "01.02.2024"], "at": ["2026-03-01T07:00Z"], "none": ["", None],
        "opens": ["08:30", "17:05"], "far": ["1,300 ft", "90 m", "2 ft"], "x": ["1.5", "2e3", "1e300"], "last": ["z"],
    }  # fmt: skip
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    assert infer_texts(arrays) == {name: infer_text(text, name) for name, text in arrays.items()}


def test_what_is_not_written_in_a_format_is_no_moment() -> None:
    found = read(pa.array(["02.01.1970", "31.02.1970", "x", None]), "%d.%m.%Y")
    assert (found.moment_us.tolist(), found.written.tolist()) == (
        [86_400_000_000, 0, 0, 0],
        [True, False, False, False],
    )


@given(st.lists(st.one_of(st.none(), st.text(alphabet="0123456789.,:-+/eTZ ab", max_size=10)), max_size=8))
def test_any_text_has_a_type_whose_conversion_keeps_every_value(values: list[str | None]) -> None:
    found = infer_text(pa.array(values, pa.string()))
    kept = [one for one in values if one is not None and one not in found.missing]
    if found.type.kind == "integer":
        assert all(str(int(one.strip(" \t"))) == one.strip(" \t").removeprefix("+").replace("-0", "0") for one in kept)
    if found.type.kind == "real":
        assert all(abs(float(one)) < float("inf") or "inf" in one.lower() for one in kept)
    if found.type.kind == "blank":
        assert not kept


def test_the_order_of_values_does_not_matter() -> None:
    values = ["1", "2.5", "x", "", None, "2026-01-01"]
    assert inferred(*values) == inferred(*reversed(values))


@given(
    st.lists(st.sampled_from(["1", "2.5", "x", "", "-", None, "2026-01-01", "07:30"]), max_size=6),
    st.lists(st.integers(0, 6), max_size=3).map(sorted),
)
def test_it_does_not_matter_how_a_column_is_cut(values: list[str | None], cuts: list[int]) -> None:
    whole = pa.array(values, pa.string())
    pieces = [whole[start:end] for start, end in itertools.pairwise([0, *cuts, 6])]
    assert infer_text(pa.chunked_array(pieces, pa.string())) == infer_text(whole)
    assert infer_text(pa.chunked_array([], pa.string())) == infer_text(pa.array([], pa.string()))


OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime(1000, 1, 1)), OFFSETS, st.sampled_from([*DATES, *TIMES, *MORE]))
def test_a_time_that_is_written_in_a_format_reads_as_strptime_reads_it(
    moment: datetime, offset: timezone, form: str
) -> None:
    if "%z" in form:
        moment = moment.replace(tzinfo=offset)
    text = moment.strftime(form)
    plain = datetime.strptime(text, form)
    found = read(pa.array([text, None, text + "x"]), form)
    assert found.written.tolist() == [True, False, False]
    if plain.tzinfo is not None:
        plain = plain.replace(tzinfo=None) - (plain.utcoffset() or plain - plain)
    assert can_read(form)
    assert found.moment_us.dtype == np.int64
    assert found.moment_us[0] == (plain - datetime(1970, 1, 1)) // (datetime.resolution)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1.2.3", "%d.%m.%Y"),
        ("01/02/24", "%d/%m/%Y"),
        ("2024-02-30", "%Y-%m-%d"),
        ("2023-02-29", "%Y-%m-%d"),
        ("2024-01-01T24:00", "%Y-%m-%dT%H:%M"),
        ("2024-01-01T23:59:60", "%Y-%m-%dT%H:%M:%S"),
        ("13:00 PM", "%I:%M %p"),
        ("24", "%Y"),
    ],
)
def test_what_is_not_written_in_a_format_is_a_fault(text: str, form: str) -> None:
    assert read(pa.array([text]), form).written.tolist() == [False]


def test_twelve_o_clock_is_noon_and_two_digit_years_are_those_of_posix() -> None:
    noon = read(pa.array(["12:00 PM", "12:30 am"]), "%I:%M %p").moment_us // 60_000_000
    assert noon.tolist() == [720, 30]
    years = read(pa.array(["68", "69"]), "%y").moment_us.astype("datetime64[us]").astype("datetime64[Y]").astype(str)
    assert years.tolist() == ["2068", "1969"]


def test_what_is_east_of_utc_has_its_times_earlier_there_and_what_is_west_later() -> None:
    texts = pa.array(["1970-01-02T00:00:00+0130", "1970-01-02T00:00:00-0130", "1970-01-02T00:00:00+00:00"])
    found = read(texts, "%Y-%m-%dT%H:%M:%S%z")
    assert (found.moment_us // 60_000_000).tolist() == [1440 - 90, 1440 + 90, 1440]
    assert found.zoned.all()
    wrong = pa.array(["1970-01-02T00:00:00+2400", "1970-01-02T00:00:00+0160"])
    assert read(wrong, "%Y-%m-%dT%H:%M:%S%z").written.tolist() == [False, False]
