"""What joins make of columns of any type: equal values are equal keys, and no value is moved, cut off or wrapped."""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError, UsageError
from headrace.examples.layout import from_features, to_features
from headrace.labels import JoinedLabels, Label, LabelSpec, join_label_files, join_labels
from headrace.labels.splits import entity
from headrace.values import epoch, types_of

MARCH_US = 1_772_521_200_000_000


def spec_of(**changes: Any) -> LabelSpec:
    label = {name: changes.pop(name) for name in list(changes) if name in Label.__dataclass_fields__}
    label = {"name": "y", "value": "v", "window": (0, "1d"), "absence": "missing", **label}
    settings = {"keys": ("k",), "event_time": "t", "outcome_time": "r", "as_of": "2026-03-09T00:00:00Z"}
    return LabelSpec(**{**settings, "splits": {"all": 1}, "labels": (Label(**label),), **changes})


def events_of(key: Any, at: Any = None, **more: Any) -> pa.Table:
    stamps = pa.array([MARCH_US] * len(key), pa.timestamp("us"))
    return pa.table({"k": key, "t": stamps if at is None else at, **more})


def outcomes_of(key: Any, at: Any = None, value: Any = None, **more: Any) -> pa.Table:
    later = pa.array([MARCH_US + 60_000_000] * len(key), pa.timestamp("us"))
    value = pa.array([7] * len(key)) if value is None else value
    return pa.table({"k": key, "r": later if at is None else at, "v": value, **more})


def in_memory(events: pa.Table, outcomes: pa.Table, **changes: Any) -> JoinedLabels:
    return join_labels(events, outcomes, spec_of(**changes))


def in_files(folder: Path, events: pa.Table, outcomes: pa.Table, **changes: Any) -> pa.Table:
    """The labeled examples, by the way of files."""
    for name, table in (("events", events), ("outcomes", outcomes)):
        pq.write_table(table, folder / f"{name}.parquet", version="2.6")
    folders = {f"{name}_dir": str(folder / name) for name in ("examples", "unlabeled", "unused")}
    paths = {side: [str(folder / f"{side}.parquet")] for side in ("events", "outcomes")}
    join_label_files(spec_of(**changes), **paths, engine="threads:1", **folders)  # type: ignore[arg-type]
    return pa.concat_tables(pq.read_table(path) for path in sorted((folder / "examples").glob("*/*.parquet")))


def both(folder: Path, events: pa.Table, outcomes: pa.Table, **changes: Any) -> list[Any]:
    """The labels, which must be the same in memory as by way of files."""
    labels: list[Any] = in_memory(events, outcomes, **changes).labeled.column("y").to_pylist()
    if any(pa.types.is_float16(kind) for table in (events, outcomes) for kind in table.schema.types):
        return labels  # which Parquet does not have
    found = from_features(in_files(folder, events, outcomes, **changes).select(["y"])).column("y").to_pylist()
    assert [np.float32(one) if isinstance(one, float) else one for one in labels] == found
    return labels


def by_pick(folder: Path, events: pa.Table, outcomes: pa.Table, *picks: Any) -> dict[str, Any]:
    """The label of the one event, by how it is picked; the same in memory as by way of files."""
    labels = tuple(Label(name=pick, value="v", window=(0, "1d"), absence="missing", pick=pick) for pick in picks)
    (found,) = in_memory(events, outcomes, labels=labels).labeled.select(picks).to_pylist()
    if not pa.types.is_float16(outcomes["v"].type):  # which Parquet does not have
        (row,) = from_features(in_files(folder, events, outcomes, labels=labels).select(picks)).to_pylist()
        assert {pick: np.float32(one) if isinstance(one, float) else one for pick, one in found.items()} == row
    return dict(found)


def refused(folder: Path, words: str, events: pa.Table, outcomes: pa.Table, **changes: Any) -> None:
    """In memory, and by way of files."""
    with pytest.raises((DataError, UsageError), match=words):
        in_memory(events, outcomes, **changes)
    with pytest.raises((DataError, UsageError), match=words):
        in_files(folder, events, outcomes, **changes)


