"""Statistics by Beam: files in, files out; the same bytes whoever did the work."""

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from stats_data import generated

from headrace.errors import DataError, UsageError
from headrace.examples.layout import write_parquet
from headrace.ledger import Ledger
from headrace.stats import MutualInformation, Override, Slice, StatsSpec

pytestmark = pytest.mark.tfx


@pytest.fixture(scope="session")
def run():
    pytest.importorskip("tensorflow_data_validation")
    from headrace.stats import run

    return run


@pytest.fixture
def shards(tmp_path, monkeypatch):
    monkeypatch.setattr("headrace.stats.parts.PART_ROWS", 500)
    monkeypatch.setattr("headrace.examples.layout.ROW_GROUP_ROWS", 250)
    paths = [str(tmp_path / f"{seed}.parquet") for seed in range(3)]
    for seed, path in enumerate(paths):
        weights = pa.array(np.random.default_rng(seed).random(1200))
        write_parquet(generated(1200, seed).append_column("w", weights), path)
    return paths


def pipeline(workers):
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    flags = ["--direct_running_mode=multi_threading", f"--direct_num_workers={workers}"]
    return lambda: beam.Pipeline(runner="FnApiRunner", options=PipelineOptions(flags))


def rows(count):
    return Ledger(subject="rows", total=count, parts={"measured": count, "sampled_out": 0})


def written(out_dir, split="train"):
    return (Path(out_dir) / f"Split-{split}" / "FeatureStats.pb").read_bytes()


