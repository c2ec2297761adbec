"""Splits by time and in exact proportion: each row on one side, the same at any number of chunks."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace import UsageError
from headrace.examples.layout import from_features
from headrace.examples.splits import exact_numbers
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, TimeSplits, ingest

RECORD = RecordSpec(fields=(Field(name="n", kind="integer"), Field(name="at", kind="timestamp", required=True)))


def run(tmp_path: Path, rows: list[str], **settings) -> dict[str, list[int]]:
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "a.csv").write_text("n,at\n" + "".join(row + "\n" for row in rows))
    spec = IngestSpec(sources=(Source(name="a", pattern=str(tmp_path / "a.csv")),), record=RECORD, **settings)
    assert IngestSpec.from_json(spec.to_json()) == spec
    out = tmp_path / "examples"
    result = ingest(spec, examples_dir=str(out), rejects_dir=str(tmp_path / "rejects"))
    found = {
        split: [
            row["n"]
            for shard in sorted((out / f"Split-{split}").iterdir())
            for row in from_features(pq.read_table(shard)).to_pylist()
        ]
        for split in spec.splits
    }
    assert {split: len(rows) for split, rows in found.items()} == dict(result.rows)
    return found


def test_rows_go_to_the_split_of_their_time(tmp_path):
    rows = ["1,2026-03-04T23:59:59Z", "2,2026-03-05", "3,2026-03-07", "4,1969-01-01", "5,2026-03-06", "6,"]
    times = TimeSplits(field="at", borders=("2026-03-05", "2026-03-07T00:00:00Z"))
    found = run(tmp_path, rows, splits={"train": 1, "eval": 1, "test": 1}, split_time=times)
    assert found == {"train": [1, 4], "eval": [2, 5], "test": [3]}


@pytest.mark.parametrize("key", [(), ("n",)])
def test_exact_splits_hold_their_share_and_do_not_depend_on_chunks(tmp_path, key):
    rows = [f"{n},2026-03-05" for n in (*range(50), *range(20, 80))]  # 30 duplicates
    rows.insert(7, "x,")
    found = [
        run(tmp_path / str(size), rows, splits={"train": 7, "eval": 3}, split_exact=True, key=key, chunk_bytes=size)
        for size in (40, 300, 1 << 20)
    ]
    assert found[0] == found[1] == found[2]
    count = 80 if key else 110
    assert {split: len(rows) for split, rows in found[0].items()} == {"train": count * 7 // 10, "eval": count * 3 // 10}


@given(st.integers(0, 200), st.integers(0, 60), st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_any_part_of_an_exact_split_is_that_part_of_the_whole(place, count, weights):
    splits = {str(number): weight for number, weight in enumerate(weights)}
    whole = exact_numbers(0, 260, splits)
    assert exact_numbers(place, count, splits).tolist() == whole[place : place + count].tolist()
    block = sum(weights)
    for start in range(0, 260 - block, block):
        assert np.bincount(whole[start : start + block], minlength=len(weights)).tolist() == weights


def test_exact_splits_follow_no_rhythm():
    drawn = exact_numbers(0, 3000, {"train": 2, "eval": 1}).reshape(-1, 3)
    assert (1000 * drawn.mean(axis=0) * 3 > 900).all()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"split_time": TimeSplits(field="at", borders=())}, "must be one between any two"),
        ({"split_time": TimeSplits(field="n", borders=("2026-01-01",))}, "must be a required field of kind timestamp"),
        ({"split_exact": True, "split_by": ("n",)}, "exclude each other"),
    ],
)
def test_splits_that_can_not_be_meant_are_refused(settings, told):
    with pytest.raises(UsageError, match=told):
        IngestSpec(sources=(Source(name="a", pattern="a.csv"),), record=RECORD, **settings)


@pytest.mark.parametrize("borders", [("2026-01-02", "2026-01-01"), ("2026-01-01", "2026-01-01"), ("yesterday",)])
def test_borders_that_do_not_ascend_are_refused(borders):
    with pytest.raises(UsageError):
        TimeSplits(field="at", borders=borders)