def type_name(value: Any) -> str:
    """What a test is called by; not by patterns, see `mutation/quick_first.py`."""
    return str(value.type) if isinstance(value, pa.Array) else ""


SEVENS = [
    pa.array([7], pa.int8()), pa.array([7], pa.uint64()), pa.array([7.0]), pa.array([7.0], pa.float32()),
    pa.array(np.array([7.0], np.float16)), pa.array([Decimal(7)], pa.decimal128(5, 0)),
    pa.array([Decimal("7.00")], pa.decimal128(5, 2)), pa.array([7]).dictionary_encode(), pa.array([[7]]),
    pa.array([7]),
]  # fmt: skip
TEXTS = [
    pa.array(["a"]), pa.array([b"a"]), pa.array(["a"], pa.large_string()), pa.array([b"a"], pa.large_binary()),
    pa.array([b"a"], pa.binary(1)), pa.array(["a"]).dictionary_encode(), pa.array([[b"a"]]),
]  # fmt: skip
DAYS = [
    pa.array([date(2026, 3, 3)]), pa.array([date(2026, 3, 3)], pa.date64()),
    pa.array([datetime(2026, 3, 3)], pa.timestamp("s")), pa.array([datetime(2026, 3, 3)], pa.timestamp("ns", "UTC")),
]  # fmt: skip
HOURS = [pa.array([time(8, 30)], kind) for kind in (pa.time32("s"), pa.time64("ns"))]
LENGTHS = [pa.array([timedelta(hours=1)], pa.duration(unit)) for unit in ("s", "us", "ns")]
TRUE = [pa.array([True]), pa.array([1]), pa.array([1.0])]
BYTES = [pa.array([b"\xff"]), pa.array([b"\xff"], pa.large_binary())]


@pytest.mark.parametrize(
    ("left", "right"),
    [(one, same[(n + 1) % len(same)])
     for same in (SEVENS, TEXTS, DAYS, HOURS, LENGTHS, TRUE, BYTES) for n, one in enumerate(same)],
    ids=type_name,
)  # fmt: skip
def test_equal_values_are_equal_keys_whatever_they_are_stored_as(
    left: pa.Array, right: pa.Array, tmp_path: Path
) -> None:
    assert both(tmp_path, events_of(left), outcomes_of(right)) == [7]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (pa.array([0.5]), r"column 'k': 0\.5 in row 1 has a fraction"),
        (pa.array([Decimal("0.50")]), r"column 'k': 0\.50 in row 1 has a fraction"),
        (pa.array([2.0**60]), "is a float so large that neighbouring whole numbers are the same float"),
        (pa.array([float("inf")]), "column 'k': infinity in row 1 is NaN or infinite"),
        (pa.array([2**64 - 1], pa.uint64()), "column 'k': 18446744073709551615 in row 1 does not fit"),
        (pa.array([1], pa.timestamp("ns")), "column 'k': .* has a part below a microsecond"),
        (pa.array([[1, 2]]), r"column 'k': \[1, 2\] in row 1 is a list of several values"),
        (pa.array([{"a": 1}]), "'k' .*is struct of a"),
    ],
    ids=type_name,
)
def test_a_key_that_is_not_exact_is_refused_by_name(key: pa.Array, words: str, tmp_path: Path) -> None:
    refused(tmp_path, words, events_of(key), outcomes_of(pa.nulls(1, key.type)))


def test_an_unsigned_key_never_meets_the_negative_number_of_the_same_bits(tmp_path: Path) -> None:
    large, negative = pa.array([2**64 - 1], pa.uint64()), pa.array([-1])
    refused(tmp_path, "column 'k': 18446744073709551615 in row 1 does not fit", events_of(large), outcomes_of(negative))
    refused(tmp_path, "column 'k': 18446744073709551615 in row 1 does not fit", events_of(negative), outcomes_of(large))


