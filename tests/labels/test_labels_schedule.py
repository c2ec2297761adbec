"""The as-of times of runs that repeat."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from headrace.errors import UsageError
from headrace.labels import as_of_schedule


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


def test_schedule_has_up_to_100_000_times_whenever_it_begins() -> None:
    assert len(as_of_schedule("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", every="1h")) == 25
    first, last, beyond = (f"1970-01-01T00:0{end}Z" for end in ("0:00", "1:39.999", "1:40"))
    assert len(as_of_schedule(first, last, every=0.001)) == 100_000
    with pytest.raises(UsageError, match=r"a schedule has at most 100,000 times, got every 0\.001 from"):
        as_of_schedule(first, beyond, every=0.001)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("2026-03-01", "2026-03-02T00:00Z"), "first: expected a time with an offset, got '2026-03-01'"),
        (("2026-03-03T00:00+00:00", "2026-03-02T00:00+00:00"), "last must not be before first"),
        (("2026-03-01T00:00+00:00", "2026-03-02T00:00+00:00", "0d"), "every must be above 0, got '0d'"),
        (("2026-03-01T00:00+00:00", "2026-03-02T00:00+00:00", 0.5), "a schedule has at most 100,000 times"),
    ],
)
def test_wrong_schedule_names_the_value_it_got(arguments: tuple[str, ...], told: str) -> None:
    first, last, *every = arguments
    with pytest.raises(UsageError, match=told):
        as_of_schedule(first, last, **({"every": every[0]} if every else {}))