def test_the_bytes_do_not_depend_on_the_number_of_workers(run, shards, tmp_path):
    spec = StatsSpec(
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
    found = set()
    for workers in (1, 2, 3):
        run.generate(spec, splits={"train": shards}, out_dir=str(tmp_path / "out"), make_pipeline=pipeline(workers))
        found.add(written(tmp_path / "out"))
    assert len(found) == 1


def test_the_bytes_do_not_depend_on_the_order_in_which_partials_arrive(run, shards, tmp_path, monkeypatch):
    spec = StatsSpec(slices=("city",), crosses=True, overrides={"id": Override(sketched=True)})
    found, in_order = set(), run._in_order
    for seed in range(3):
        draw = random.Random(seed)

        def arriving(partials, draw=draw):
            shuffled = list(partials)
            draw.shuffle(shuffled)
            return in_order(shuffled)

        monkeypatch.setattr(run, "_in_order", arriving)
        run.generate(spec, splits={"train": shards}, out_dir=str(tmp_path / "out"))
        found.add(written(tmp_path / "out"))
    assert len(found) == 1


@pytest.mark.parametrize(("cells", "rows_a_part", "merged_at_once"), [(900, 500, 64), (1 << 20, 250, 2), (50, 1000, 1)])
def test_what_is_counted_does_not_depend_on_batches_and_parts(
    run, shards, tmp_path, monkeypatch, cells, rows_a_part, merged_at_once
):
    spec, splits = StatsSpec(slices=("city",), sample_rate=0.7), {"train": shards}
    run.generate(spec, splits=splits, out_dir=str(tmp_path / "as-is"))
    monkeypatch.setattr("headrace.stats.parts.BATCH_CELLS", cells)
    monkeypatch.setattr("headrace.stats.parts.PART_ROWS", rows_a_part)
    monkeypatch.setattr(run, "_MERGED_AT_ONCE", merged_at_once)
    run.generate(spec, splits=splits, out_dir=str(tmp_path / "cut"))
    sides = [run.tfdv.read(str(tmp_path / name / "Split-train/FeatureStats.pb")) for name in ("as-is", "cut")]
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


def test_every_split_gets_the_file_that_stock_tools_read(run, shards, tmp_path):
    import tensorflow_data_validation as tfdv

    splits = {"train": shards[:2], "eval": shards[2:]}
    assert run.generate(StatsSpec(), splits=splits, out_dir=str(tmp_path)) == {
        "train": rows(2400),
        "eval": rows(1200),
    }
    statistics = tfdv.load_stats_binary(str(tmp_path / "Split-eval/FeatureStats.pb"))
    assert not tfdv.validate_statistics(statistics, tfdv.infer_schema(statistics)).anomaly_info


def test_a_sample_says_how_many_rows_it_looked_at(run, shards, tmp_path):
    ledger = run.generate(StatsSpec(sample_rate=0.5), splits={"train": shards}, out_dir=str(tmp_path))["train"]
    assert ledger.total == 3600
    assert 1600 < ledger["measured"] < 2000
    assert run.tfdv.read(str(tmp_path / "Split-train/FeatureStats.pb")).datasets[0].num_examples == ledger["measured"]


def test_a_split_of_no_rows_has_statistics_of_no_rows(run, tmp_path):
    write_parquet(pa.table({"a": pa.array([], pa.int64())}), str(tmp_path / "none.parquet"))
    assert run.generate(StatsSpec(), splits={"eval": [str(tmp_path / "none.parquet")]}, out_dir=str(tmp_path)) == {
        "eval": rows(0)
    }


def test_tf_examples_have_the_statistics_of_the_same_rows_in_parquet(run, tmp_path):
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
    found = run.generate(spec, splits={kind: [path] for kind, path in paths.items()}, out_dir=str(tmp_path))
    # Records say their number nowhere: they are counted by their frames.
    assert set(found) == set(paths)
    assert all(ledger == rows(700) for ledger in found.values())
    assert written(tmp_path, "parquet") == written(tmp_path, "gzip") == written(tmp_path, "plain")
    assert not list(tmp_path.glob(".facts*"))
    wrong = StatsSpec(slices=("nope", "city"), exclude=("raw", "gone"), identifiers=("nobody",))
    named = r"'gone' \(exclude\), 'nobody' \(identifiers\), 'nope' \(slices\); they have: city, hour, id, pace, raw"
    with pytest.raises(UsageError, match=named):
        run.generate(wrong, splits={"train": [paths["gzip"]]}, out_dir=str(tmp_path / "refused"))
    assert not [path for path in (tmp_path / "refused").rglob("*") if path.is_file()]


def test_names_that_no_shard_has_are_refused_before_anything_is_read(run, shards, tmp_path):
    def no_pipeline():
        raise AssertionError("nothing is to run")

    wrong = StatsSpec(slices=("nope",), exclude=("gone", "raw"), identifiers=("nobody",))
    named = r"'gone' \(exclude\), 'nobody' \(identifiers\), 'nope' \(slices\); they have: city, hour, id, never, .*, w"
    with pytest.raises(UsageError, match=named):
        run.generate(wrong, splits={"train": shards}, out_dir=str(tmp_path / "out"), make_pipeline=no_pipeline)
    assert not list(tmp_path.glob("out/**/*.pb"))


def test_a_name_that_one_split_has_is_known(run, tmp_path):
    for name, column in (("train", "city"), ("eval", "town")):
        write_parquet(pa.table({column: ["Oslo"], "n": [1]}), str(tmp_path / name))
    splits = {name: [str(tmp_path / name)] for name in ("train", "eval")}
    assert run.generate(StatsSpec(slices=("town",)), splits=splits, out_dir=str(tmp_path / "out")) == {
        "train": rows(1),
        "eval": rows(1),
    }


def test_flat_parquet_is_refused_with_the_cure(run, tmp_path):
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"pace": [1.5]}), tmp_path / "flat.parquet")
    splits = {"train": [str(tmp_path / "flat.parquet")]}
    with pytest.raises(DataError, match=r"flat\.parquet: column 'pace' is of type double.*to_features"):
        run.generate(StatsSpec(), splits=splits, out_dir=str(tmp_path / "out"))


def test_a_file_that_is_neither_is_named(run, tmp_path):
    (tmp_path / "notes.txt").write_text("these are no records at all, whatever they are")
    with pytest.raises(Exception, match=r"notes.txt: record 1 at byte 0 is corrupt"):
        run.generate(StatsSpec(), splits={"train": [str(tmp_path / "notes.txt")]}, out_dir=str(tmp_path / "out"))
    assert not list(tmp_path.glob("out/**/*.pb"))


def test_splits_without_shards_are_refused(run, tmp_path):
    with pytest.raises(UsageError, match="no shards in split eval"):
        run.generate(StatsSpec(), splits={"train": ["x"], "eval": []}, out_dir=str(tmp_path))
    with pytest.raises(UsageError, match="no splits"):
        run.generate(StatsSpec(), splits={}, out_dir=str(tmp_path))


def test_what_is_no_statistics_is_named(run, tmp_path):
    (tmp_path / "x.pb").write_bytes(b"\xff\xff\xff")
    with pytest.raises(DataError, match=r"x\.pb: expected TFDV statistics"):
        run.tfdv.read(str(tmp_path / "x.pb"))
