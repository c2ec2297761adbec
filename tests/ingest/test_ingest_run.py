"""Files to files: every row is accepted, rejected, duplicate or withheld, and the output does not depend on workers."""

import glob
import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from execution.engines_under_test import two_processes

from headrace import DataError, UsageError
from headrace.examples.layout import from_features
from headrace.execution.cores import limited_to
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, TimeRange, ingest
from headrace.ingest.result import IngestResult

RECORD = RecordSpec(
    fields=(
        Field(name="id"),
        Field(name="runner"),
        Field(name="at", kind="timestamp"),
        Field(name="bpm", kind="integer", minimum=30),
    )
)


def write_days(root: Path, *days: list[str]) -> str:
    root.mkdir(parents=True, exist_ok=True)
    for number, rows in enumerate(days, start=1):
        (root / f"day-{number}.csv").write_text("\n".join(["id,runner,at,bpm", *rows]) + "\n")
    return str(root / "day-*.csv")


def spec_of(pattern, **settings) -> IngestSpec:
    return IngestSpec(sources=(Source(name="app", pattern=pattern),), **{"record": RECORD, **settings})


def run(spec, out: Path, **options):
    result = ingest(spec, examples_dir=str(out / "examples"), rejects_dir=str(out / "rejects"), **options)
    assert sorted(os.listdir(out)) == ["examples", "rejects"]
    assert sorted(os.listdir(out / "examples")) == sorted(f"Split-{split}" for split in spec.splits)
    assert sorted(os.listdir(out / "rejects")) == ["ledger.json", "rejects.parquet"]
    assert IngestResult.from_json((out / "rejects" / "ledger.json").read_text()) == result
    assert (
        sum(len(rows_of(out, split)) for split in spec.splits) == result.ledger["accepted"] == sum(result.rows.values())
    )
    assert pq.read_table(out / "rejects" / "rejects.parquet").num_rows == result.ledger["rejected"]
    return result


def rows_of(out: Path, split: str):
    paths = sorted(glob.glob(str(out / "examples" / f"Split-{split}" / "*.parquet")))
    return [row for path in paths for row in from_features(pq.read_table(path)).to_pylist()]


def ids(out: Path, split: str = "all") -> list[str]:
    return [row["id"] for row in rows_of(out, split)]


def tree(out: Path) -> dict[str, bytes]:
    files = (Path(folder) / name for folder, _, names in os.walk(out) for name in names)
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


ROWS = [f"e{n},r{n % 7},2026-03-0{1 + n % 3}T00:00:00Z,{20 + n}" for n in range(60)]


def test_every_row_leaves_through_one_door(tmp_path):
    days = write_days(tmp_path / "in", ROWS[:40], [*ROWS[30:], "broken", '"open'])
    between = TimeRange(field="at", start="2026-03-01", end="2026-03-03")
    result = run(spec_of(days, key=("id",), between=between), tmp_path / "out")
    # 10 rows below 30 bpm in the first file, two that are no rows in the second; each third row is of the third day.
    assert dict(result.ledger.parts) == {"accepted": 33, "rejected": 12, "duplicate": 7, "withheld": 20}
    assert result.ledger.total == 72
    first, second = result.by_file.values()
    assert (first.total, second.total, second["duplicate"], first["duplicate"]) == (40, 32, 7, 0)
    assert [alarm.code for alarm in result.alarms] == ["REJECTS", "DUPLICATES"]
    words = result.alarms[0].words
    assert words.startswith("12 of 72 rows of app were rejected (16.67%; expected at most 0.00%): ")
    assert "; the first in day-1.csv, line " in words


