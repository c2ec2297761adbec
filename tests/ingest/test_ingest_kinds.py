"""Text becomes the value that was declared, or gets a reason; the short way through Arrow and the rules agree."""

import math
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headrace.ingest.spec.fields import Field
from headrace.ingest.values.cast import TYPES, null_missing, plain_values, type_columns, values_by_rule
from headrace.ingest.values.infer_kind import infer_kind
from headrace.units import conversion

HOUR_US = 3_600_000_000
MORNING = 1_772_521_200_000_000  # 2026-03-03T07:00:00Z


def typed(field: Field, *texts):
    """Value or reason of each text."""
    found = type_columns({field.name: pa.array(texts, pa.string())}, [field])[field.name]
    assert found.values.type == TYPES[field.kind]
    reasons = found.reasons.to_pylist() if found.reasons is not None else [None] * len(texts)
    return [reason or value for value, reason in zip(found.values.to_pylist(), reasons, strict=True)]


CASES = [
    ("integer", {"0": 0, "-12": -12, "+5": 5, " 7 ": 7, "007": 7, "9223372036854775807": 2**63 - 1, "": None}),
    ("integer", {"1.5": "bad_integer", "5.0": "bad_integer", "1_000": "bad_integer", "0x1F": "bad_integer"}),
    ("integer", {"9223372036854775808": "integer_overflow", "1e3": "bad_integer", "١": "bad_integer"}),
    ("float", {"1.5": 1.5, "-.5": -0.5, "1.": 1.0, "1e3": 1000.0, "+2": 2.0, " 3.0": 3.0, "1e-400": 0.0, "": None}),
    ("float", {"nan": "bad_float", "inf": "bad_float", "1e400": "bad_float", "1,5": "bad_float", ".": "bad_float"}),
    ("float", {"0x1p3": "bad_float", "1_0": "bad_float", "1 000": "bad_float", "5 km": "bad_float"}),
    ("boolean", {"true": 1, "FALSE": 0, "Yes": 1, "n": 0, "1": 1, "0": 0, "maybe": "bad_boolean", "": None}),
    ("text", {" a ": " a ", "1": "1", "": None}),
    ("duration", {"03:40:32": 13232.0, "40:32": 2432.0, "1.5": 1.5, "100:00:00": 360000.0, "0:00:00.25": 0.25}),
    ("duration", {"1:75": "bad_duration", "-00:10": "bad_duration", "1:2:3:4": "bad_duration", "x": "bad_duration"}),
    ("timestamp", {"2026-03-03T07:00:00Z": MORNING, "2026-03-03 07:00": MORNING, "2026-03-03T07:00:00": MORNING}),
    ("timestamp", {"2026-03-03T09:00:00+02:00": MORNING, "2026-03-03T02:30:00-0430": MORNING}),
    ("timestamp", {" 2026-03-03T07:00Z": MORNING, "2026-03-03t07:00Z": "bad_timestamp"}),
    ("timestamp", {"2026-03-03T07:00:00.123456789Z": "below_us", "2026-03-03": MORNING - 7 * HOUR_US}),
    ("timestamp", {"2026-03-03T07:00:00.123456000Z": MORNING + 123456, "2026-03-03 07:00:00,123": MORNING + 123000}),
    ("timestamp", {"20260303T070000Z": MORNING, "20260303T080000.5+0100": MORNING + 500_000, "20260303T0700": MORNING}),
    ("timestamp", {"2026-03-03 07:00:00 UTC": MORNING, "2026-03-03 07:00 CET": "bad_timestamp"}),
    ("timestamp", {"9999-12-31T23:59:59-01:00": "beyond_years", "0001-01-01T00:00+01:00": "beyond_years"}),
    ("timestamp", {"1772521200": "bad_timestamp", "20260303": "bad_timestamp"}),
    ("date", {"2026-03-03": MORNING - 7 * HOUR_US, " 1969-12-31": -24 * HOUR_US, "2026-02-30": "bad_date", "": None}),
    ("date", dict.fromkeys(["2026-03-03T07:00", "2026-03-03Z", "1.2.3", "03.03.2026", "20260303"], "bad_date")),
    ("time_of_day", {"08:30": 510 * 60_000_000, "8:30:01.5": 30_601_500_000, "0:00": 0, "23:59:59,9": 86_399_900_000}),
    ("time_of_day", {"24:00": "bad_time_of_day", "8": "bad_time_of_day", "08:30:00.0000001": "below_us", "": None}),
    ("identifier", {"02139": "02139", "+4912345": "+4912345", " a ": " a ", "": None}),
    ("float", {"1e300": "beyond_float32", "-3.5e38": "beyond_float32", "3.4028235e38": 3.4028235e38}),
    ("duration", {"1e39": "beyond_float32"}),
    ("timestamp", {"1969-12-31T23:59:59.5Z": -500_000, "9999-12-31T23:59:59Z": 253_402_300_799_000_000}),
    ("timestamp", dict.fromkeys(["yesterday", "2026-02-30", "2026-13-01", "0000-01-01", "infinity"], "bad_timestamp")),
    ("timestamp", dict.fromkeys(["2026-03-03T24:00Z", "2026-03-03T07:60Z", "2026-3-3", "17725212"], "bad_timestamp")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values"), CASES)
def test_a_value_is_read_as_declared_or_has_a_reason(kind, values):
    assert typed(Field(name="x", kind=kind), *values) == list(values.values())


@pytest.mark.parametrize(("kind", "values"), CASES)
def test_a_value_is_judged_alone(kind, values):
    for text, expected in values.items():
        assert typed(Field(name="x", kind=kind), text) == [expected]


NUMBERS = st.one_of(
    st.integers(-(2**64), 2**64).map(str),
    st.floats().map(repr),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    st.text(alphabet="0123456789.eE+-_ xX,naif", max_size=8),
)
MOMENTS = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.builds("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}".format, st.integers(0, 9999), st.integers(0, 13),
              st.integers(0, 32), st.integers(0, 25), st.integers(0, 61), st.integers(0, 61),
              st.sampled_from(["", "", "", "Z", "z", "+02:00", "-0330", "+14", "+02:0", ".5Z", ".1234567Z", " Z"])),
    st.text(alphabet="0123456789-:TZ +.", max_size=20),
)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "texts"),
    [
        (Field(name="x", kind="integer"), NUMBERS),
        (Field(name="x", kind="float"), NUMBERS),
        (Field(name="x", kind="timestamp"), MOMENTS),
        (Field(name="x", kind="timestamp", zone="Europe/Berlin"), MOMENTS),
        *((Field(name="x", kind="timestamp", formats=(unit,)), NUMBERS) for unit in ("s", "ms", "us", "ns")),
    ],
)
def test_the_short_way_and_the_rules_agree(field, texts):

    @given(st.lists(texts, min_size=1, max_size=3))
    @example(["0x10", "1"])
    @example(["nan"])
    @example(["0000-01-01T00:00:00Z"])
    @example(["2026-03-03T07Z"])
    @example(["2026-10-25T02:30", "2026-03-29"])
    @example(["9223372036854775807"])
    def agree(values):
        column = null_missing(pa.array(values, pa.string()), ("",))
        short = plain_values(column, field)
        if short is not None:
            by_rule = values_by_rule({"x": column}, [field])["x"]
            assert by_rule.reasons is None
            assert by_rule.values.to_pylist() == short.to_pylist()

    agree()