def test_keys_and_ids_of_large_floats_stay_apart(tmp_path: Path) -> None:
    # As floats of 32 bits, in which Examples hold numbers with a fraction, both would be one.
    near = pa.array([20_000_000.0, 20_000_001.0])
    values = pa.array([3, 4])
    assert both(tmp_path, events_of(near), outcomes_of(near, value=values)) == [3, 4]
    twice = outcomes_of(pa.array(["a", "a"]), value=values, i=near)
    assert both(tmp_path, events_of(pa.array(["a"])), twice, pick="sum", outcome_id="i") == [7]


NEVER_EQUAL = [(SEVENS, TEXTS), (SEVENS, DAYS), (HOURS, LENGTHS), (TEXTS, DAYS)]


@pytest.mark.parametrize(("left", "right"), [(one[0], other[0]) for one, other in NEVER_EQUAL], ids=type_name)
def test_keys_that_can_never_be_equal_are_refused(left: pa.Array, right: pa.Array, tmp_path: Path) -> None:
    refused(tmp_path, "key 'k' is .* in the events and .* in the outcomes", events_of(left), outcomes_of(right))


def test_a_key_without_any_value_fits_keys_of_any_type(tmp_path: Path) -> None:
    for kind in (pa.float32(), pa.null()):
        joined = in_memory(events_of(pa.nulls(1, kind)), outcomes_of(pa.array(["a"])))
        assert joined.excluded.column("detail").to_pylist() == ["no_key"]
        assert in_files(tmp_path, events_of(pa.nulls(1, kind)), outcomes_of(pa.array(["a"]))).num_rows == 0


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_epoch_numbers_are_read_in_their_unit_and_that_is_said(unit: str, tmp_path: Path) -> None:
    # Read as microseconds, the event would be mature since January 1970, and the outcome be found late.
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    shown, done = pa.array([1_773_874_800 * scale]), pa.array([1_773_874_860 * scale])
    events, outcomes = events_of(pa.array(["a"]), shown), outcomes_of(pa.array(["a"]), done)
    early = in_memory(events, outcomes, as_of="2026-03-19T00:00:00Z")
    assert early.immature.num_rows == 1
    assert [remark.split(":")[0] for remark in early.remarks] == ["events", "outcomes"]
    assert all(f"declare epoch_{unit}" in remark for remark in early.remarks)
    later: dict[str, Any] = {"as_of": "2026-03-29T00:00:00Z"}
    assert both(tmp_path, events, outcomes, **later) == [7]
    remarks = json.loads((tmp_path / "examples" / "ledger.json").read_text())["remarks"]
    assert remarks == list(in_memory(events, outcomes, **later).remarks)
    times = {"t": f"epoch_{unit}", "r": f"epoch_{unit}"}
    assert in_memory(events, outcomes, **later, times=times).remarks == []
    assert both(tmp_path, events, outcomes, **later, times=times) == [7]


def test_the_unit_is_that_of_all_rows_and_not_of_a_bucket(tmp_path: Path) -> None:
    keys = pa.array([f"k{n}" for n in range(40)])
    shown = pa.array([0, *[1_773_874_800] * 39])
    refused(tmp_path, "column 't' of the events has numbers from 0 to 1,773,874,800", events_of(keys, shown),
            outcomes_of(keys), buckets=7)  # fmt: skip
    times = {"t": "epoch_s"}
    labels = both(tmp_path, events_of(keys, shown), outcomes_of(keys), buckets=7, times=times, window=("-90d", "1d"))
    assert sum(label is None for label in labels) == 1


def test_a_part_of_a_microsecond_is_refused_on_either_side_of_the_event(tmp_path: Path) -> None:
    for moved in (-500, 500):
        done = pa.array([MARCH_US * 1_000 + moved], pa.timestamp("ns"))
        words = r"column 'r': 2026-03-03T\d\d:.*5 in row 1 has a part below a microsecond"
        refused(tmp_path, words, events_of(pa.array(["a"])), outcomes_of(pa.array(["a"]), done))


