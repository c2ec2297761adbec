"""Durations, and times plus durations, against Python's own calendar."""

from __future__ import annotations

import functools
import itertools
from datetime import datetime

import numpy as np
import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from times.calendar_oracle import plus

from headrace.errors import UsageError
from headrace.times.calendar import add_length
from headrace.times.durations import LONGEST_S, Length, fixed_duration_us, parse_duration
from headrace.times.zones import zone_of

ZONES = [
    *("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"),
    *("Pacific/Apia", "Africa/Casablanca", "America/Sao_Paulo", "Europe/Dublin"),
    *("America/Nuuk", "America/Havana"),
]
HOUR_S = 3_600


@functools.cache
def changes_of(zone: str) -> list[int]:
    """The hours of 2011, when Apia skipped a day, and of 2026 after which the clocks of a zone show another offset."""
    years = [range(start, start + 8_760 * HOUR_S, HOUR_S) for start in (1_293_840_000, 1_767_225_600)]
    offsets = [[(at, plus_offset(at, zone)) for at in year] for year in years]
    return [now for year in offsets for (now, was), (_, will) in itertools.pairwise(year) if was != will]


def plus_offset(moment_s: int, zone: str) -> object:
    return datetime.fromtimestamp(moment_s, zone_of(zone)).utcoffset()


@st.composite
def shifts(draw: st.DrawFn) -> tuple[list[int], str, str]:
    """Times that a duration takes to the hours around a change of the clocks, or anywhere; the duration; the zone."""
    zone = draw(st.sampled_from(ZONES))
    text = draw(st.sampled_from(["1d", "-1d", "2w", "1mo", "-13mo", "1y", "1mo2d12h", "-1d30m", "36h", "0d"]))
    length = parse_duration(text)
    there = st.builds(
        lambda change, off: change * 1_000_000 + off - length.days * 86_400_000_000,
        st.sampled_from(changes_of(zone) or [1_774_746_000]),
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
        (-LONGEST_S, Length(0, 0, -LONGEST_S * 1_000_000)),
        (f"{LONGEST_S}s", Length(0, 0, LONGEST_S * 1_000_000)),
        ("-1mo2d12h30m5s6ms7us", Length(-1, -2, -(45_005 * 1_000_000 + 6_007))),
    ],
)
def test_duration_is_taken_apart(text: float | str, length: Length) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "wrong",
    [f"{LONGEST_S}s1us", "", "1", "d", "1 day", "1.5d", "+1d", "1d-1h", "4000y", 1e12, float("nan"), True, None],
)
def test_what_is_no_duration_is_refused_by_its_value(wrong: object) -> None:
    with pytest.raises(UsageError, match="expected seconds, or a text such as '90m', '7d' or '1mo2d12h'"):
        parse_duration(wrong)  # type: ignore[arg-type]


def test_days_have_24_hours_where_a_length_must_be_fixed_and_months_are_refused() -> None:
    assert fixed_duration_us("-1w2d3h") == -(9 * 24 + 3) * HOUR_S * 1_000_000
    assert fixed_duration_us(0.5) == 500_000
    for text in ("1mo", "2y3d"):
        with pytest.raises(UsageError, match=f"must be of a fixed length, in weeks .* got '{text}'"):
            fixed_duration_us(text)


@examples(2)
@given(shifts())
def test_columns_are_shifted_as_the_calendar_of_python_does(drawn: tuple[list[int], str, str]) -> None:
    moments, text, zone = drawn
    found = add_length(np.array(moments, np.int64), parse_duration(text), zone_of(zone))
    assert found.tolist() == [plus(moment, text, zone) for moment in moments]


@pytest.mark.parametrize("zone", ZONES)
def test_a_time_near_a_change_of_the_clocks_is_shifted_alike_alone_and_among_others(zone: str) -> None:
    for change in changes_of(zone) or [1_774_746_000]:
        moments = np.arange(change - 50 * HOUR_S, change + 3 * HOUR_S, HOUR_S) * 1_000_000
        alone = [
            add_length(moments[i : i + 1], parse_duration("1d"), zone_of(zone)).item() for i in range(len(moments))
        ]
        assert alone == [plus(moment, "1d", zone) for moment in moments.tolist()]
        assert alone == add_length(moments, parse_duration("1d"), zone_of(zone)).tolist()


def test_times_beyond_any_calendar_are_shifted_by_the_nearest_offset() -> None:
    far = np.array([-4_000_000_000_000_000_000, 4_000_000_000_000_000_000])
    found = add_length(far, parse_duration("1d"), zone_of("Europe/Berlin"))
    assert (found - far).tolist() == [86_400_000_000, 86_400_000_000]