@given(st.lists(NUMBERS, max_size=5))
@example([" ", "\t", "1 "])
def test_integers_are_what_python_reads_without_its_liberties(texts):
    expected = []
    for text in texts:
        if not text.strip(" \t"):
            expected.append(None)
        elif not re.fullmatch(r"[+-]?[0-9]+", text.strip(" \t")):
            expected.append("bad_integer")
        else:
            expected.append(int(text) if -(2**63) <= int(text) < 2**63 else "integer_overflow")
    assert typed(Field(name="x", kind="integer"), *texts) == expected


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False).map(repr), max_size=5))
def test_floats_keep_every_bit_unless_examples_can_not_hold_them(texts):
    with np.errstate(over="ignore"):
        fits = [bool(np.isfinite(np.float32(float(text)))) for text in texts]
    expected = [float(text) if good else "beyond_float32" for text, good in zip(texts, fits, strict=True)]
    assert typed(Field(name="x", kind="float"), *texts) == expected


@pytest.mark.parametrize("kind", ["float", "observed"])
def test_nan_and_infinity_are_numbers_where_the_source_has_them_as_such(kind):
    column = pa.array(["nan", "1.5", "-Infinity", "inf"])
    assert infer_kind(column, not_finite=True).kind == "float"
    assert infer_kind(column).kind == "text"
    found = type_columns({"x": column}, [Field(name="x", kind="float")], not_finite=True)["x"]
    assert found.reasons is None
    assert str(found.values.to_pylist()) == "[nan, 1.5, -inf, inf]"
    by_rule = values_by_rule({"x": pa.array(["nan", "+1.5", "INF"])}, [Field(name="x", kind="float")], not_finite=True)
    assert str(by_rule["x"].values.to_pylist()) == "[nan, 1.5, inf]"
    assert infer_kind(pa.array(["1e400", "nan"]), not_finite=True).kind == "text"
    huge = type_columns({"x": pa.array(["1e400", "inf"])}, [Field(name="x", kind="float")], not_finite=True)["x"]
    assert huge.reasons.to_pylist() == ["bad_float", None]
    bounded = Field(name="x", kind="float", minimum=0)
    reasons = type_columns({"x": column}, [bounded], not_finite=True)["x"].reasons
    assert reasons.to_pylist() == ["below_minimum", None, "below_minimum", None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,300 ft", 396.24), ("396 m", 396.0), ("0.5km", 500.0), ("12", 12.0), ("1,234,567.5 m", 1234567.5),
        ("-10 ft", -3.048), ("1e3 m", 1000.0), ("13,00 ft", "bad_quantity"), ("1,3000 ft", "bad_quantity"),
        ("ft", "bad_quantity"), ("12 bananas", "unknown_unit"), ("12 kg", "unknown_unit"), ("1 2 m", "bad_quantity"),
        ("", None),
    ],
)  # fmt: skip
def test_quantities_are_converted_or_have_a_reason(text, expected):
    (found,) = typed(Field(name="x", kind="quantity", unit="m"), text)
    assert found == (pytest.approx(expected, rel=1e-12) if isinstance(expected, float) else expected)