@pytest.mark.parametrize(
    "at",
    [
        pa.array([float("nan")]), pa.array([float("inf")]), pa.array([1.5], pa.float32()), pa.array([time(8, 30)]),
        pa.array([timedelta(1)]), pa.array(["2026-03-03"]), pa.array([True]), pa.array([Decimal(1)]),
        pa.array([10**14], pa.timestamp("s")), pa.array([-(10**14)], pa.timestamp("ms")),
        pa.array([4 * 10**6], pa.int32()).view(pa.date32()),
    ],
    ids=type_name,
)  # fmt: skip
def test_what_is_no_time_is_refused_by_name(at: pa.Array, tmp_path: Path) -> None:
    refused(tmp_path, "'r'", events_of(pa.array(["a"])), outcomes_of(pa.array(["a"]), at))


def test_a_date_is_its_midnight_and_a_float_its_microseconds(tmp_path: Path) -> None:
    events = events_of(pa.array(["a"]), pa.array([date(2026, 3, 3)]))
    for at in (pa.array([datetime(2026, 3, 3, 0, 0, 1)]), pa.array([1_772_496_001.25])):
        assert both(tmp_path, events, outcomes_of(pa.array(["a"]), at), window=(1, 2)) == [7]
    assert both(tmp_path, events, outcomes_of(pa.array(["a"]), pa.array([1_772_496_002.0])), window=(1, 2)) == [None]


VALUES = {
    "uint8": (pa.array([3, 4], pa.uint8()), 4, 7),
    "uint64": (pa.array([3, 4], pa.uint64()), 4, 7),
    "float16": (pa.array(np.array([0.5, 1.5], np.float16)), 1.5, 2.0),
    "float32": (pa.array([0.5, 1.5], pa.float32()), 1.5, 2.0),
    "double": (pa.array([0.5, 1.5]), 1.5, 2.0),
    "boolean": (pa.array([True, True]), True, 2),
    "decimal": (pa.array([Decimal("0.50"), Decimal("1.50")]), 1.5, 2.0),
    "whole decimal": (pa.array([Decimal(3), Decimal(4)], pa.decimal128(30, 0)), 4, 7),
    "duration": (pa.array([timedelta(seconds=3), timedelta(seconds=4)]), 4_000_000, 7_000_000),
    "time of day": (pa.array([time(0, 0, 3), time(0, 0, 4)]), 4_000_000, 7_000_000),
    "dictionary": (pa.array([3, 4]).dictionary_encode(), 4, 7),
    "lists": (pa.array([[3], [4]]), 4, 7),
    "text": (pa.array(["x", "y"]), "y", None),
    "category": (pa.array(["x", "y"]).dictionary_encode(), "y", None),
    "bytes": (pa.array([b"x", b"y"]), "y", None),
    "date": (pa.array([date(1970, 1, 2), date(1970, 1, 3)]), 2 * 86_400_000_000, None),
    "timestamp": (pa.array([datetime(1970, 1, 2), datetime(1970, 1, 3)], pa.timestamp("s")), 2 * 86_400_000_000, None),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_label_is_the_value_whatever_it_is_stored_as(name: str, tmp_path: Path) -> None:
    values, last, total = VALUES[name]
    at = pa.array([MARCH_US + 1, MARCH_US + 2], pa.timestamp("us"))
    events, outcomes = events_of(pa.array(["a"])), outcomes_of(pa.array(["a", "a"]), at, values)
    if total is None:
        assert by_pick(tmp_path, events, outcomes, "last") == {"last": last}
        refused(tmp_path, "label 'y' is the sum of numbers, but column 'v'", events, outcomes, pick="sum")
        return
    highest = int(last) if last is True else last
    expected = {"last": last, "sum": total, "mean": total / 2, "max": highest, "any": 1, "count": 2}
    assert by_pick(tmp_path, events, outcomes, *expected) == expected


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (pa.array([2**63], pa.uint64()), "column 'v': 9223372036854775808 in row 1 does not fit a signed integer"),
        (pa.array([b"\xff"]), "column 'v': 0xff in row 1 is not UTF-8 text"),
        (pa.array([[1, 2]]), r"column 'v': \[1, 2\] in row 1 is a list of several values"),
        (pa.array([{"a": 1}]), "column 'v'.* is struct of a"),
        (pa.array([Decimal(10**20)], pa.decimal128(30, 0)), "column 'v': 1000.* in row 1 does not fit"),
    ],
    ids=type_name,
)
def test_a_value_that_does_not_fit_is_refused_by_name(value: pa.Array, words: str, tmp_path: Path) -> None:
    refused(tmp_path, words, events_of(pa.array(["a"])), outcomes_of(pa.array(["a"]), value=value))