def test_rows_keep_the_order_of_the_input(tmp_path):
    days = write_days(tmp_path / "in", ROWS[10:40], ROWS[40:])
    run(spec_of(days, splits={"all": 1}, chunk_bytes=500), tmp_path / "out")
    assert ids(tmp_path / "out") == [f"e{n}" for n in range(10, 60)]


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 20])
@pytest.mark.parametrize(
    ("keep", "order_by", "kept"),
    [
        ("first", None, ["a1", "b1", "", "", "c1"]),
        ("last", None, ["", "", "a3", "c1", "b2"]),
        ("first", "bpm", ["b1", "", "", "a2", "c1"]),
        ("last", "bpm", ["a1", "", "", "c1", "b2"]),
    ],
)
def test_of_duplicates_across_files_one_is_kept(tmp_path, keep, order_by, kept, chunk_bytes):
    rows = ["a,a1,,80", "b,b1,,50", ",,,40"], [",,,40", "a,a2,,60", "a,a3,,70", "c,c1,,", "b,b2,,90"]
    days = write_days(tmp_path / "in", *rows)
    spec = spec_of(
        days, key=("id",), keep=keep, order_by=order_by, splits={"all": 1}, chunk_bytes=chunk_bytes, buckets=3
    )
    result = run(spec, tmp_path / "out")
    runners = [row["runner"] or "" for row in rows_of(tmp_path / "out", "all")]
    assert runners == kept
    # Two rows without a key: nobody's duplicates.
    assert result.ledger["duplicate"] == 3


def test_keys_of_several_fields_are_compared_part_by_part(tmp_path):
    days = write_days(tmp_path / "in", ["a,bc,,60", "ab,c,,60", "a,bc,,70"])
    assert run(spec_of(days, key=("id", "runner")), tmp_path / "out").ledger["duplicate"] == 1


def test_an_entity_stays_on_one_side_of_the_split(tmp_path):
    days = write_days(tmp_path / "in", [f"e{n},r{n % 50},,60" for n in range(500)])
    run(spec_of(days, split_by=("runner",)), tmp_path / "out")
    train, evaluation = ({row["runner"] for row in rows_of(tmp_path / "out", split)} for split in ("train", "eval"))
    assert not train & evaluation
    assert len(train) > len(evaluation) > 5


def test_a_row_goes_to_the_same_split_wherever_it_stands(tmp_path):
    run(spec_of(write_days(tmp_path / "in", ROWS[10:])), tmp_path / "out")
    run(spec_of(write_days(tmp_path / "in2", ROWS[50:], ROWS[10:50])), tmp_path / "out2")
    assert set(ids(tmp_path / "out", "train")) == set(ids(tmp_path / "out2", "train"))


@pytest.mark.parametrize("key", [(), ("id",)])
@pytest.mark.parametrize("record", [RECORD, None])
def test_output_is_the_same_byte_for_byte_with_any_workers_and_cores(tmp_path, key, record):
    days = write_days(tmp_path / "in", ROWS[:40], ROWS[20:], ["broken", "x,,,1"])
    spec = spec_of(days, key=key, record=record, chunk_bytes=700)

    with limited_to(1):
        run(spec, tmp_path / "one")
    run(spec, tmp_path / "two", engine="threads:2")
    run(spec, tmp_path / "processes", engine=two_processes())
    with limited_to(4):
        run(spec, tmp_path / "four cores")
    run(spec, tmp_path / "one")  # again, over what is there
    for name in ("two", "processes", "four cores"):
        assert tree(tmp_path / "one") == tree(tmp_path / name)


def test_chunks_change_shards_but_not_rows(tmp_path):
    days = write_days(tmp_path / "in", ROWS[:40], [*ROWS[20:], "broken"])
    for size in (150, 1000, 1 << 20):
        run(spec_of(days, key=("id",), chunk_bytes=size), tmp_path / str(size))
    for split in ("train", "eval"):
        small, middle, whole = (rows_of(tmp_path / str(size), split) for size in (150, 1000, 1 << 20))
        assert small == middle == whole
    rejects = [pq.read_table(tmp_path / str(size) / "rejects" / "rejects.parquet") for size in (150, 1000, 1 << 20)]
    assert rejects[0].equals(rejects[1])
    assert rejects[0].equals(rejects[2])


def test_a_split_without_rows_has_a_shard_with_the_columns(tmp_path):
    days = write_days(tmp_path / "in", ["e1,r1,,60"])
    run(spec_of(days), tmp_path / "out")
    (train,), (evaluation,) = (
        glob.glob(str(tmp_path / "out/examples" / f"Split-{s}" / "*")) for s in ("train", "eval")
    )
    assert pq.read_schema(train).equals(pq.read_schema(evaluation))
    assert {os.path.basename(train), os.path.basename(evaluation)} == {"part-00000-of-00001.parquet"}


