"""Rules of values: what can't be meant is refused word by word, and defaults stand where a value is missing."""

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import UsageError
from headrace.ingest.values.cast import PROBE_ROWS, parsed, plain_values, type_columns
from headrace.ingest.values.defaults import default_fault, filled
from headrace.ingest.values.infer_kind import infer_kind
from headrace.ingest.values.typed import Typed
from headrace.ingest.values.value_rule import ValueRule

NO_NUMBER = "minimum, maximum, zero_is_missing are for numbers, not for kind {!r}"
ZONED = (
    "formats can't have %Z, since names such as CST mean several zones, got {}: declare the zone of the field, or "
    "read offsets, such as +01:00, with %z"
)
DECIMAL = "decimal is for float, duration and quantity, not for kind {!r}"
UNIT = "unit is needed for a quantity and only there, got kind {!r}, unit {!r}"

FORMATS = (
    "formats: expected one of s, ms, us, ns for whole numbers, or a format of the directives %Y %y %m %d %e %b %B %a "
    "%A %H %I %p %M %S %f %z, none of them twice, got 'YYYY', '%Q', '%d %d'"
)

REFUSED = [
    ({"kind": "text", "minimum": 0}, NO_NUMBER.format("text")),
    ({"kind": "category", "maximum": 0}, NO_NUMBER.format("category")),
    ({"kind": "boolean", "zero_is_missing": True}, NO_NUMBER.format("boolean")),
    ({"kind": "integer", "minimum": 2, "maximum": 1.5}, "minimum must not exceed maximum, got 2 and 1.5"),
    ({"kind": "quantity"}, UNIT.format("quantity", None)),
    ({"kind": "float", "unit": "m"}, UNIT.format("float", "m")),
    ({"kind": "text", "formats": ("s",)}, "formats are for timestamps, dates and times of day, not for kind 'text'"),
    ({"kind": "timestamp", "formats": ("YYYY", "%Q", "%d %d", "ns")}, FORMATS),
    ({"kind": "date", "formats": ("%d.%m.%Y %H",)},
     "a date has no other parts than those of Y, y, m, d, e, b, B, a, A, F, D, got %d.%m.%Y %H"),
    ({"kind": "date", "formats": ("s",)}, FORMATS.replace("one of s, ms, us, ns for whole numbers, or ", "").replace(
        "'YYYY', '%Q', '%d %d'", "'s'")),
    ({"kind": "date", "finer": "floor"}, "finer is for timestamps and times of day, not for kind 'date'"),
    ({"kind": "text", "thousands": ","}, "thousands is for integer, float, duration and quantity, not for kind 'text'"),
    ({"kind": "float", "thousands": "."}, "decimal and thousands must differ, got '.' for both"),
    ({"kind": "text", "currency": "$"}, "currency is for integer and float, not for kind 'text'"),
    ({"kind": "float", "currency": "5$"},
     "currency: expected a sign or code of 1 to 8 letters, such as $ or EUR, without digits, got '5$'"),
    ({"kind": "integer", "percent": True}, "percent is for float, not for kind 'integer'"),
    ({"kind": "float", "percent": True, "currency": "$"}, "percent and currency exclude each other, got currency '$'"),
    ({"kind": "timestamp", "formats": ("%d %Z", "%Y", "%H%Z")}, ZONED.format("%d %Z, %H%Z")),
    ({"kind": "integer", "decimal": ","}, DECIMAL.format("integer")),
    ({"kind": "text", "required": True, "default": "a"}, "a required field can't have a default, got 'a'"),
    ({"kind": "observed", "default": 1}, "an observed field, whose kind the data decide can't have a default, got 1"),
    ({"kind": "integer", "default": "x"}, "default is no value of this field (bad_integer), got 'x'"),
    ({"kind": "integer", "default": 5, "maximum": 4}, "default is no value of this field (above_maximum), got 5"),
    ({"kind": "text", "default": ""}, "default is no value of this field (it means missing), got ''"),
    ({"kind": "float", "zero_is_missing": True, "default": 0},
     "default is no value of this field (it means missing), got 0"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "words"), REFUSED)
def test_settings_that_do_not_go_together_are_refused_word_by_word(settings, words):
    with pytest.raises(UsageError, match=f"(^|: |; ){re.escape(words)}$"):
        ValueRule(name="x", **settings)


