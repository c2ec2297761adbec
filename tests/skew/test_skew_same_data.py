"""The same data in other types are equal, changes that types hid are found, and what can't be compared is named."""

import datetime
import decimal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from headrace.errors import UsageError
from headrace.ingest.plain_file import DeclaredColumns
from headrace.skew import SkewPolicy
from headrace.skew.files import check_files
from headrace.values import declared

N = 600
RNG = np.random.default_rng(7)
REALS = np.round(RNG.normal(5, 1, N), 2)
WHOLE = RNG.integers(0, 90, N)
WORDS = [f"r{n % 7}" for n in WHOLE]
SECONDS = 1_772_521_200 + RNG.integers(0, 30 * 86_400, N)
DAYS = SECONDS // 86_400


def times(unit, zone=None, seconds=SECONDS):
    return pa.array(seconds).cast(pa.timestamp("s")).cast(pa.timestamp(unit, zone))


def decimals(digits):
    return pa.array([decimal.Decimal(f"{x:.{digits}f}") for x in REALS])


def iso(seconds, form="%Y-%m-%dT%H:%M:%SZ"):
    return pa.array([datetime.datetime.fromtimestamp(int(s), datetime.timezone.utc).strftime(form) for s in seconds])


SAME = {
    "float32, float64": [pa.array(REALS, pa.float32()), pa.array(REALS)],
    "whole floats, integers": [pa.array(WHOLE.astype(np.float32)), pa.array(WHOLE), pa.array(WHOLE.astype(float))],
    "decimal, float64, float32": [decimals(2), decimals(4), pa.array(REALS), pa.array(REALS, pa.float32())],
    "integers of any width": [pa.array(WHOLE, t) for t in (pa.int8(), pa.int32(), pa.int64(), pa.uint64())],
    "dictionary, string": [pa.array(WORDS).dictionary_encode(), pa.array(WORDS), pa.array(WORDS, pa.large_string())],
    "dictionary of numbers": [pa.array(WHOLE).dictionary_encode(), pa.array(WHOLE, pa.int16())],
    "s, ms, us, ns": [times(unit) for unit in ("s", "ms", "us", "ns")],
    "zones": [times("us"), times("ms", "UTC"), times("ns", "Europe/Berlin")],
    "date, midnight": [pa.array(DAYS, pa.int32()).cast(pa.date32()), times("s", seconds=DAYS * 86_400),
                       pa.array(DAYS * 86_400_000).cast(pa.date64())],
    "duration": [pa.array(WHOLE * 1000).cast(pa.duration("ms")), pa.array(WHOLE).cast(pa.duration("s"))],
    "time of day": [pa.array(WHOLE, pa.int32()).cast(pa.time32("s")), pa.array(WHOLE * 10**6).cast(pa.time64("us"))],
    "lists": [pa.array([[x, 1.0] for x in REALS], pa.list_(t)) for t in (pa.float32(), pa.float64())]
             + [pa.array([[x, 1.0] for x in REALS], pa.list_(pa.float32(), 2)),
                pa.array([[x, 1.0] for x in REALS], pa.large_list(pa.float64()))],
    "examples": [pa.array([[x] for x in REALS], pa.list_(pa.float32())), pa.array(REALS)],
}  # fmt: skip
SAME_WITH_TEXT = {
    "ISO text, timestamps, epoch": [iso(SECONDS), times("ms", "UTC"), pa.array(SECONDS),
                                    iso(SECONDS, "%Y-%m-%d %H:%M:%S")],
    "days": [iso(DAYS * 86_400, "%d.%m.%Y"), iso(DAYS * 86_400, "%Y-%m-%d"),
             pa.array(DAYS, pa.int32()).cast(pa.date32())],
    "numbers": [pa.array([str(x) for x in REALS]), pa.array(REALS, pa.float32())],
    "booleans": [pa.array(WHOLE > 40), pa.array([str(x) for x in WHOLE > 40])],
    "clock": [pa.array([f"{s // 3600:02d}:{s % 3600 // 60:02d}:{s % 60:02d}" for s in SECONDS % 86_400]),
              pa.array(SECONDS % 86_400, pa.int32()).cast(pa.time32("s"))],
}  # fmt: skip


def write(path, column, name="shown_at"):
    table = pa.table({name: column, "route": WORDS})  # so that no line is blank
    if path.suffix == ".csv":
        pa.csv.write_csv(table, path)
    else:
        pq.write_table(table, path)
    return str(path)


def check(tmp_path, before, now, *, ending="parquet", name="x", **options):
    sides = [
        write(
            tmp_path / f"{side}.{'csv' if pa.types.is_string(one.type) and ending == 'csv' else 'parquet'}", one, name
        )
        for side, one in (("before", before), ("now", now))
    ]
    return check_files(*sides, **options).verdict


def all_pairs(groups):
    for name, columns in groups.items():
        for i, before in enumerate(columns):
            for j, now in enumerate(columns):
                if i != j:
                    yield pytest.param(before, now, id=f"{name}: {before.type}, {now.type} {i}{j}")