def test_temperatures_have_an_offset():
    factor, offset = conversion("degF", "degC")
    assert math.isclose(factor * 212 + offset, 100)
    assert math.isclose(factor * 32 + offset, 0, abs_tol=1e-9)


def test_quantities_of_several_units_stay_in_their_rows():
    field = Field(name="x", kind="quantity", unit="m")
    assert typed(field, "1 km", None, "1 ft", "x", "2 km") == [1000.0, None, 0.3048, "bad_quantity", 2000.0]


def test_declared_formats_are_tried_in_turn():
    field = Field(name="x", kind="timestamp", formats=("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M %z"))
    expected = [MORNING, MORNING, "bad_timestamp"]
    assert typed(field, "03/03/2026 07:00", "03/03/2026 09:00 +02:00", "2026-03-03") == expected


@pytest.mark.parametrize(("unit", "digits"), [("s", 0), ("ms", 3), ("us", 6), ("ns", 9)])
def test_epoch_numbers_are_times(unit, digits):
    field = Field(name="x", kind="timestamp", formats=(unit,))
    text = "1772521200" + "0" * digits
    assert typed(field, text, "x", None) == [MORNING, "bad_timestamp", None]
    assert typed(field, text + ".0", "-0", ".") == [MORNING, 0, "bad_timestamp"]
    if unit != "ns":
        assert typed(field, f"1.7725212e{9 + digits}") == [MORNING]


PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
YEARS_US = (-62_135_596_800_000_000, 253_402_300_799_999_999)


@given(
    st.sampled_from(["s", "ms", "us", "ns"]),
    st.lists(st.decimals(-(10**21), 10**21, allow_nan=False, places=3).map("{:f}".format) | NUMBERS, max_size=4),
    st.sampled_from(["refuse", "floor"]),
)
@example("us", ["1772521200123456789", "-0.5", "1.5"], "floor")
@example("s", ["9223372036855", "253402300799.9999999", "1e11", "1e-7"], "refuse")
@example("ns", ["1", "999", "-1", "1000"], "floor")
def test_numbers_since_1970_are_exact_or_have_a_reason(unit, texts, finer):
    def expected(text):
        if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?", text):
            return "bad_timestamp"
        exact = Fraction(Decimal(text)) * 10**6 / PER_SECOND[unit]
        if not YEARS_US[0] <= math.floor(exact) <= YEARS_US[1]:
            return "beyond_years"
        return math.floor(exact) if finer == "floor" or exact == math.floor(exact) else "below_us"

    field = Field(name="x", kind="timestamp", formats=(unit,), finer=finer, missing=())
    assert typed(field, *texts) == [expected(text.strip(" \t")) for text in texts]


