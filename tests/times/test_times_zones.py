"""Local times become the UTC that Python's zoneinfo gives, however many they are, whatever the clocks do that day."""

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from importlib import resources

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headrace.errors import UsageError
from headrace.times.local_time import to_utc
from headrace.times.zones import Offsets, database_version, zone_of

EPOCH = datetime(1970, 1, 1)
US = timedelta(microseconds=1)
# Clocks that change by an hour, by half of one, at midnight, by a whole day, and never.
ZONES = ["Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kolkata"]
ALL_ZONES = resources.files("tzdata").joinpath("zones").read_text().split()


def expected(local_us: int, zone: str, fold: int = 0) -> int:
    local = (EPOCH + local_us * US).replace(tzinfo=zone_of(zone), fold=fold)
    return (local.astimezone(timezone.utc).replace(tzinfo=None) - EPOCH) // US


def shown_at(utc_us: int, zone: str) -> int:
    return micros((EPOCH + utc_us * US).replace(tzinfo=timezone.utc).astimezone(zone_of(zone)).replace(tzinfo=None))


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // US


@pytest.mark.parametrize("zone", ZONES)
def test_every_half_hour_of_two_years_is_what_zoneinfo_says(zone: str) -> None:
    first, half_hour_us = micros(datetime(2010, 1, 3)), 30 * 60 * 1_000_000
    shown = [first + number * half_hour_us for number in range(2 * 365 * 48)]
    assert to_utc(pa.array(shown), zone).utc.to_pylist() == [expected(one, zone) for one in shown]
    later = to_utc(pa.array(shown), zone, "later")
    skipped, twice = ([False] * len(shown) if one is None else one.tolist() for one in (later.skipped, later.twice))
    ends = [(expected(one, zone), expected(one, zone, fold=1)) for one in shown]
    exists = [one == shown_at(first, zone) for one, (first, _) in zip(shown, ends, strict=True)]
    assert skipped == [not one for one in exists]
    assert twice == [there and first != last for there, (first, last) in zip(exists, ends, strict=True)]
    assert later.utc.to_pylist() == [last if two else first for two, (first, last) in zip(twice, ends, strict=True)]


MOMENTS = st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1))


@given(st.lists(st.none() | MOMENTS, max_size=8), st.sampled_from(ALL_ZONES))
def test_few_and_far_between_are_the_same_and_null_stays_null(moments: list, zone: str) -> None:
    shown = [None if moment is None else micros(moment) for moment in moments]
    found = to_utc(pa.array(shown, pa.int64()), zone).utc.to_pylist()
    assert found == [None if one is None else expected(one, zone) for one in shown]


SOON = st.just(timedelta()) | st.timedeltas(timedelta(days=-200), timedelta(days=200))


@given(
    st.lists(st.tuples(st.datetimes(datetime(3, 1, 1), datetime(9990, 1, 1)), SOON), min_size=1, max_size=8),
    st.sampled_from(ZONES),
)
# Half a year on, the clocks have changed.
@example([(datetime(2026, 1, 15), timedelta(days=180)), (datetime(2026, 1, 15), timedelta(days=-180))], "Europe/Berlin")
@example([(datetime(2026, 6, day, 12), timedelta(days=199)) for day in range(1, 29)], "Europe/Berlin")
def test_offset_of_an_instant_is_that_of_zoneinfo_within_200_days_of_any_that_was_asked_for(
    asked: list[tuple[datetime, timedelta]], zone: str
) -> None:
    around = np.array([micros(moment) for moment, _ in asked])
    moments = [moment + later for moment, later in asked]
    offsets = [moment.replace(tzinfo=timezone.utc).astimezone(zone_of(zone)).utcoffset() for moment in moments]
    found = Offsets.around(around, zone_of(zone)).at(np.array([micros(moment) for moment in moments]))
    assert found.tolist() == [offset // US for offset in offsets]


def test_times_outside_any_calendar_have_the_offset_of_its_ends() -> None:
    far = np.array([np.iinfo(np.int64).min // 2, np.iinfo(np.int64).max // 2])
    assert Offsets.around(far, zone_of("Etc/GMT-3")).at(far).tolist() == [3 * 3_600_000_000] * 2


@pytest.mark.parametrize(
    ("change", "zone", "before", "since"),
    [
        ("2026-03-29T01:00", "Europe/Berlin", 60, 120),
        ("2026-10-25T01:00", "Europe/Berlin", 120, 60),
        ("2026-04-04T15:00", "Australia/Lord_Howe", 660, 630),
        ("2011-12-30T10:00", "Pacific/Apia", -600, 840),
    ],
)
def test_clocks_change_at_the_second_and_not_a_moment_before(change: str, zone: str, before: int, since: int) -> None:
    at = micros(datetime.fromisoformat(change))
    instants = np.array([at - 1, at])
    assert (Offsets.around(instants, zone_of(zone)).at(instants) // 60_000_000).tolist() == [before, since]


def test_no_times_have_no_offsets() -> None:
    none = np.empty(0, np.int64)
    offsets = Offsets.around(none, zone_of("Asia/Kolkata"))
    assert offsets.at(none).tolist() == offsets.at_local(none).tolist() == []


def test_zones_are_those_of_the_package_and_not_of_the_machine(tmp_path) -> None:
    """Where the machine says that Berlin is UTC, Berlin is what the package says."""
    from_machine = tmp_path / "Europe" / "Berlin"
    from_machine.parent.mkdir()
    from_machine.write_bytes(resources.files("tzdata").joinpath("zoneinfo", "UTC").read_bytes())
    code = (
        "import pyarrow as pa; from headrace.times.local_time import to_utc; from zoneinfo import ZoneInfo;"
        "from datetime import datetime; assert not datetime(2026, 7, 1, tzinfo=ZoneInfo('Europe/Berlin')).utcoffset();"
        "assert to_utc(pa.array([0]), 'Europe/Berlin').utc.to_pylist() == [-3_600_000_000]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONTZPATH": str(tmp_path)})


@pytest.mark.parametrize(
    "name", ["", "Berlin", "Europe", "Europe/", "../tzdata/zones", "/etc/hosts", "Europe/Berlin\0", "__init__.py", 7]
)
def test_what_is_no_zone_is_refused_by_its_name(name: object) -> None:
    with pytest.raises(UsageError, match="expected an IANA name such as 'UTC' or 'Europe/Berlin', got "):
        zone_of(name)  # type: ignore[arg-type]


def test_version_of_the_database_is_known() -> None:
    year, *_ = database_version().split(".")
    assert 2024 <= int(year) < 2200
