"""Columns of each Arrow type and each kind of text, with a missing value: the rows of the tables in docs/types.md."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

import numpy as np
import pyarrow as pa

ROWS = 24
START = datetime(2026, 3, 3, 7, tzinfo=timezone.utc)


def columns() -> dict[str, pa.Array]:
    """One column of each Arrow type that this version of pyarrow has, with a missing value."""
    numbers = [*range(ROWS - 1), None]
    moments = [None if one is None else START + timedelta(hours=one) for one in numbers]
    days = [None if one is None else date(2026, 3, 3) + timedelta(days=one) for one in numbers]
    times = [None if one is None else time(one) for one in numbers]
    texts = [None if one is None else f"r{one}" for one in numbers]
    made: dict[str, pa.Array] = {}
    for kind in (pa.int8(), pa.int32(), pa.int64(), pa.uint32(), pa.uint64()):
        made[str(kind)] = pa.array(numbers, kind)
    made["uint64 from 2^63 on"] = pa.array([None if one is None else 2**63 + one for one in numbers], pa.uint64())
    made["int64, seconds since 1970"] = pa.array([None if one is None else 1_772_521_200 + one for one in numbers])
    halves = [None if one is None else one + 0.5 for one in numbers]
    made["float16"] = pa.array(np.arange(ROWS, dtype=np.float16), mask=np.arange(ROWS) == ROWS - 1)
    made["float, whole"] = pa.array(numbers, pa.float32())
    made["float, with fractions"] = pa.array(halves, pa.float32())
    made["double, whole"] = pa.array(numbers, pa.float64())
    made["double, with fractions"] = pa.array(halves, pa.float64())
    made["double, 1e300"] = pa.array([None if one is None else 1e300 for one in numbers])
    made["bool"] = pa.array([None if one is None else one % 2 == 0 for one in numbers])
    for precision, scale in ((20, 0), (9, 2)):
        raw = [None if one is None else Decimal(one).scaleb(-scale) for one in numbers]
        made[f"decimal128({precision}, {scale})"] = pa.array(raw, pa.decimal128(precision, scale))
    made["decimal256(60, 2)"] = pa.array(
        [None if one is None else Decimal(one) for one in halves], pa.decimal256(60, 2)
    )
    for unit in ("s", "ms", "us", "ns"):
        made[f"timestamp[{unit}]"] = pa.array(moments, pa.timestamp("us", "UTC")).cast(pa.timestamp(unit))
    made["timestamp[us, tz=UTC]"] = pa.array(moments, pa.timestamp("us", "UTC"))
    parts = [None if one is None else one * 10**9 + 500 for one in numbers]
    made["timestamp[ns], parts below us"] = pa.array(parts, pa.timestamp("ns"))
    made["date32"], made["date64"] = pa.array(days), pa.array(days, pa.date64())
    for kind in (pa.time32("s"), pa.time64("us")):
        made[str(kind)] = pa.array(times, kind)
    made["duration[us]"] = pa.array([None if one is None else timedelta(hours=one) for one in numbers])
    made["string"], made["large_string"] = pa.array(texts), pa.array(texts, pa.large_string())
    made["dictionary of string"] = pa.array(texts).dictionary_encode()
    made["dictionary of int64"] = pa.array(numbers).dictionary_encode()
    made["binary, UTF-8"] = pa.array(texts).cast(pa.binary())
    made["binary, not UTF-8"] = pa.array([None if one is None else bytes([255, one]) for one in numbers])
    made["fixed_size_binary[2], not UTF-8"] = pa.array(made["binary, not UTF-8"].to_pylist(), pa.binary(2))
    made["list of one int64"] = pa.array([None if one is None else [one] for one in numbers])
    made["list of several"] = pa.array([None if one is None else [one, one] for one in numbers])
    made["fixed_size_list of 2"] = pa.array([[one, one] for one in range(ROWS)], pa.list_(pa.int64(), 2))
    made["list of lists"] = pa.array([None if one is None else [[one]] for one in numbers])
    made["struct"] = pa.array([None if one is None else {"a": one} for one in numbers])
    made["map"] = pa.array([None if one is None else [("a", one)] for one in numbers], pa.map_(pa.string(), pa.int64()))
    interval = [None if one is None else pa.MonthDayNano([one, 0, 0]) for one in numbers]
    made["month_day_nano_interval"] = pa.array(interval, pa.month_day_nano_interval())
    made["null"] = pa.nulls(ROWS)
    if hasattr(pa, "string_view"):
        made["string_view"] = pa.array(texts, pa.string_view())
    if hasattr(pa, "RunEndEncodedArray"):
        runs = pa.array(range(1, ROWS + 1), pa.int32())
        made["run_end_encoded of int64"] = pa.RunEndEncodedArray.from_arrays(runs, pa.array(numbers))
    if hasattr(pa, "uuid"):
        ids = pa.array([None if one is None else bytes([one] * 16) for one in numbers], pa.binary(16))
        made["extension uuid"] = pa.ExtensionArray.from_storage(pa.uuid(), ids)
    if hasattr(pa, "bool8"):
        flags = pa.array([None if one is None else one % 2 for one in numbers], pa.int8())
        made["extension bool8"] = pa.ExtensionArray.from_storage(pa.bool8(), flags)
    return made


def texts() -> dict[str, pa.Array]:
    """One column of each kind of text, by an example of it."""
    rows = range(ROWS - 1)
    hours = [START + timedelta(hours=one) for one in rows]

    def of(form: str) -> list[str]:
        return [each.strftime(form) for each in hours]

    made: dict[str, list[str]] = {
        "12": [str(one) for one in rows],
        "1,300": [f"{one + 1:,}" for one in range(1300, 1300 + ROWS - 1)],
        "9223372036854775808": [str(2**63 + one) for one in rows],
        "12.5": [f"{one}.5" for one in rows],
        "12.5 and NaN": ["NaN" if one == 3 else f"{one}.5" for one in rows],
        "12.5 and inf": ["inf" if one == 3 else f"{one}.5" for one in rows],
        "1e3": [f"{one + 1}e3" for one in rows],
        "1e300": [f"{one + 1}e300" for one in rows],
        "1.234,5": [f"1.{one:03},5" for one in rows],
        "02139": [f"{one:05}" for one in rows],
        "+4912345": [f"+491234{one:03}" for one in rows],
        "$12.50": [f"${one}.50" for one in rows],
        "12 %": [f"{one} %" for one in rows],
        "5 km": [f"{one} km" for one in rows],
        "5 km and 90 m": [f"{one} km" if one % 2 else f"{one + 1}30 m" for one in rows],
        "true": [("true", "false")[one % 2] for one in rows],
        "yes": [("yes", "no")[one % 2] for one in rows],
        "0 and 1": [str(one % 2) for one in rows],
        "2026-03-03T07:00:00Z": of("%Y-%m-%dT%H:%M:%SZ"),
        "2026-03-03 07:00:00": of("%Y-%m-%d %H:%M:%S"),
        "2026-03-03T07:00:00+01:00": of("%Y-%m-%dT%H:%M:%S+01:00"),
        "2026-03-03T07:00:00.123Z": of("%Y-%m-%dT%H:%M:%S.123Z"),
        "2026-03-03T07:00:00.123456789Z": [f"2026-03-03T07:00:00.123456{700 + one}Z" for one in rows],
        "2026-03-03 07:00:00,123": of("%Y-%m-%d %H:%M:%S,123"),
        "2026-03-03 07:00:00 UTC": of("%Y-%m-%d %H:%M:%S UTC"),
        "20260303T070000Z": of("%Y%m%dT%H%M%SZ"),
        "2026-03-03": [(START + timedelta(days=one)).strftime("%Y-%m-%d") for one in rows],
        "10000-01-01": [f"10000-01-{one + 1:02}" for one in rows],
        "13.03.2026": [(START + timedelta(days=one)).strftime("%d.%m.%Y") for one in rows],
        "03/13/2026": [(START + timedelta(days=one)).strftime("%m/%d/%Y") for one in rows],
        "01/02/24": [f"01/{one + 1:02}/24" for one in rows],
        "1.2.3": [f"1.2.{one + 1}" for one in rows],
        "1772521200": [str(1_772_521_200 + 3600 * one) for one in rows],
        "1772521200000": [str(1_772_521_200_000 + 3_600_000 * one) for one in rows],
        "1772521200000000": [str(1_772_521_200_000_000 + 3_600_000_000 * one) for one in rows],
        "08:30": [f"{one:02}:30" for one in rows],
        "00:40:32": [f"00:40:{one:02}" for one in rows],
        "PT5M": [f"PT{one + 1}M" for one in rows],
        "red": [("red", "green", "blue")[one % 3] for one in rows],
        "words of any length": [f"this is text number {one}, with a comma" for one in rows],
        "6f9619ff-8b86-...": [f"6f9619ff-8b86-d011-b42d-00c04fc964{one:02}" for one in rows],
        "[1, 2]": [f"[{one}, 2]" for one in rows],
        "José": [f"Jos\u00e9 {one}" for one in rows],
        "blank": ["" for _ in rows],
    }
    return {name: pa.array([*of_rows, None]) for name, of_rows in made.items()}