def test_a_label_of_times_has_no_negative(tmp_path: Path) -> None:
    words = "label 'y' is of column 'v', which is time and has no negative: set absence to 'missing' or 'exclude'"
    outcomes = outcomes_of(pa.array(["a"]), value=DAYS[0])
    refused(tmp_path, words, events_of(pa.array(["a"])), outcomes, absence="negative")


def test_a_number_beyond_float32_is_refused_where_it_becomes_a_feature(tmp_path: Path) -> None:
    events, outcomes = events_of(pa.array(["a"])), outcomes_of(pa.array(["a"]), value=pa.array([1e300]))
    labeled = in_memory(events, outcomes).labeled
    assert labeled.column("y").to_pylist() == [1e300]
    with pytest.raises(DataError, match=r"column 'y': 1e\+300 in row 1 does not fit a float of 32 bits"):
        to_features(labeled)
    with pytest.raises(DataError, match=r"outcomes.parquet: column 'v': 1e\+300 in row 1 does not fit a float of 32"):
        in_files(tmp_path, events, outcomes)
    twice = outcomes_of(pa.array(["a", "a"]), value=pa.array([3e38, 3e38]))
    assert in_memory(events, twice, pick="sum").labeled.column("y").to_pylist() == [6e38]
    with pytest.raises(DataError, match=r"column 'y': 6\.?\d*e\+38"):
        in_files(tmp_path, events, twice, pick="sum")
    most = outcomes_of(pa.array(["a"] * 3), value=pa.array([1e308] * 3))
    with pytest.raises(DataError, match=r"label 'y', the sum of column 'v': of 3 outcomes .* beyond 1\.8e308"):
        in_memory(events, most, pick="sum")


def test_a_sum_beyond_64_bits_is_refused_and_a_mean_is_not_wrapped(tmp_path: Path) -> None:
    key = pa.array(["a"] * 10)
    large = outcomes_of(key, value=pa.array([10**18] * 10))
    words = "label 'y', the sum of column 'v': of 10 outcomes it is 10,000,000,000,000,000,000, which"
    refused(tmp_path, words, events_of(key.slice(0, 1)), large, pick="sum")
    assert in_memory(events_of(key.slice(0, 1)), large, pick="mean").labeled.column("y").to_pylist() == [1e18]
    below = outcomes_of(key, value=pa.array([-(10**18)] * 10))
    refused(tmp_path, "-10,000,000,000,000,000,000", events_of(key.slice(0, 1)), below, pick="sum")


@given(
    st.lists(
        st.lists(st.sampled_from([2**62, -(2**62), 2**62 - 1, 2**63 - 1, -(2**63), 1, -1, 0]), max_size=4), max_size=5
    )
)
def test_a_sum_is_exact_or_refused_and_a_mean_depends_on_its_own_values_alone(groups: list[list[int]]) -> None:
    rows = [(f"k{n}", value) for n, group in enumerate(groups) for value in group]
    events = events_of(pa.array([f"k{n}" for n in range(len(groups))], pa.string()))
    outcomes = outcomes_of(
        pa.array([key for key, _ in rows], pa.string()), value=pa.array([v for _, v in rows], pa.int64())
    )
    sums = [sum(group) for group in groups]
    means = in_memory(events, outcomes, pick="mean").labeled.column("y").to_pylist()
    for key, group, mean in zip(range(len(groups)), groups, means, strict=True):
        assert mean == (pytest.approx(sum(group) / len(group), rel=1e-15, abs=1e-3) if group else None)
        alone = outcomes.filter(pa.array([one == f"k{key}" for one, _ in rows], pa.bool_()))
        (same,) = in_memory(events.slice(key, 1), alone, pick="mean").labeled.column("y").to_pylist()
        assert same == mean
    if all(-(2**63) <= one < 2**63 for one in sums):
        found = in_memory(events, outcomes, pick="sum").labeled.column("y").to_pylist()
        assert found == [one if group else None for one, group in zip(sums, groups, strict=True)]
    else:
        with pytest.raises(DataError, match="does not fit 64 bits"):
            in_memory(events, outcomes, pick="sum")