FINE = [
    *({"kind": kind, "minimum": 1, "maximum": 1, "zero_is_missing": True} for kind in ("integer", "float", "duration")),
    {"kind": "quantity", "unit": "m", "minimum": 0, "maximum": 0},
    {"kind": "observed", "minimum": 0},
    {"kind": "timestamp", "formats": ("%d %%Z", "ms", "ns", "%F %T")},
    {"kind": "integer", "thousands": "."},
    {"kind": "float", "thousands": " ", "currency": "EUR"},
    {"kind": "float", "percent": True, "decimal": ","},
    {"kind": "time_of_day", "formats": ("%I:%M %p",), "finer": "floor"},
    *({"kind": kind, "decimal": ","} for kind in ("float", "duration")),
    {"kind": "quantity", "unit": "m", "decimal": ","},
    {"kind": "boolean", "default": True},
]


@pytest.mark.parametrize("settings", FINE)
def test_settings_that_go_together_are_taken(settings):
    ValueRule(name="x", **settings)


def test_every_fault_is_named_but_not_that_of_a_default_which_may_follow_from_another():
    with pytest.raises(UsageError) as error:
        ValueRule(name="x", kind="text", minimum=2, maximum=1, unit="m", formats=("%Z",), decimal=",", default="")
    for words in (NO_NUMBER.format("text"), "got 2 and 1", "got kind 'text', unit 'm'", "not for kind 'text'", "%Z"):
        assert words in str(error.value)
    assert "default" not in str(error.value)


DEFAULTS = [
    ({"kind": "integer", "default": 4}, 4), ({"kind": "integer", "default": "4"}, 4),
    ({"kind": "float", "default": 2.5}, 2.5), ({"kind": "float", "default": 2.5, "decimal": ","}, 2.5),
    ({"kind": "float", "default": "2,5", "decimal": ","}, 2.5),
    ({"kind": "float", "default": 1234.5, "decimal": ",", "thousands": "."}, 1234.5),
    ({"kind": "float", "default": 0.25, "percent": True}, 0.25),
    ({"kind": "float", "default": "25%", "percent": True}, 0.25),
    ({"kind": "date", "default": "1970-01-02"}, 86_400_000_000), ({"kind": "identifier", "default": "007"}, "007"),
    ({"kind": "time_of_day", "default": "00:01"}, 60_000_000),
    ({"kind": "quantity", "unit": "m", "default": "1.234,5 m", "decimal": ","}, 1234.5),
    ({"kind": "text", "default": "a"}, "a"), ({"kind": "category", "default": 7}, "7"),
    ({"kind": "boolean", "default": True}, 1), ({"kind": "duration", "default": "00:30:00"}, 1800.0),
    ({"kind": "quantity", "unit": "m", "default": "1 km"}, 1000.0),
    ({"kind": "timestamp", "default": "1970-01-01T00:00:01Z"}, 1_000_000),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "value"), DEFAULTS)
def test_a_default_stands_where_a_value_is_missing_and_not_where_one_is_faulty(settings, value):
    rule, other = ValueRule(name="x", **settings), ValueRule(name="other")
    texts = {"x": pa.array(["", None, str(settings["default"]), "?"]), "other": pa.array(["", "a", None, "b"])}
    before = type_columns(texts, [rule, other])
    after, masks = filled(before, [rule, other])
    faulty = before["x"].reasons is not None
    assert after["x"].values.to_pylist()[:2] == [value, value]
    assert after["x"].values.to_pylist()[2] == before["x"].values.to_pylist()[2]
    assert after["x"].values.type == before["x"].values.type
    assert after["x"].values.to_pylist()[3] == (None if faulty else "?")
    assert after["x"].reasons is before["x"].reasons
    assert {name: mask.to_pylist() for name, mask in masks.items()} == {"x": [True, True, False, False]}
    assert after["other"] is before["other"]
    assert default_fault(rule) is None


def test_a_column_without_missing_values_gets_no_default_and_the_next_one_does():
    rules = [ValueRule(name=name, kind="integer", default=1) for name in ("full", "gaps")]
    typed = {name: Typed(values=pa.array(values), reasons=None) for name, values in (("full", [3]), ("gaps", [None]))}
    typed["gaps"] = Typed(values=pa.array([None], pa.int64()), reasons=None)
    after, masks = filled(typed, rules)
    assert after["full"] is typed["full"]
    assert after["gaps"].values.to_pylist() == [1]
    assert list(masks) == ["gaps"]
    assert typed["gaps"].values.to_pylist() == [None]


def test_what_was_read_before_is_taken_as_it_is_and_held_to_the_range():
    rules = [ValueRule(name="a", kind="integer", maximum=2), ValueRule(name="b", kind="integer")]
    found = type_columns({"b": pa.array([" 5", "x", "7"])}, rules, {"a": pa.array([1, 3, None])})
    assert list(found) == ["a", "b"]
    assert found["a"].values.to_pylist() == [1, 3, None]
    assert found["a"].reasons.to_pylist() == [None, "above_maximum", None]
    assert found["b"].values.to_pylist() == [5, None, 7]
    assert found["b"].reasons.to_pylist() == [None, "bad_integer", None]


