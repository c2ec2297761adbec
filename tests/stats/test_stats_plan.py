"""Statistics of files: the same bytes on any engine, with any number of workers, in any order of the work."""

import random
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from stats_data import generated

from headrace.errors import DataError, UsageError
from headrace.examples.layout import write_parquet
from headrace.ledger import Ledger
from headrace.stats import MutualInformation, Override, Slice, StatsSpec, write_statistics

pytestmark = pytest.mark.tfx

EVERYTHING = StatsSpec(
    slices=("city", Slice(by={"city": ("a",), "hour": None}), Slice(name="fast", where="pace < 5")),
    sample_rate=0.7,
    label="hour",
    weight="w",
    crosses=True,
    semantic_domains=True,
    semantic_sample_rate=0.5,
    mutual_information=MutualInformation(rows=300, partitions=2),
    overrides={"id": Override(sketched=True)},
)


@pytest.fixture(scope="session")
def plan():
    pytest.importorskip("tensorflow_data_validation")
    from headrace.stats.tfdv import plan

    return plan


@pytest.fixture
def shards(tmp_path, monkeypatch):
    monkeypatch.setattr("headrace.stats.reading.parts.PART_ROWS", 500)
    monkeypatch.setattr("headrace.examples.layout.ROW_GROUP_ROWS", 250)
    paths = [str(tmp_path / f"{seed}.parquet") for seed in range(3)]
    for seed, path in enumerate(paths):
        weights = pa.array(np.random.default_rng(seed).random(1200))
        write_parquet(generated(1200, seed).append_column("w", weights), path)
    return paths


def beam(workers):
    import apache_beam
    from apache_beam.options.pipeline_options import PipelineOptions

    from headrace.execution.beam import Beam

    flags = ["--direct_running_mode=multi_threading", f"--direct_num_workers={workers}"]
    return Beam(lambda: apache_beam.Pipeline(runner="FnApiRunner", options=PipelineOptions(flags)))


class Shuffled:
    """Runs the elements of each step in a random order, each of them twice."""

    def __init__(self, seed):
        self._draw = random.Random(seed)

    def run(self, plan, observe=None):
        results = {}
        for step in plan.steps:
            items = list(step.items(results) if callable(step.items) else step.items)
            order = [*range(len(items))] * 2
            self._draw.shuffle(order)
            found = {}
            for place in order:
                again = step.work(items[place])
                assert found.setdefault(place, again) == again
            results[step.name] = [found[place] for place in range(len(items))]
        return results


def rows(count):
    return Ledger(subject="rows", total=count, parts={"measured": count, "sampled_out": 0})


def written(out_dir, split="train"):
    return (Path(out_dir) / f"Split-{split}" / "FeatureStats.pb").read_bytes()


def read(out_dir, split="train"):
    from headrace.stats.tfdv.files import read_statistics

    return read_statistics(str(Path(out_dir) / f"Split-{split}" / "FeatureStats.pb"))


@pytest.mark.parametrize("run_parts", [64, 2])
def test_the_bytes_do_not_depend_on_the_engine_nor_on_the_number_of_workers(
    plan, shards, tmp_path, monkeypatch, run_parts
):
    monkeypatch.setattr(plan, "RUN_PARTS", run_parts)
    found = set()
    for engine in ("threads:1", "threads:2", "threads:3", beam(1), beam(2), beam(3), Shuffled(1), Shuffled(2)):
        write_statistics({"train": shards}, str(tmp_path / "out"), EVERYTHING, engine=engine)
        found.add(written(tmp_path / "out"))
    assert len(found) == 1


def test_work_and_results_go_to_other_processes(plan, shards, tmp_path):
    write_statistics({"train": shards}, str(tmp_path / "threads"), StatsSpec(slices=("city",)))
    with ProcessPoolExecutor(1) as pool:  # forked: it has the size of parts of this test
        write_statistics({"train": shards}, str(tmp_path / "processes"), StatsSpec(slices=("city",)), engine=pool)
    assert written(tmp_path / "threads") == written(tmp_path / "processes")


