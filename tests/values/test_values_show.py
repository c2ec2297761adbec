"""Values as people read them: exact, and by their type."""

from __future__ import annotations

import re
import time
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pytest
from arrow_columns import Sample, samples
from hypothesis import given
from hypothesis import strategies as st

from headrace.values import ColumnType, declared, epoch, show, show_at
from headrace.values.show import show_duration, show_time


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (1_772_492_400_000_000, epoch("us"), "2026-03-02T23:00:00Z"),
        (1_772_492_400, epoch("s"), "2026-03-02T23:00:00Z"),
        (-1, epoch("ns"), "1969-12-31T23:59:59.999999999Z"),
        (0, ColumnType(kind="time"), "1970-01-01T00:00:00"),
        (-62_135_596_800, epoch("s"), "0001-01-01T00:00:00Z"),
        (2**62, epoch("s"), "4611686018427387904 s since 1970"),
        (datetime(2026, 3, 3, 1, tzinfo=timezone(timedelta(hours=2))), declared("time"), "2026-03-02T23:00:00Z"),
        (20_514, declared("date"), "2026-03-02"),
        (20_514 * 86_400_000_000, ColumnType(kind="date", resolution="us"), "2026-03-02"),
        (date(2026, 3, 2), declared("date"), "2026-03-02"),
        (30_600_000_000, declared("time_of_day"), "08:30:00"),
        (90_500_000, declared("duration"), "1 min 30.5 s"),
        (-93_600, ColumnType(kind="duration", resolution="s"), "-1 d 2 h"),
        (0, declared("duration"), "0 s"),
        (timedelta(days=-1, seconds=1.5), declared("duration"), "-23 h 59 min 58.5 s"),
        (Decimal("1.50"), declared("decimal"), "1.50"),
        (Decimal("1E+3"), declared("decimal"), "1000"),
        (b"\xff\x00", declared("bytes"), "0xff00"),
        (b"M\xc3\xbcnchen", declared("bytes"), "'München'"),
        ("02139", declared("identifier"), "'02139'"),
        (4.2, declared("quantity in km"), "4.2 km"),
        (1, declared("boolean"), "true"),
        (None, declared("integer"), "missing"),
        (float("nan"), declared("real"), "NaN"),
        (float("-inf"), declared("real"), "-infinity"),
        ([1, 2], ColumnType(kind="list", element=declared("integer")), "[1, 2]"),
        ([True, False], ColumnType(kind="list", element=declared("integer")), "[true, false]"),
    ],
)
def test_a_value_is_shown_by_its_type(value: object, kind: ColumnType, shown: str) -> None:
    assert show(value, kind) == shown


def test_a_time_is_shown_in_utc_whatever_the_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 3, 3, 1, tzinfo=timezone(timedelta(hours=2)))
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        shown = show(moment, declared("time"))
    time.tzset()
    assert shown == "2026-03-02T23:00:00Z"


@given(st.datetimes())
def test_a_time_that_is_shown_reads_as_that_time(moment: datetime) -> None:
    us = (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    shown = show_time(us).removesuffix("Z")
    whole, _, digits = shown.partition(".")
    assert datetime.fromisoformat(whole) + timedelta(microseconds=int((digits or "0").ljust(6, "0"))) == moment


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_duration_that_is_shown_adds_up(us: int) -> None:
    shown = show_duration(us)
    sizes = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
    parts = re.findall(r"([0-9,.]+) (d|h|min|s)", shown)
    total = sum(Decimal(number.replace(",", "")) * sizes[unit] for number, unit in parts)
    assert (-total if shown.startswith("-") else total) * 10**6 == us


@given(samples())
def test_every_value_of_every_type_can_be_shown(sample: Sample) -> None:
    for row, value in enumerate(sample.values):
        shown = show_at(sample.column, row)
        assert (shown == "missing") == (value is None), shown


def test_long_values_are_cut() -> None:
    assert len(show("x" * 10_000, declared("text"))) < 100
    assert show(b"\x00" * 1000, declared("bytes")).endswith("... (1,000 bytes)")
    # What is shown in full does not look cut.
    assert show(b"\x00" * 32, declared("bytes")) == "0x" + "00" * 32
    assert show("x" * 80, declared("text")) == repr("x" * 80)
    assert show([7] * 8, ColumnType(kind="list", element=declared("integer"))) == str([7] * 8)
    listed = ColumnType(kind="list", element=declared("integer"))
    for count, shown in ((8, "[0, 1, 2, 3, 4, 5, 6, 7]"), (9, "[0, 1, 2, 3, 4, 5, 6, 7, ...]")):
        assert show(list(range(count)), listed) == show_at(pa.array([list(range(count))]), 0) == shown