MARKED = ["1.234,5", "1.234.567", "12.34", "1,5", "-", " 2,0 ", "1.5", "7", "1,2,3", "x", "X1", "1X", "1:00,5", None]


@given(st.lists(st.sampled_from(MARKED), max_size=6))
def test_a_decimal_comma_is_a_point_with_the_marks_changed(texts):
    swapped = [text and text.strip().translate(str.maketrans(".,", ",.")) for text in texts]
    for kind, unit in (("float", None), ("duration", None), ("quantity", "m")):
        comma = ValueRule(name="x", kind=kind, unit=unit, decimal=",", missing=("", "-"))
        point = ValueRule(name="x", kind=kind, unit=unit, thousands=",", missing=("", "-"))
        found, expected = (
            type_columns({"x": pa.array(given_, pa.string())}, [rule])["x"]
            for given_, rule in ((texts, comma), (swapped, point))
        )
        assert found.values.equals(expected.values)
        assert found.reasons == expected.reasons or found.reasons.equals(expected.reasons)


WRITTEN = [
    ({"decimal": ","}, {"1.234,5": 1234.5, "-,5": -0.5, "1,5e3": 1500.0, "1.5": "bad_float", "1234,5": 1234.5}),
    ({"decimal": ",", "thousands": " "}, {"1 234,5": 1234.5, "1\u00a0234\u202f567": 1234567.0, "1.234,5": "bad_float"}),
    ({"thousands": ","}, {"1,234.5": 1234.5, "1,23": "bad_float", ",123": "bad_float", "1234.5": 1234.5}),
    ({"thousands": "'"}, {"1'234.5": 1234.5, "-1'234": -1234.0}),
    ({"kind": "integer", "thousands": "."}, {"1.234": 1234, "1.234.567": 1234567, "1.5": "bad_integer", "12": 12}),
    ({"kind": "integer", "thousands": "_"}, {"9_223_372_036_854_775_808": "integer_overflow", "1_000": 1000}),
    ({"currency": "$", "thousands": ","}, {"$1,234.50": 1234.5, "-$5": -5.0, "$-5": -5.0, "5 $": 5.0, "5": 5.0}),
    ({"currency": "$"}, {"€5": "bad_float", "$": "bad_float", "-$-5": "bad_float", "$nan": "bad_float"}),
    ({"currency": "EUR", "decimal": ","}, {"EUR 1.234,50": 1234.5, "7,5EUR": 7.5, "USD 1": "bad_float"}),
    ({"percent": True}, {"12.5%": 0.125, "-3 %": -0.03, "100%": 1.0, "12.5": "bad_float", "%": "bad_float"}),
    ({"percent": True, "decimal": ","}, {"12,5 %": 0.125, "12.5%": "bad_float"}),
    ({"kind": "quantity", "unit": "m", "decimal": ","}, {"1.300,5 ft": 396.3924, "1.5 ft": "bad_quantity", "2 m": 2.0}),
    ({"kind": "quantity", "unit": "m", "thousands": "'"}, {"1'300 m": 1300.0, "1,300 m": "bad_quantity"}),
    ({"kind": "duration", "decimal": ","}, {"00:01,5": 1.5, "00:01.5": "bad_duration", "1.000,5": 1000.5}),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "values"), WRITTEN)
def test_numbers_are_read_with_the_marks_that_are_declared_and_no_other(settings, values):
    rule = ValueRule(name="x", **{"kind": "float", **settings})
    for texts in (values, *([text] for text in values)):
        found = type_columns({"x": pa.array(list(texts))}, [rule])["x"]
        reasons = [None] * len(texts) if found.reasons is None else found.reasons.to_pylist()
        shown = [reason or value for value, reason in zip(found.values.to_pylist(), reasons, strict=True)]
        assert shown == [pytest.approx(values[text]) for text in texts]


@given(st.floats(-1e30, 1e30), st.sampled_from([",", " ", "'", "_"]), st.sampled_from(["$", "EUR", "kr."]))
def test_a_number_written_with_marks_is_the_number(number, thousands, currency):
    text = f"{number:,.3f}".replace(",", thousands)
    rule = ValueRule(name="x", kind="float", thousands=thousands, currency=currency)
    assert type_columns({"x": pa.array([f"{currency} {text}"])}, [rule])["x"].values.to_pylist() == [
        float(f"{number:.3f}")
    ]


