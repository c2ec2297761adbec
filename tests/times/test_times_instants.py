"""One grammar of times: what is written is read, and what is read can be written."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import UsageError
from headrace.times.instants import EPOCH, instant_us, iso, iso_us

US = timedelta(microseconds=1)
MINUTES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
SECONDS = st.integers(-86_399, 86_399).map(lambda seconds: timezone(timedelta(seconds=seconds)))
INSTANTS = st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999)


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=MINUTES | SECONDS), st.sampled_from("T "))
def test_what_python_writes_is_read(moment: datetime, separator: str) -> None:
    assert instant_us(moment.isoformat(separator)) == (moment - EPOCH) // US


@given(INSTANTS)
def test_what_is_written_is_read_again(instant: int) -> None:
    assert instant_us(iso_us(instant)) == instant
    assert instant_us(iso(instant)) == instant // 1_000_000 * 1_000_000


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-03-06T00:00:00z", "2026-03-06T00:00:00Z"),
        ("2026-03-06t01+01", "2026-03-06T00:00:00Z"),
        ("2026-03-06 01:00+0100", "2026-03-06T00:00:00Z"),
        ("2026-03-05T23:30:00-00:30", "2026-03-06T00:00:00Z"),
        ("2026-03-06T00:00:00.5Z", "2026-03-06T00:00:00.500000Z"),
        ("20260306T000000Z".replace("20260306", "2026-03-06"), "2026-03-06T00:00:00Z"),
    ],
)
def test_other_spellings_of_an_instant(text: str, same: str) -> None:
    assert iso_us(instant_us(text)) == same


@pytest.mark.parametrize("text", ["2026-03-06", "2026-03-06T12", "2026-03-06T12:30:00.25"])
def test_time_without_offset_is_in_utc_where_that_is_said_and_else_refused(text: str) -> None:
    at = text if "T" in text else text + "T00"
    assert instant_us(text, naive="utc") == instant_us(at + "Z")
    with pytest.raises(UsageError, match=f"as_of: expected a time with an offset, got '{text}'"):
        instant_us(text, "as_of")


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2026-3-6", "2026-02-30T00:00Z", "2026-03-06T24:00Z", "2026-03-06T00:60Z", "2026-03-06TZ"),
        *("2026-03-06Z", "2026-03-06T00:00:00.1234567Z", "2026-03-06T00:00+24:00", "2026-03-06T00:00+00:60"),
        *("10000-01-01T00:00Z", "0000-01-01T00:00Z", " 2026-03-06T00:00Z", "2026-03-06T00:00Z\n", "２026-03-06"),
    ],
)
def test_what_is_no_time_is_refused_by_its_value(text: str) -> None:
    with pytest.raises(
        UsageError, match=r"as_of: expected a time in ISO 8601, got .*: write it like 2026-03-06T00:00:00Z"
    ):
        instant_us(text, "as_of", naive="utc")


def test_what_is_wrong_is_said_and_what_is_no_text_is_refused_too() -> None:
    with pytest.raises(UsageError, match=r"^expected a time in ISO 8601, got .*\(there is no offset \+24:00\)$"):
        instant_us("2026-03-06T00:00+24:00")
    for value in (None, 5, datetime(2026, 3, 6)):
        with pytest.raises(UsageError, match=r"^expected a time in ISO 8601, got "):
            instant_us(value)  # type: ignore[arg-type]


def test_instant_beyond_any_calendar_is_written_as_a_number() -> None:
    assert iso_us(1 << 62) == f"{1 << 62} microseconds since 1970"
