"""Which bucket a row belongs to: by its keys alone, the same everywhere, and as many as the data need."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.examples.layout import from_features, to_features, unlisted
from headrace.keyed import buckets as module
from headrace.keyed.buckets import CELLS, MOST, bucket_count, in_buckets, key_hashes
from headrace.labels import Label, LabelSpec, join_label_files

TEXTS = st.lists(st.none() | st.text(max_size=40), max_size=60)
NUMBERS = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=60)

EXPECTED = ["7286d36eac928c41", "0c10c7620f7edfdf", "8f67bb7824151cb2", "fc52116ce122881d"]


def table(values, kind):
    return pa.table({"k": pa.array(values, kind)})


@given(TEXTS, st.integers(0, 60))
def test_the_hash_of_a_text_depends_on_nothing_but_the_text(values, first):
    hashes = key_hashes(table(values, pa.string()))
    alone = [key_hashes(table([value], pa.string()))[0] for value in values]
    assert hashes.tolist() == alone
    sliced = table(values, pa.string()).slice(first)
    assert key_hashes(sliced).tolist() == alone[first:]
    assert len(set(alone)) == len(set(values))


@given(NUMBERS)
def test_so_does_that_of_a_number(values):
    hashes = key_hashes(table(values, pa.int64())).tolist()
    assert len(set(hashes)) == len(set(values))
    assert hashes == [key_hashes(table([value], pa.int64()))[0] for value in values]


def test_hashes_stay_as_they_are_since_shards_are_placed_by_them():
    keys = pa.table({"a": ["s1", "", None, "a text of more than eight bytes"], "b": pa.array([1, -1, None, 2**62])})
    assert [f"{one:016x}" for one in key_hashes(keys).tolist()] == EXPECTED


def test_several_keys_are_told_apart_where_they_begin_and_end():
    keys = pa.table({"a": ["a", "ab", None, "x"], "b": ["bc", "c", "x", None]})
    assert len(set(key_hashes(keys).tolist())) == 4


@given(TEXTS, st.integers(1, 9))
def test_every_row_is_in_one_bucket_and_equal_keys_in_the_same_in_their_order(values, count):
    rows = pa.table({"n": np.arange(len(values)), "k": pa.array(values, pa.string())})
    found = dict(in_buckets(rows, rows.select(["k"]), count))
    numbers = [n for part in found.values() for n in part.column("n").to_pylist()]
    assert sorted(numbers) == list(range(len(values)))
    assert all(0 <= bucket < count and part.num_rows for bucket, part in found.items())
    assert all(part.column("n").to_pylist() == sorted(part.column("n").to_pylist()) for part in found.values())
    homes = [(key, bucket) for bucket, part in found.items() for key in set(part.column("k").to_pylist())]
    assert len(homes) == len(set(values))


def test_many_rows_of_a_bucket_stay_in_their_order():
    rows = pa.table({"n": np.arange(5_000), "k": [f"k{n % 700}" for n in range(5_000)]})
    for _, part in in_buckets(rows, rows.select(["k"]), 3):
        numbers = part.column("n").to_pylist()
        assert len(numbers) > 1_000
        assert numbers == sorted(numbers)


def test_buckets_are_as_many_as_the_data_need():
    assert [bucket_count(cells) for cells in (0, 1, CELLS, CELLS + 1, 10 * CELLS)] == [1, 1, 1, 2, 10]
    assert bucket_count(10**15) == MOST


@pytest.mark.parametrize("workers", [1, 3])
def test_their_number_moves_rows_between_shards_and_changes_none(tmp_path, monkeypatch, workers):
    count = 500
    events = pa.table({"k": [f"k{n % 70}" for n in range(count)], "at": np.arange(count) * 1_000_000})
    outcomes = pa.table({"k": events["k"], "at": pa.array(np.arange(count) * 1_000_000 + 500_000), "y": [1] * count})
    for name, rows in (("events", events), ("outcomes", outcomes)):
        pq.write_table(to_features(rows), tmp_path / f"{name}.parquet")
    spec = LabelSpec(
        keys=("k",), event_time="at", outcome_time="at", as_of="2026-01-01T00:00:00Z",
        labels=(Label(name="y", value="y", window=(0, 1)),), times={"at": "epoch_us"},
    )  # fmt: skip
    found = {}
    for cells in (CELLS, 300):
        monkeypatch.setattr(module, "CELLS", cells)
        out = tmp_path / f"{cells}-{workers}"
        folders = {f"{name}_dir": str(out / name) for name in ("examples", "unlabeled", "unused")}
        sides = {name: [str(tmp_path / f"{name}.parquet")] for name in ("events", "outcomes")}
        join_label_files(spec, **sides, engine=f"threads:{workers}", **folders)
        shards = sorted((out / "examples").glob("Split-*/*.parquet"))
        rows = [row for path in shards for row in from_features(pq.read_table(path)).to_pylist()]
        ledger = json.loads((out / "examples" / "ledger.json").read_text())
        found[cells] = len(shards), sorted(map(str, rows)), ledger
    (few, rows, ledger), (many, same, again) = found.values()
    assert (few, many) == (2, 2 * -(-count * 5 // 300))
    assert rows == same
    assert ledger == again


@given(st.lists(st.lists(st.integers(0, 5), max_size=2) | st.none(), max_size=30), st.integers(0, 30))
def test_columns_of_one_value_a_row_are_flattened_and_come_back(rows, first):
    lists = pa.table({"x": pa.array(rows, pa.list_(pa.int64())), "y": [[n] for n in range(len(rows))]}).slice(first)
    lists = lists.set_column(1, "y", lists["y"].cast(pa.list_(pa.int64())))
    flat = unlisted(lists)
    assert to_features(flat).equals(lists)
    assert flat.schema.field("y").type == pa.int64()
    ones = all(row is not None and len(row) == 1 for row in rows[first:])
    assert pa.types.is_list(flat.schema.field("x").type) != ones