def test_plain_texts_take_the_short_way_and_doubtful_ones_do_not():
    for kind, formats, plain, doubtful in (
        ("integer", (), ["1", None, "-20"], ["1", "+2"]),
        ("float", (), ["1.5", None, "-2e3"], ["1.5", "nan"]),
        ("timestamp", (), ["2026-03-03", None, "2026-03-03T07:00"], ["2026-03-03T07Z"]),
        ("timestamp", (), ["2026-03-03T07:00:00"], ["0000-03-03"]),
        ("timestamp", ("s",), ["1772521200", None], ["1.5"]),
        ("text", (), ["a", None], None),
        ("category", (), ["a", None], None),
    ):
        rule = ValueRule(name="x", kind=kind, formats=formats)
        assert plain_values(pa.array(plain), rule) is not None
        assert doubtful is None or plain_values(pa.array(doubtful), rule) is None
    for kind, formats in (("boolean", ()), ("duration", ()), ("timestamp", ("%Y",)), ("timestamp", ("s", "ms"))):
        assert plain_values(pa.array(["1"]), ValueRule(name="x", kind=kind, formats=formats)) is None


@pytest.mark.parametrize(("unit", "micros"), [("s", 1_000_000), ("ms", 1_000), ("us", 1), ("ns", 1)])
def test_plain_counts_since_1970_are_microseconds(unit, micros):
    rule = ValueRule(name="x", kind="timestamp", formats=(unit,))
    thousand = "000" if unit == "ns" else ""
    texts = [f"7{thousand}", None, f"-3{thousand}"]
    assert plain_values(pa.array(texts), rule).to_pylist() == [7 * micros, None, -3 * micros]
    assert plain_values(pa.array(["9223372036854775807"]), rule) is None
    assert plain_values(pa.array(["1"]), rule) is None or unit != "ns"


def test_a_zone_counts_for_plain_local_times_and_not_for_those_with_an_offset():
    rule = ValueRule(name="x", kind="timestamp", zone="Asia/Tokyo")
    assert plain_values(pa.array(["1970-01-02T09:00:00", None]), rule).to_pylist() == [86_400_000_000, None]
    assert plain_values(pa.array(["1970-01-02T09:00:00Z"]), rule).to_pylist() == [118_800_000_000]


@pytest.mark.parametrize("place", [0, PROBE_ROWS - 1, PROBE_ROWS])
def test_one_text_that_can_not_be_read_fails_all_wherever_it_stands(place):
    texts = ["1"] * (2 * PROBE_ROWS)
    assert parsed(pa.array(texts), pa.int64()).to_pylist() == [1] * len(texts)
    texts[place] = "x"
    with pytest.raises(pa.ArrowInvalid):
        parsed(pa.array(texts), pa.int64())


def test_values_read_to_infer_a_kind_are_kept_for_the_same_rule_only():
    found = infer_kind(pa.array(["1", "-", "3"]), missing=["", "-"])
    assert (found.kind, found.missing, found.values.to_pylist()) == ("integer", ("", "-"), [1, None, 3])
    assert found.values_of(ValueRule(name="x", kind="integer", missing=("", "-"))) is found.values
    assert found.values_of(ValueRule(name="x", kind="float", missing=("", "-"))) is None
    assert found.values_of(ValueRule(name="x", kind="integer")) is None
    numbers = infer_kind(pa.array(["1.5", None]))
    assert (numbers.kind, numbers.missing, numbers.values.to_pylist()) == ("float", ("",), [1.5, None])
    assert numbers.values_of(ValueRule(name="x", kind="float")) is numbers.values
    assert numbers.values_of(ValueRule(name="x", kind="float", decimal=",")) is None
    assert infer_kind(pa.array(["x"])).values is None
    assert infer_kind(pa.array(["", None])).values is None


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["123456789012345678.5"], "float"), (["1234567890123456789.5"], "float"), (["1234567890123456789012"], "text"),
        (["9223372036854775807"], "integer"), (["9223372036854775808"], "text"), (["-9223372036854775809"], "text"),
        (["1.5", "00.5"], "text"), (["1.5", "-00.5"], "text"), (["0.5", "0", "-0.25"], "float"),
        (["1.5", "01"], "text"),
        (["1e5", "1234567890123456789"], "text"), (["1e5", "123456789012345678"], "float"),
    ],
)  # fmt: skip
def test_numbers_that_would_lose_digits_or_zeros_are_text(texts, kind):
    assert infer_kind(pa.array(texts)).kind == kind