@pytest.mark.parametrize(("before", "now"), all_pairs(SAME))
def test_the_same_data_in_other_types_are_equal(tmp_path, before, now):
    verdict = check(tmp_path, before, now)
    assert [str(alarm) for alarm in verdict.alarms] == []
    assert {f.distance for f in verdict.findings if f.feature} <= {0, None}
    assert not [f for f in verdict.findings if f.code == "UNSUPPORTED"]


@pytest.mark.parametrize(("before", "now"), all_pairs(SAME_WITH_TEXT))
def test_the_same_data_as_text_of_a_csv_file_are_equal(tmp_path, before, now):
    verdict = check(tmp_path, before, now, ending="csv", name="shown_at")
    assert [str(alarm) for alarm in verdict.alarms] == []
    assert {f.distance for f in verdict.findings if f.feature} <= {0, None}


LATER = SECONDS + 90 * 86_400


@pytest.mark.parametrize(
    ("before", "now"),
    [(iso(SECONDS), iso(LATER)), (pa.array(SECONDS), pa.array(LATER)), (times("us"), times("ms", seconds=LATER))],
    ids=["ISO", "epoch", "Parquet"],
)
def test_times_are_judged_in_one_way_and_shown_as_dates(tmp_path, before, now):
    verdict = check(tmp_path, before, now, ending="csv", name="shown_at")
    assert verdict.blessed
    (judged,) = [f for f in verdict.findings if f.code == "NOT_JUDGED"]
    assert judged.reason.startswith("not judged: a time, 2026-03-03T")
    assert "and 2026-06-01T" in judged.reason
    blank = pa.array([None if i % 2 else value for i, value in enumerate(now.to_pylist())], now.type)
    assert {f.code for f in check(tmp_path, before, blank, ending="csv", name="shown_at").alarms} == {"MISSING_SHARE"}
    cut = pa.array([now[0].as_py()] * N, now.type)
    assert {f.code for f in check(tmp_path, before, cut, ending="csv", name="shown_at").alarms} == {
        "IDENTIFIER_REPEATS"
    }
    types = DeclaredColumns(types={"shown_at": declared("category")})
    assert not check(tmp_path, before, cut, ending="csv", name="shown_at", declared=types).blessed


ZIPS = [f"{n:05d}" for n in RNG.integers(1_000, 9_999, N)]
CUT = [zip_code.lstrip("0") if i % 3 == 0 else zip_code for i, zip_code in enumerate(ZIPS)]


@pytest.mark.parametrize(
    ("before", "now", "share", "words"),
    [
        (pa.array(ZIPS), pa.array(CUT), 1 / 3, "leading zeros are lost"),
        (pa.array(ZIPS), pa.array([int(one) for one in ZIPS]), 1, "leading zeros are lost"),
        (pa.array([int(one) for one in ZIPS]), pa.array(ZIPS), 1, "leading zeros are new"),
    ],
    ids=["a third", "all", "back"],
)
def test_codes_that_lose_their_leading_zeros_are_an_alarm_that_names_them(tmp_path, before, now, share, words):
    sides = [tmp_path / "before.csv", tmp_path / "now.csv"]
    for path, column in zip(sides, (before, now), strict=True):
        path.write_text("zip\n" + "".join(f"{value}\n" for value in column.to_pylist()))
    verdict = check_files(*map(str, sides)).verdict
    assert {(alarm.code, alarm.hint) for alarm in verdict.alarms} <= {
        ("RESPELLED_VALUES", words),
        ("CODE_WIDTH", words),
    }
    (alarm,) = [one for one in verdict.alarms if one.code == "RESPELLED_VALUES"]
    assert alarm.distance == pytest.approx(share, abs=0.01)


def test_new_codes_that_lost_their_leading_zeros_are_an_alarm_though_no_value_is_known(tmp_path):
    sides = [tmp_path / "before.csv", tmp_path / "now.csv"]
    for path, start, form in zip(sides, (1_000, 5_000), ("{:07d}", "{}"), strict=True):
        path.write_text("order\n" + "".join(f"{form.format(start + i)}\n" for i in range(N)))
    (alarm,) = check_files(*map(str, sides)).verdict.alarms
    assert (alarm.code, alarm.distance, alarm.hint) == ("CODE_WIDTH", 1, "leading zeros are lost")
    sides[1].write_text("order\n" + "".join(f"{5_000 + i:07d}\n" for i in range(N)))
    assert check_files(*map(str, sides)).verdict.blessed


