import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError
from headrace.examples.layout import to_features
from headrace.stats import StatsSpec
from headrace.stats.reading import parts
from headrace.stats.reading.columns import ReadCounts
from headrace.stats.reading.keyed_rows import with_keys
from headrace.stats.reading.parts import parts_of


def shard(path, rows, first=0, group_rows=10):
    table = pa.table({"n": [[first + i] for i in range(rows)], "id": [[b"x"]] * rows})
    pq.write_table(table, path, row_group_size=group_rows)
    return str(path)


def read_part(part, spec, counts=None):
    return [rows.batch for rows in parts.read_part(part, spec, counts or ReadCounts())]


def numbers(batches):
    return [n for batch in batches for (n,) in batch.column(0).to_pylist()]


def test_parts_in_their_order_are_the_rows_in_their_order(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART_ROWS", 25)
    paths = [shard(tmp_path / "a", 95), shard(tmp_path / "b", 7, first=95)]
    found = parts_of("train", paths)
    assert [part.row_groups for part in found] == [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9), (0,)]
    assert [part.index for part in found] == list(range(6))
    assert numbers(batch for part in found for batch in read_part(part, StatsSpec())) == list(range(102))


def test_a_row_group_above_the_limit_is_a_part_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART_BYTES", 1)
    found = parts_of("train", [shard(tmp_path / "a", 30)])
    assert [part.row_groups for part in found] == [(0,), (1,), (2,)]


def test_batches_are_as_large_as_their_limit_allows(tmp_path, monkeypatch):
    (part,) = parts_of("train", [shard(tmp_path / "a", 40)])
    assert [batch.num_rows for batch in read_part(part, StatsSpec())] == [40]
    monkeypatch.setattr(parts, "BATCH_CELLS", 20)
    assert [batch.num_rows for batch in read_part(part, StatsSpec())] == [10] * 4
    monkeypatch.setattr(parts, "BATCH_BYTES", 1)
    assert [batch.num_rows for batch in read_part(part, StatsSpec())] == [1] * 40


def test_excluded_features_are_not_read(tmp_path):
    (part,) = parts_of("train", [shard(tmp_path / "a", 5)])
    assert [batch.schema.names for batch in read_part(part, StatsSpec(exclude=("id",)))] == [["n"]]


def test_broken_and_missing_files_are_all_named(tmp_path):
    (tmp_path / "broken").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(DataError, match=r"split 'train'.*broken.*missing"):
        parts_of("train", [str(tmp_path / "broken"), str(tmp_path / "missing")])


def test_columns_that_are_no_features_are_all_named_with_the_cure(tmp_path):
    table = pa.table({"pace": [1.5], "route": ["a"], "won": [[True]], "hour": [[7]], "names": [["a"]]})
    pq.write_table(table, tmp_path / "flat")
    with pytest.raises(DataError) as caught:
        parts_of("train", [str(tmp_path / "flat")])
    for named in (
        "flat: column 'pace' is of type double",
        "'route' is of type string",
        "'won' is of type list<",
        "to_features",
    ):
        assert named in str(caught.value)
    assert "'hour'" not in str(caught.value)
    assert "'names'" not in str(caught.value)


def test_columns_that_are_left_out_may_be_flat(tmp_path):
    pq.write_table(pa.table({"pace": [1.5], "hour": [[7]], "never": pa.nulls(1)}), tmp_path / "flat")
    assert len(parts_of("train", [str(tmp_path / "flat")], exclude=("pace",))) == 1


def test_what_to_features_makes_is_read(tmp_path):
    pq.write_table(to_features(pa.table({"pace": [1.5], "won": [True], "route": ["a"]})), tmp_path / "lists")
    assert len(parts_of("train", [str(tmp_path / "lists")])) == 1


@given(st.floats(0.1, 0.9), st.text(max_size=20))
def test_a_sample_is_some_of_the_rows_and_the_same_every_time(rate, place):
    def kept(rows):
        batch = pa.RecordBatch.from_arrays([pa.array([[n] for n in range(2000)])], ["n"])
        batches = [batch.slice(start, rows) for start in range(0, 2000, rows)]
        return numbers([each.sample(rate).batch for each in with_keys(batches, place)])

    found = kept(2000)
    assert found == sorted(set(found))
    assert found == kept(300)
    # Six standard deviations of a binomial.
    assert abs(len(found) - 2000 * rate) < 6 * (2000 * rate * (1 - rate)) ** 0.5


@pytest.mark.parametrize(("group_rows", "batch_bytes", "part_rows"), [(400, 1 << 20, 1000), (40, 1, 80), (7, 200, 7)])
def test_a_sample_is_of_the_same_rows_wherever_the_file_is_cut(
    tmp_path, monkeypatch, group_rows, batch_bytes, part_rows
):
    monkeypatch.setattr(parts, "BATCH_BYTES", batch_bytes)
    monkeypatch.setattr(parts, "PART_ROWS", part_rows)
    spec, counts = StatsSpec(sample_rate=0.3), ReadCounts()
    path = shard(tmp_path / "a", 400, group_rows=group_rows)
    kept = numbers(batch for part in parts_of("train", [path]) for batch in read_part(part, spec, counts))
    keys = next(iter(with_keys([pa.RecordBatch.from_arrays([pa.array([[n] for n in range(400)])], ["n"])], "0/a")))
    assert kept == numbers([keys.sample(0.3).batch])
    assert (counts.read, counts.sampled_out) == (400, 400 - len(kept))


def test_files_of_one_name_are_sampled_each_in_their_own_way(tmp_path):
    (tmp_path / "x").mkdir()
    paths = [shard(tmp_path / "a", 400), shard(tmp_path / "x" / "a", 400)]
    first, second = (numbers(read_part(part, StatsSpec(sample_rate=0.5))) for part in parts_of("train", paths))
    assert first != second


def test_a_large_row_group_is_read_in_even_batches_of_few_cells(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "BATCH_CELLS", 24)
    (part,) = parts_of("train", [shard(tmp_path / "a", 40, group_rows=40)])
    batches = read_part(part, StatsSpec())
    assert [batch.num_rows for batch in batches] == [10] * 4
    assert numbers(batches) == list(range(40))