def test_a_key_is_compared_as_the_whole_data_show_it_not_as_one_file_does(tmp_path):
    (tmp_path / "a.csv").write_text("n\n1.50\n2.0\n")  # alone, these are numbers
    (tmp_path / "b.csv").write_text("n\n1.5\nx\n")
    record = RecordSpec(fields=(Field(name="n", kind="observed"),))
    pattern = str(tmp_path / "[ab].csv")
    result = run(spec_of(pattern, record=record, key=("n",), splits={"all": 1}), tmp_path / "out")
    assert result.ledger["duplicate"] == 0
    assert [row["n"] for row in rows_of(tmp_path / "out", "all")] == ["1.50", "2.0", "1.5", "x"]


def test_all_shards_have_one_schema_though_chunks_show_different_kinds(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"n": 1}\n{"n": 2.5}\n{"t": "x", "n": null}\n')
    spec = spec_of(str(tmp_path / "a.jsonl"), record=None, chunk_bytes=1, splits={"all": 1})
    result = run(spec, tmp_path / "out")
    assert dict(result.fields) == {"n": "float", "t": "text"}
    paths = glob.glob(str(tmp_path / "out/examples/Split-all/*"))
    assert len(paths) == 3
    assert len({str(pq.read_schema(path)) for path in paths}) == 1


def test_a_file_that_two_sources_name_is_refused(tmp_path):
    write_days(tmp_path / "in", ROWS[:10], ROWS[10:])
    sources = (
        Source(name="a", pattern=str(tmp_path / "in" / "*.csv")),
        Source(name="b", pattern=str(tmp_path / "in" / "day-2.csv")),
    )
    with pytest.raises(DataError, match=r"day-2\.csv is of the sources 'a' and 'b': expected one"):
        run(IngestSpec(sources=sources, record=RECORD), tmp_path / "out")


def test_files_without_rows_are_fine(tmp_path):
    result = run(spec_of(write_days(tmp_path / "in", [])), tmp_path / "out")
    assert (result.ledger.total, result.rows, result.alarms) == (0, {"train": 0, "eval": 0}, [])