def test_finer_parts_are_floored_toward_the_past_by_declaration():
    field = Field(name="x", kind="timestamp", finer="floor")
    texts = "2026-03-03T07:00:00.123456789Z", "1969-12-31T23:59:59.9999999Z"
    assert typed(field, *texts) == [MORNING + 123456, -1]
    assert typed(Field(name="x", kind="time_of_day", finer="floor"), "00:00:00.0000019") == [1]


@pytest.mark.parametrize(
    ("kind", "form", "text", "expected"),
    [
        ("timestamp", "%d/%m/%Y", "01/02/24", "bad_timestamp"),
        ("timestamp", "%d/%m/%y", "01/02/24", 1_706_745_600_000_000),
        ("timestamp", "%Y%m%d%H%M%S", "20260303070000", MORNING),
        ("timestamp", "%Y%m%d", "2026111", "bad_timestamp"),
        ("timestamp", "%d %B %Y %I:%M %p", "3 March 2026 07:00 am", MORNING),
        ("timestamp", "%a %b %e %T %Y", "Tue Mar  3 07:00:00 2026", MORNING),
        ("timestamp", "%d.%m.%Y %H:%M:%S,%f", "03.03.2026 07:00:00,5", MORNING + 500_000),
        ("timestamp", "%d/%b/%Y:%H:%M:%S %z", "03/Mar/2026:08:00:00 +0100", MORNING),
        ("date", "%d.%m.%Y", "03.03.2026", MORNING - 7 * HOUR_US),
        ("date", "%d.%m.%Y", "1.2.3", "bad_date"),
        ("time_of_day", "%I:%M %p", "08:30 PM", 1230 * 60_000_000),
    ],
)
def test_a_format_is_read_digit_by_digit(kind, form, text, expected):
    assert typed(Field(name="x", kind=kind, formats=(form,)), text) == [expected]


def test_a_time_without_offset_is_in_the_declared_zone():
    field = Field(name="x", kind="timestamp", zone="Europe/Berlin")
    assert typed(field, "2026-03-03T08:00", "2026-03-03T07:00Z", "2026-07-03T08:00") == [
        MORNING, MORNING, MORNING + (122 * 24 - 1) * HOUR_US,
    ]  # fmt: skip


def test_range_zero_and_presence_are_judged_on_values():
    field = Field(name="x", kind="float", minimum=1, maximum=5, zero_is_missing=True, required=True, missing=("", "-"))
    assert typed(field, "1", "5.0", "0.9", "5.1", "0", "-", "", None, "x") == [
        1.0, 5.0, "below_minimum", "above_maximum", *["missing_required"] * 4, "bad_float",
    ]  # fmt: skip


def test_zero_that_means_missing_is_null_where_it_is_not_required():
    assert typed(Field(name="x", kind="integer", zero_is_missing=True, minimum=30), "0", "60") == [None, 60]


UNITS = {"quantity": {"unit": "m"}}
ORDERED = {
    "boolean": (["yes", "no", "t"], [1, 0, 1]),
    "integer": ([" 1", "2", "3"], [1, 2, 3]),
    "float": ([" 1.5", "2", "3"], [1.5, 2.0, 3.0]),
    "timestamp": (["2026-03-03T07:00:00 Z", "2026-03-03 07:00", "2026-03-03T07:00:00.000001Z"], None),
    "duration": (["00:00:01", "00:00:02", "00:00:03"], [1.0, 2.0, 3.0]),
    "quantity": (["1 m", "2 m", "3 m"], [1.0, 2.0, 3.0]),
}


@pytest.mark.parametrize("kind", ORDERED)
def test_values_stand_in_the_order_of_their_texts_however_many_there_are(kind: str) -> None:
    """More rows than DuckDB gives to one thread: a column that comes back in another order says nothing of it."""
    texts, expected = ORDERED[kind]
    field = Field(name="x", kind=kind, missing=tuple(f"none {n}" for n in range(9)), **UNITS.get(kind, {}))
    drawn = np.random.default_rng(1).integers(0, len(texts), 300_000)
    found = values_by_rule({"x": pa.array(texts).take(pa.array(drawn))}, [field])["x"].values
    alone = expected or values_by_rule({"x": pa.array(texts)}, [field])["x"].values.to_pylist()
    assert found.equals(pa.array(alone, found.type).take(pa.array(drawn)))
