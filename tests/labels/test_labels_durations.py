"""Lengths of time, the calendar of zones, and schedules, against Python's own calendar."""

from __future__ import annotations

import itertools
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from label_join_oracle import plus

from headrace.errors import UsageError
from headrace.labels import as_of_schedule
from headrace.times.calendar import shifted, zone_of
from headrace.times.durations import Length, parsed

ZONES = [
    *("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"),
    *("Pacific/Apia", "Africa/Casablanca", "America/Sao_Paulo", "Europe/Dublin"),
    *("America/Nuuk", "America/Havana"),
]
HOUR_S = 3_600


def changes_of(zone: str) -> list[int]:
    """The hours of 2011, when Apia skipped a day, and of 2026 after which the clocks of a zone show another offset."""
    years = [range(start, start + 8_760 * HOUR_S, HOUR_S) for start in (1_293_840_000, 1_767_225_600)]
    offsets = [[(at, plus_offset(at, zone)) for at in year] for year in years]
    return [now for year in offsets for (now, was), (_, will) in itertools.pairwise(year) if was != will]


def plus_offset(moment_s: int, zone: str) -> object:
    return datetime.fromtimestamp(moment_s, ZoneInfo(zone)).utcoffset()


CHANGES = {zone: changes_of(zone) or [1_774_746_000] for zone in ZONES}


@st.composite
def shifts(draw: st.DrawFn) -> tuple[list[int], str, str]:
    """Times that a duration takes to the hours around a change of the clocks, or anywhere; the duration; the zone."""
    zone = draw(st.sampled_from(ZONES))
    text = draw(st.sampled_from(["1d", "-1d", "2w", "1mo", "-13mo", "1y", "1mo2d12h", "-1d30m", "36h", "0d"]))
    length = parsed(text)
    there = st.builds(
        lambda change, off: change * 1_000_000 + off - length.days * 86_400_000_000,
        st.sampled_from(CHANGES[zone]),
        st.integers(-3 * HOUR_S * 1_000_000, 3 * HOUR_S * 1_000_000),
    )
    return draw(st.lists(st.one_of(there, there, st.integers(0, 4_000_000_000_000_000)), max_size=20)), text, zone


@pytest.mark.parametrize(
    ("text", "length"),
    [
        (0, Length(0, 0, 0)),
        (0.0000015, Length(0, 0, 2)),
        (-1.5, Length(0, 0, -1_500_000)),
        ("90m", Length(0, 0, 5_400_000_000)),
        ("7d", Length(0, 7, 0)),
        ("2w", Length(0, 14, 0)),
        ("1y", Length(12, 0, 0)),
        ("-1mo2d12h30m5s6ms7us", Length(-1, -2, -(45_005 * 1_000_000 + 6_007))),
    ],
)
def test_duration_is_taken_apart(text: float | str, length: Length) -> None:
    assert parsed(text) == length


@pytest.mark.parametrize(
    "wrong", ["", "1", "d", "1 day", "1.5d", "+1d", "1d-1h", "4000y", 1e12, float("nan"), True, None]
)
def test_what_is_no_duration_is_refused_by_its_value(wrong: object) -> None:
    with pytest.raises(UsageError, match="expected seconds, or a text such as '90m', '7d' or '1mo2d12h'"):
        parsed(wrong)  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(shifts())
def test_columns_are_shifted_as_the_calendar_of_python_does(drawn: tuple[list[int], str, str]) -> None:
    moments, text, zone = drawn
    found = shifted(np.array(moments, np.int64), parsed(text), zone_of(zone))
    assert found.tolist() == [plus(moment, text, zone) for moment in moments]


@pytest.mark.parametrize("zone", ZONES)
def test_a_time_near_a_change_of_the_clocks_is_shifted_alike_alone_and_among_others(zone: str) -> None:
    for change in CHANGES[zone]:
        moments = np.arange(change - 50 * HOUR_S, change + 3 * HOUR_S, HOUR_S) * 1_000_000
        alone = [shifted(moments[i : i + 1], parsed("1d"), zone_of(zone)).item() for i in range(len(moments))]
        assert alone == [plus(moment, "1d", zone) for moment in moments.tolist()]
        assert alone == shifted(moments, parsed("1d"), zone_of(zone)).tolist()


def test_times_beyond_any_calendar_are_shifted_by_the_nearest_offset() -> None:
    far = np.array([-4_000_000_000_000_000_000, 4_000_000_000_000_000_000])
    found = shifted(far, parsed("1d"), zone_of("Europe/Berlin"))
    assert (found - far).tolist() == [86_400_000_000, 86_400_000_000]


def test_schedule_keeps_midnight_where_the_clocks_change() -> None:
    assert as_of_schedule("2026-03-28T00:00:00+01:00", "2026-03-30T00:00:00+02:00", zone="Europe/Berlin") == (
        "2026-03-27T23:00:00Z",
        "2026-03-28T23:00:00Z",
        "2026-03-29T22:00:00Z",
    )


def test_schedule_counts_months_from_its_first_day() -> None:
    times = as_of_schedule("2026-01-31T00:00:00Z", "2026-04-01T00:00:00Z", every="1mo")
    assert [time[:10] for time in times] == ["2026-01-31", "2026-02-28", "2026-03-31"]


def test_schedule_of_30_days_has_30_times() -> None:
    times = as_of_schedule("2026-03-01T00:00:00Z", "2026-03-30T23:59:59Z")
    assert len(times) == 30
    assert datetime.fromisoformat(times[-1].replace("Z", "+00:00")) == datetime(2026, 3, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("2026-03-01", "2026-03-02T00:00Z"), "first: expected a time with its zone, got '2026-03-01'"),
        (("2026-03-03T00:00+00:00", "2026-03-02T00:00+00:00"), "last must not be before first"),
        (("2026-03-01T00:00+00:00", "2026-03-02T00:00+00:00", "0d"), "every must be above 0, got '0d'"),
        (("2026-03-01T00:00+00:00", "2026-03-02T00:00+00:00", 0.5), "a schedule has at most 100,000 times"),
    ],
)
def test_wrong_schedule_names_the_value_it_got(arguments: tuple[str, ...], told: str) -> None:
    first, last, *every = arguments
    with pytest.raises(UsageError, match=told):
        as_of_schedule(first, last, **({"every": every[0]} if every else {}))