@pytest.mark.parametrize(("cells", "rows_a_part", "run_parts"), [(900, 500, 64), (1 << 20, 250, 2), (50, 1000, 1)])
def test_what_is_counted_does_not_depend_on_batches_and_parts(
    plan, shards, tmp_path, monkeypatch, cells, rows_a_part, run_parts
):
    spec, splits = StatsSpec(slices=("city",), sample_rate=0.7), {"train": shards}
    write_statistics(splits, str(tmp_path / "as-is"), spec)
    monkeypatch.setattr("headrace.stats.reading.parts.BATCH_CELLS", cells)
    monkeypatch.setattr("headrace.stats.reading.parts.PART_ROWS", rows_a_part)
    monkeypatch.setattr(plan, "RUN_PARTS", run_parts)
    write_statistics(splits, str(tmp_path / "cut"), spec)
    sides = [read(tmp_path / name) for name in ("as-is", "cut")]
    for one, other in zip(*(side.datasets for side in sides), strict=True):
        assert (one.name, one.num_examples) == (other.name, other.num_examples)
        for mine, theirs in zip(one.features, other.features, strict=True):
            assert mine.path == theirs.path
            assert mine.string_stats == theirs.string_stats
            a, b = mine.num_stats, theirs.num_stats
            assert a.common_stats.num_non_missing == b.common_stats.num_non_missing
            assert (a.min, a.max, a.num_zeros) == (b.min, b.max, b.num_zeros)
            assert (a.mean, a.std_dev) == pytest.approx((b.mean, b.std_dev), rel=1e-9)
            # Both within 1 % of the true rank.
            assert a.median == pytest.approx(b.median, abs=0.1 if mine.path.step[0] == "pace" else 1)


def test_every_split_gets_the_file_that_stock_tools_read(shards, tmp_path):
    import tensorflow_data_validation as tfdv

    splits = {"train": shards[:2], "eval": shards[2:]}
    assert write_statistics(splits, str(tmp_path / "out")) == {"train": rows(2400), "eval": rows(1200)}
    statistics = tfdv.load_stats_binary(str(tmp_path / "out/Split-eval/FeatureStats.pb"))
    assert not tfdv.validate_statistics(statistics, tfdv.infer_schema(statistics)).anomaly_info


def test_a_sample_says_how_many_rows_it_looked_at(shards, tmp_path):
    ledger = write_statistics({"train": shards}, str(tmp_path / "out"), StatsSpec(sample_rate=0.5))["train"]
    assert ledger.total == 3600
    assert 1600 < ledger["measured"] < 2000
    assert read(tmp_path / "out").datasets[0].num_examples == ledger["measured"]


def test_a_split_of_no_rows_has_statistics_of_no_rows_beside_one_that_has_rows(shards, tmp_path):
    write_parquet(pa.table({"a": pa.array([], pa.int64())}), str(tmp_path / "none.parquet"))
    splits = {"eval": [str(tmp_path / "none.parquet")], "train": shards[:1]}
    assert write_statistics(splits, str(tmp_path / "out")) == {"eval": rows(0), "train": rows(1200)}
    assert [one.num_examples for one in read(tmp_path / "out", "eval").datasets] == [0]


def test_tf_examples_have_the_statistics_of_the_same_rows_in_parquet(tmp_path):
    import tensorflow as tf
    from tfx_bsl.coders.example_coder import RecordBatchToExamples

    # tf.Example knows no type without a value, and no empty list.
    table = generated(700).drop(["tags", "never"])
    spec = StatsSpec(slices=("city",), exclude=("raw",), identifiers=("id",))
    paths = {
        "parquet": str(tmp_path / "a.parquet"),
        "gzip": str(tmp_path / "a.gz"),
        "plain": str(tmp_path / "a.tfrecord"),
    }
    write_parquet(table, paths["parquet"])
    for kind, options in (("gzip", "GZIP"), ("plain", None)):
        with tf.io.TFRecordWriter(paths[kind], options) as writer:
            for batch in table.to_batches():
                for example in RecordBatchToExamples(batch):
                    writer.write(example)
    found = write_statistics({kind: [path] for kind, path in paths.items()}, str(tmp_path / "out"), spec)
    # Records say their number nowhere: they are counted by their frames.
    assert set(found) == set(paths)
    assert all(ledger == rows(700) for ledger in found.values())
    assert len({written(tmp_path / "out", split) for split in paths}) == 1
    wrong = StatsSpec(slices=("nope", "city"), exclude=("raw", "gone"), identifiers=("nobody",))
    named = r"'gone' \(exclude\), 'nobody' \(identifiers\), 'nope' \(slices\); they have: city, hour, id, pace, raw"
    for engine in ("threads", beam(1)):
        with pytest.raises(UsageError, match=named):
            write_statistics({"train": [paths["gzip"]]}, str(tmp_path / "refused"), wrong, engine=engine)
        assert not list(tmp_path.glob("refused*"))