ODD = st.sampled_from([math.inf, -math.inf, 1.7e308, -1.7e308, math.nan, None, 1.5])


@given(
    st.lists(st.lists(ODD, max_size=5), min_size=1, max_size=4), st.sampled_from(["sum", "mean", "min", "max", "any"])
)
def test_no_aggregate_is_nan_and_none_is_infinite_unless_a_value_is(
    groups: list[list[float | None]], pick: str
) -> None:
    rows = [(f"k{n}", value) for n, group in enumerate(groups) for value in group]
    events = events_of(pa.array([f"k{n}" for n in range(len(groups))]))
    keys = pa.array([key for key, _ in rows], pa.string())
    outcomes = outcomes_of(keys, value=pa.array([v for _, v in rows], pa.float64()))
    try:
        found = in_memory(events, outcomes, pick=pick).labeled.column("y").to_pylist()
    except DataError as error:
        assert pick in ("sum", "mean")
        assert re.search(r"label 'y', .*(minus infinity|beyond 1.8e308).*\(event of .* with k 'k\d'\)", str(error))  # noqa: PT017
        return
    for label, group in zip(found, groups, strict=True):
        assert label is None or not math.isnan(label)
        assert label is None or math.isfinite(label) or any(v is not None and math.isinf(v) for v in group)
        if pick in ("sum", "mean"):
            assert not {math.inf, -math.inf} <= set(group)


def test_infinities_of_both_signs_have_no_sum(tmp_path: Path) -> None:
    outcomes = outcomes_of(pa.array(["a", "a"]), value=pa.array([math.inf, -math.inf]))
    words = "column 'v': of 2 outcomes some are infinity and some minus infinity, of which there is no sum"
    for pick in ("sum", "mean"):
        refused(tmp_path, words, events_of(pa.array(["a"])), outcomes, pick=pick)


PASSENGERS = {
    "date": pa.array([date(2026, 3, 3), date(2026, 3, 4)]),
    "date64": pa.array([date(2026, 3, 3), date(2026, 3, 4)], pa.date64()),
    "time32": pa.array([time(8, 30), None], pa.time32("s")),
    "time64": pa.array([time(8, 30), None], pa.time64("ns")),
    "duration": pa.array([timedelta(hours=1), None]),
    "decimal": pa.array([Decimal("1.50"), Decimal("2.25")]),
    "double": pa.array([1.5, None]),
    "null": pa.nulls(2),
    "uint64": pa.array([2**63 - 1, 0], pa.uint64()),
    "embedding": pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float64(), 2)),
    "large list": pa.array([["a", "b"], []], pa.large_list(pa.large_string())),
    "category": pa.array(["a", "b"]).dictionary_encode(),
    "bytes": pa.array([b"\xff", b"\x00"]),
    "timestamp": pa.array([datetime(2026, 3, 3), None], pa.timestamp("ms", "Europe/Berlin")),
}


@pytest.mark.parametrize("name", PASSENGERS)
def test_a_column_that_is_neither_key_nor_time_passes_through_whatever_its_type(name: str, tmp_path: Path) -> None:
    # The two events tie in key and time, so that their order goes by the hash of the row.
    events, outcomes = events_of(pa.array(["a", "a"]), p=PASSENGERS[name]), outcomes_of(pa.array(["a"]))
    found = in_memory(events, outcomes).labeled
    assert sorted(map(str, found.column("p").to_pylist())) == sorted(map(str, events.column("p").to_pylist()))
    files = in_files(tmp_path, events, outcomes)
    assert files.column("p").to_pylist() == to_features(found).column("p").to_pylist() or pa.types.is_nested(
        events["p"].type
    )
    assert types_of(files.schema)["t"] == epoch("us") or types_of(files.schema)["t"].resolution == "us"