def test_policy_fail_names_the_first_reject_and_leaves_no_output(tmp_path):
    days = write_days(tmp_path / "in", ["e1,r1,,60", "e2,r2,,12", "e3"])
    with pytest.raises(
        DataError, match=r"2 of 3 rows .* line 3: bpm: expected at least 30, got '12' \(below_minimum\)"
    ):
        run(spec_of(days, policy="fail"), tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []


def test_too_many_rejects_fail_the_run(tmp_path):
    days = write_days(tmp_path / "in", ["e1,r1,,60", "e2,r2,,12"])
    run(spec_of(days, max_reject_share=0.5), tmp_path / "out")
    with pytest.raises(DataError, match=r"1 of 2 rows \(50.00%\) .* max_reject_share=0.4"):
        run(spec_of(days, max_reject_share=0.4), tmp_path / "out2")


def test_a_run_that_fails_leaves_the_outputs_of_before(tmp_path):
    days = write_days(tmp_path / "in", ["e1,r1,,60"])
    run(spec_of(days), tmp_path / "out")
    before = tree(tmp_path / "out")
    write_days(tmp_path / "in", ["e1,r1,,1"])
    with pytest.raises(DataError):
        run(spec_of(days, policy="fail"), tmp_path / "out")
    assert tree(tmp_path / "out") == before


def test_every_fault_of_every_source_is_told_at_once(tmp_path):
    days = write_days(tmp_path / "in", ["e1"])
    (tmp_path / "in" / "day-2.csv").write_text("id,id\n")
    (tmp_path / "empty").mkdir()
    sources = (
        Source(name="app", pattern=days), Source(name="gone", pattern=str(tmp_path / "in" / "*.json")),
        Source(name="none", pattern=str(tmp_path / "empty" / "*")), Source(name="folder", pattern=str(tmp_path / "in")),
        Source(name="lost", pattern=str(tmp_path / "nowhere" / "x.csv")),
    )  # fmt: skip
    with pytest.raises(DataError) as error:
        run(IngestSpec(sources=sources), tmp_path / "out")
    told = str(error.value)
    assert "names columns twice: id" in told
    assert "in has day-1.csv, day-2.csv" in told
    assert "empty is empty" in told
    assert "is a directory" in told
    assert "there is no folder" in told


def test_columns_that_are_missing_or_refused_are_named_by_file(tmp_path):
    (tmp_path / "2013.csv").write_text("age,bib\n1,2\n")
    (tmp_path / "2014.csv").write_text("age,bib,net,zip,extra\n")
    record = RecordSpec(fields=tuple(Field(name=name) for name in ("age", "bib", "net", "zip")), unknown="refuse")
    with pytest.raises(DataError) as error:
        run(spec_of(str(tmp_path / "*.csv"), record=record), tmp_path / "out")
    assert str(error.value) == (
        "2 columns are missing from 2013.csv: net, zip; it has: age, bib\n"
        "2014.csv has 1 column that the record refuses: extra"
    )


def test_unknown_columns_are_dropped_or_kept(tmp_path):
    (tmp_path / "a.csv").write_text("id,n\nx,1\n")
    fields = (Field(name="id"),)
    for unknown, expected in (("drop", {"id": "x"}), ("keep", {"id": "x", "n": 1})):
        spec = spec_of(str(tmp_path / "a.csv"), record=RecordSpec(fields=fields, unknown=unknown), splits={"all": 1})
        run(spec, tmp_path / unknown)
        assert rows_of(tmp_path / unknown, "all") == [expected]


def test_files_of_several_sources_and_formats_make_one_table(tmp_path):
    (tmp_path / "a.csv").write_text("id,runner,at,bpm\ne1,r1,,60\n")
    (tmp_path / "b.jsonl").write_text('{"id": "e2", "bpm": 70, "x": 1}\n[]\n')
    (tmp_path / "c.tsv").write_text("bpm\tid\trunner\tat\n80\te3\t\t\n")
    sources = tuple(Source(name=name, pattern=str(tmp_path / f"{name}.*")) for name in "abc")
    result = run(IngestSpec(sources=sources, record=RECORD, splits={"all": 1}), tmp_path / "out")
    assert [(row["id"], row["bpm"]) for row in rows_of(tmp_path / "out", "all")] == [("e1", 60), ("e2", 70), ("e3", 80)]
    assert [alarm.source for alarm in result.alarms] == ["b"]


def test_an_unknown_payload_is_refused(tmp_path):
    with pytest.raises(UsageError, match="payload must be one of parquet, tf_example, got 'avro'"):
        ingest(spec_of("x"), examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"), payload="avro")


@pytest.mark.tfx
def test_tf_examples_hold_the_same_rows(tmp_path):
    import tensorflow as tf

    days = write_days(tmp_path / "in", ["e1,ż,2026-03-01T00:00:00Z,60", "e2,,,"])
    spec = spec_of(days, splits={"all": 1, "none": 1})
    ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"), payload="tf_example")
    found = {}
    for path in glob.glob(str(tmp_path / "e" / "Split-*" / "*.gz")):
        for record in tf.data.TFRecordDataset(path, compression_type="GZIP").as_numpy_iterator():
            features = tf.train.Example.FromString(record).features.feature
            found[features["id"].bytes_list.value[0]] = features
    assert set(found) == {b"e1", b"e2"}
    assert found[b"e1"]["runner"].bytes_list.value[0].decode() == "ż"
    assert list(found[b"e1"]["bpm"].int64_list.value) == [60]
    assert list(found[b"e2"]["bpm"].int64_list.value) == []


def test_ledger_json_is_plain(tmp_path):
    run(spec_of(write_days(tmp_path / "in", ROWS[:12])), tmp_path / "out")
    data = json.loads((tmp_path / "out" / "rejects" / "ledger.json").read_text())
    assert data["ledger"]["parts"] == {"accepted": 2, "rejected": 10, "duplicate": 0, "withheld": 0}
    assert set(data) == {"ledger", "by_file", "alarms", "fields", "rows", "nulled", "columns", "types"}