def test_a_record_that_is_corrupt_is_named_and_nothing_is_written(tmp_path):
    from headrace.examples.tf_examples import write_tf_examples

    write_tf_examples(generated(50).select(["city"]), str(tmp_path / "a.gz"), batch_rows=10)
    import gzip

    data = bytearray(gzip.decompress((tmp_path / "a.gz").read_bytes()))
    data[-6] ^= 1
    (tmp_path / "a.tfrecord").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.tfrecord: record 50 at byte [\d,]+ is corrupt"):
        write_statistics({"train": [str(tmp_path / "a.tfrecord")]}, str(tmp_path / "out"))
    assert not list(tmp_path.glob("out*"))


class NoEngine:
    def run(self, plan, observe=None):
        raise AssertionError("nothing is to run")


def test_names_that_no_shard_has_are_refused_before_anything_is_read(shards, tmp_path):
    wrong = StatsSpec(slices=("nope",), exclude=("gone", "raw"), identifiers=("nobody",))
    named = r"'gone' \(exclude\), 'nobody' \(identifiers\), 'nope' \(slices\); they have: city, hour, id, never, .*, w"
    with pytest.raises(UsageError, match=named):
        write_statistics({"train": shards}, str(tmp_path / "out"), wrong, engine=NoEngine())
    assert not list(tmp_path.glob("out*"))


def test_a_name_that_one_split_has_is_known(tmp_path):
    for name, column in (("train", "city"), ("eval", "town")):
        write_parquet(pa.table({column: ["Oslo"], "n": [1]}), str(tmp_path / name))
    splits = {name: [str(tmp_path / name)] for name in ("train", "eval")}
    assert write_statistics(splits, str(tmp_path / "out"), StatsSpec(slices=("town",))) == {
        "train": rows(1),
        "eval": rows(1),
    }


def test_too_many_slices_over_all_parts_are_refused_on_any_engine(shards, tmp_path, monkeypatch):
    monkeypatch.setattr("headrace.stats.reading.slicing.MAX_SLICES", 3)
    table = pa.table({"n": list(range(4))})
    paths = [str(tmp_path / f"n-{place}") for place in range(2)]
    for place, path in enumerate(paths):
        write_parquet(table.slice(2 * place, 2), path)
    for engine in ("threads", beam(1)):
        with pytest.raises(DataError, match=r"can't slice by 'n': 4 values or more"):
            write_statistics({"train": paths}, str(tmp_path / "out"), StatsSpec(slices=("n",)), engine=engine)


def test_broken_and_flat_parquet_are_named_with_the_cure(tmp_path):
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"pace": [1.5]}), tmp_path / "flat.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    splits = {"train": [str(tmp_path / "flat.parquet"), str(tmp_path / "broken.parquet")]}
    with pytest.raises(
        DataError, match=r"flat\.parquet: column 'pace' is of type double.*to_features.*broken\.parquet"
    ):
        write_statistics(splits, str(tmp_path / "out"))


def test_a_file_that_is_neither_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("these are no records at all, whatever they are")
    with pytest.raises(DataError, match=r"notes.txt: record 1 at byte 0 is corrupt: .* expected TFRecords"):
        write_statistics({"train": [str(tmp_path / "notes.txt")]}, str(tmp_path / "out"))
    assert not list(tmp_path.glob("out*"))


def test_splits_without_shards_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no shards in split eval"):
        write_statistics({"train": ["x"], "eval": []}, str(tmp_path / "out"))
    with pytest.raises(UsageError, match="no splits"):
        write_statistics({}, str(tmp_path / "out"))


def test_a_folder_that_holds_something_else_is_not_replaced(shards, tmp_path):
    with pytest.raises(UsageError, match=r"holds '0\.parquet'"):
        write_statistics({"train": shards}, str(tmp_path))
    assert all(Path(shard).exists() for shard in shards)
    for _ in range(2):  # earlier statistics are
        write_statistics({"train": shards}, str(tmp_path / "out"))
    shutil.rmtree(tmp_path / "out")


def test_what_is_not_statistics_is_named(tmp_path):
    from headrace.stats.tfdv.files import read_statistics

    (tmp_path / "x.pb").write_bytes(b"\xff\xff\xff")
    with pytest.raises(DataError, match=r"x\.pb: expected TFDV statistics"):
        read_statistics(str(tmp_path / "x.pb"))