STRUCTS = {
    "struct": pa.array([{"a": n} for n in range(4)]),
    "map": pa.array([[("x", n)] for n in range(4)], pa.map_(pa.string(), pa.int64())),
    "list of lists": pa.array([[[n]] for n in range(4)]),
    "list of structs": pa.array([[{"a": n}] for n in range(4)]),
    "far times in structs": pa.array([{"a": n * 10**17} for n in range(4)], pa.struct([("a", pa.timestamp("ms"))])),
    "large numbers": pa.array([1e300 * n for n in range(4)]),
}


@pytest.mark.parametrize("name", STRUCTS)
def test_what_no_example_can_hold_passes_in_memory_in_any_order_and_is_named_in_files(
    name: str, tmp_path: Path
) -> None:
    events, outcomes = events_of(pa.array(["a"] * 4), p=STRUCTS[name]), outcomes_of(pa.array(["a"]))
    expected = in_memory(events, outcomes).labeled
    assert expected.num_rows == 4
    for order in ([3, 2, 1, 0], [1, 3, 0, 2]):
        assert in_memory(events.take(order), outcomes).labeled.equals(expected)
    with pytest.raises(DataError, match=r"column 'p'.*events.parquet|events.parquet: column 'p'"):
        in_files(tmp_path, events, outcomes)


def test_declared_types_travel_to_the_examples(tmp_path: Path) -> None:
    events = events_of(pa.array(["a"]), signup=pa.array([1_773_874_800]))
    times = {"signup": "epoch_s"}
    examples = in_files(tmp_path, events, outcomes_of(pa.array(["a"])), times=times)
    assert types_of(examples.schema)["signup"] == epoch("us")
    assert examples.column("signup").to_pylist() == [[1_773_874_800_000_000]]
    words = "times declares 'signed', which is not a column of the events or the outcomes"
    refused(tmp_path, words, events, outcomes_of(pa.array(["a"])), times={"signed": "epoch_s"})


def test_an_entity_is_in_one_split_whatever_its_name_is_stored_as(tmp_path: Path) -> None:
    names = [pa.array([7, 8, 9]), pa.array([7.0, 8.0, 9.0]), pa.array([7, 8, 9], pa.uint16())]
    found = []
    for name in names:
        events = events_of(pa.array(["a", "b", "c"]), who=name)
        in_files(tmp_path, events, outcomes_of(pa.array(["a"])), splits={"one": 1, "two": 1}, split_by=("who",))
        paths = sorted((tmp_path / "examples").glob("*/*.parquet"))
        found.append([sorted(pq.read_table(path).column("k").to_pylist()) for path in paths])
    assert found[0] == found[1] == found[2]
    events = events_of(pa.array(["a", "b"]), who=pa.array([b"\xff", "ü".encode()]))
    assert (
        in_files(
            tmp_path, events, outcomes_of(pa.array(["a"])), split_by=("who",), splits={"one": 1, "two": 1}
        ).num_rows
        == 2
    )


def test_an_entity_has_one_text_of_its_own_whatever_stands_beside_it() -> None:
    names = ["a", "ü".encode(), b"\xff", b"\xff\x00", "ff", None, ""]
    texts = entity(pa.table({"who": pa.array(names, pa.binary())}), ["who"]).to_pylist()
    assert len(set(texts)) == len(names)
    for place, name in enumerate(names):
        assert entity(pa.table({"who": pa.array([name], pa.binary())}), ["who"]).to_pylist() == [texts[place]]
    assert entity(pa.table({"who": ["a", "ü"]}), ["who"]).to_pylist() == texts[:2]


def test_what_absence_and_order_say_is_held_exactly_or_refused(tmp_path: Path) -> None:
    events, outcomes = events_of(pa.array(["a", "b"])), outcomes_of(pa.array(["a"]), value=pa.array([0.5]))
    assert both(tmp_path, events, outcomes, absence="negative", negative=2**24 + 1) == [0.5, 2.0**24 + 1]
    for negative in (2**70, 1e300, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="negative"):
            Label(name="y", value="v", negative=negative)
    for order in ((2**70,), (2**53 + 1,)):
        refused(tmp_path, "label 'y' has the order .* exactly", events, outcomes, order=order, pick="priority")
