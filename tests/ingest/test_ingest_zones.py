"""Local times become the UTC that Python's zoneinfo gives, however many they are, whatever the clocks do that day."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.times.local_time import to_utc

EPOCH = datetime(1970, 1, 1)
US = timedelta(microseconds=1)
# Clocks that change by an hour, by half of one, at midnight, by a whole day, and never.
ZONES = ["Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kolkata"]


def expected(local_us: int, zone: str) -> int:
    local = (EPOCH + local_us * US).replace(tzinfo=ZoneInfo(zone))
    return (local.astimezone(timezone.utc).replace(tzinfo=None) - EPOCH) // US


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // US


@pytest.mark.parametrize("zone", ZONES)
def test_every_quarter_of_an_hour_of_three_years_is_what_zoneinfo_says(zone: str) -> None:
    first, quarter_us = micros(datetime(2009, 12, 30)), 15 * 60 * 1_000_000
    shown = [first + number * quarter_us for number in range(3 * 366 * 96)]
    assert to_utc(pa.array(shown), zone).to_pylist() == [expected(one, zone) for one in shown]


@given(
    st.lists(st.none() | st.datetimes(datetime(1971, 1, 1), datetime(2036, 1, 1)), max_size=8), st.sampled_from(ZONES)
)
def test_few_and_far_between_are_the_same_and_null_stays_null(moments: list, zone: str) -> None:
    shown = [None if moment is None else micros(moment) for moment in moments]
    found = to_utc(pa.array(shown, pa.int64()), zone).to_pylist()
    assert found == [None if one is None else expected(one, zone) for one in shown]