@pytest.mark.parametrize("keys", [np.arange(10_000, 10_000 + N), RNG.integers(0, 2**62, N)], ids=["dense", "sparse"])
@pytest.mark.parametrize("as_text", [False, True])
def test_a_key_of_which_every_value_comes_twice_is_an_alarm(tmp_path, keys, as_text):
    twice = np.repeat(keys[: N // 2], 2)
    before, now = (pa.array([f"k{key}" for key in side]) if as_text else pa.array(side) for side in (keys, twice))
    assert "IDENTIFIER_REPEATS" in {f.code for f in check(tmp_path, before, now).alarms}
    named = DeclaredColumns(types={"x": declared("identifier")})
    assert {f.code for f in check(tmp_path, before, now, declared=named).alarms} == {"IDENTIFIER_REPEATS"}


def test_infinities_are_counted_apart_from_missing_values_and_judged(tmp_path):
    now = pa.array(np.where(np.arange(N) % 33 == 0, np.inf, REALS))
    verdict = check(tmp_path, pa.array(REALS), now)
    (alarm,) = verdict.alarms
    assert (alarm.code, alarm.distance) == ("INFINITE_VALUES", pytest.approx(19 / N))
    assert {f.distance for f in verdict.findings if f.code == "MISSING_SHARE"} == {0}
    assert check(tmp_path, now, now).blessed


def long_ids(start: int) -> pa.Array:
    return pa.array(RNG.integers(start, 2 * start, N))


def through_floats(ids: pa.Array) -> pa.Array:
    return pa.array([int(float(one)) for one in ids.to_pylist()])


@pytest.mark.parametrize("start", [2**53, 2**61])
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
@pytest.mark.parametrize("stored", [pa.int64(), pa.float64(), pa.string()], ids=str)
@pytest.mark.parametrize("as_text", [False, True])
def test_whole_numbers_that_went_through_floats_on_one_side_have_lost_digits(tmp_path, start, suffix, stored, as_text):
    exact, other = long_ids(start), long_ids(start)
    rounded = through_floats(other)
    if stored == pa.float64() and suffix == ".csv":
        return  # written as 1.8e16 or with all digits, by taste
    rounded = pa.array([float(one) for one in rounded.to_pylist()]) if stored == pa.float64() else rounded.cast(stored)
    sides = [(one.cast(pa.string()) if as_text else one) for one in (exact, other)]
    for before, now, when in ((sides[0], rounded, "now"), (rounded, sides[0], "before")):
        found = lost_digits(tmp_path, suffix, before, now)
        assert (found.alarm, found.distance > 0.4) == (True, True)
        assert f"digits were lost {when}, where they went through floats" in found.hint
    assert not lost_digits(tmp_path, suffix, *sides).alarm
    assert lost_digits(tmp_path, suffix, rounded, rounded) is None


def lost_digits(tmp_path, suffix, before, now):
    paths = [str(tmp_path / f"{name}{suffix}") for name in ("before", "now")]
    for path, column in zip(paths, (before, now), strict=True):
        table = pa.table({"id": column})
        pq.write_table(table, path) if suffix == ".parquet" else pyarrow.csv.write_csv(table, path)
    return next((f for f in check_files(*paths).verdict.findings if f.code == "LOST_DIGITS"), None)


NESTED = {
    "struct": pa.array([{"a": 1}] * N),
    "map": pa.array([[("a", 1)]] * N, pa.map_(pa.string(), pa.int64())),
    "list of lists": pa.array([[[1], [2, 3]]] * N),
    "list of structs": pa.array([[{"a": 1}, {"a": 2}]] * N),
}


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("kind", NESTED)
def test_what_can_not_be_compared_is_named_once_and_the_rest_is_compared(tmp_path, kind, ignored):
    paths = [str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")]
    for path, add in zip(paths, (0, 3), strict=True):
        pq.write_table(pa.table({"odd": NESTED[kind], "pace": REALS + add}), path)
    verdict = check_files(*paths, SkewPolicy(ignore=("o*",) if ignored else ())).verdict
    (odd,) = [f for f in verdict.findings if f.feature == "odd"]
    assert (odd.code, odd.verdict) == ("IGNORED" if ignored else "UNSUPPORTED", "not checked")
    assert ignored or kind.split()[0] in odd.reason
    assert {f.feature for f in verdict.alarms} == {"pace"}


def test_a_list_is_compared_by_its_values_and_their_number(tmp_path):
    before, more, other = (pa.array([[f"r{(n + k) % 7}" for k in range(size)] for n in range(N)]) for size in (2, 4, 2))
    assert {f.code for f in check(tmp_path, before, more).alarms} == {"LIST_LENGTH"}
    other = pa.array([["r1", "new"]] * N)
    assert {"LINF_HIGH", "NEW_VALUES"} <= {f.code for f in check(tmp_path, before, other).alarms}


def test_a_declaration_that_the_values_contradict_is_refused(tmp_path):
    types = DeclaredColumns(types={"x": declared("time")})
    with pytest.raises(UsageError, match=r"column 'x' is declared as time, but 600 of 600 .* declare what .* epoch_s"):
        check(tmp_path, pa.array(REALS), pa.array(REALS), declared=types)
    with pytest.raises(UsageError, match="no column 'y'; there are: x"):
        check(tmp_path, pa.array(REALS), pa.array(REALS), declared=DeclaredColumns(types={"y": declared("time")}))


def test_what_whole_numbers_count_is_a_declaration(tmp_path):
    seconds, millis = pa.array(SECONDS), pa.array(SECONDS * 1000 + 1)
    assert not check(tmp_path, seconds, millis).blessed
    types = DeclaredColumns(types={"x": declared("time")})
    assert check(tmp_path, seconds, millis, declared=types).blessed
