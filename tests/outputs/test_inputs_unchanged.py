"""An input that is replaced, grows or shrinks while it is read is refused, and what stood at the output stays."""

import hashlib
import importlib
import os
from concurrent.futures import Executor, Future
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.errors import DataError
from headrace.files.inputs import Inputs
from headrace.ingest import IngestSpec, Source, ingest, read_table
from headrace.ingest import infer_spec as inference
from headrace.labels import LabelSpec, join_label_files
from headrace.point_in_time import PointInTimeSpec, join_feature_files

TIME = pa.array([1_700_000_000_000_000, 1_700_000_060_000_000], pa.timestamp("us"))
EVENTS = pa.table({"id": ["a", "b"], "at": TIME})
OUTCOMES = pa.table({"id": ["a", "b"], "seen": TIME, "yes": [1, 0]})
LABELS = LabelSpec.from_settings(
    {
        "keys": ["id"],
        "event_time": "at",
        "outcome_time": "seen",
        "labels": [{"name": "yes", "value": "yes", "window": [0, "1d"]}],
        "as_of": "2024-01-01T00:00:00Z",
    }
)
FEATURES = PointInTimeSpec.from_settings(
    {
        "event_time": "at",
        "tables": [{"kind": "as_of", "name": "past", "keys": ["id"], "time": "seen", "features": ["yes"]}],
    }
)


def grow(path: Path) -> None:
    with open(path, "ab") as stream:
        stream.write(b"9,9\n")


def replace(path: Path) -> None:
    """With as many bytes, of the same time."""
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    os.replace(other, path)


def rewrite(path: Path) -> None:
    data = path.read_bytes()
    with open(path, "r+b") as stream:
        stream.write(data)
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def delete(path: Path) -> None:
    path.unlink()


CHANGES = [grow, replace, rewrite, cut_off, delete]


class Disturbed(Executor):
    """Runs what it gets at once, and before the last of so many elements changes a file."""

    def __init__(self, change, path, before):
        self.change, self.path, self.left = change, path, before

    def submit(self, work, /, *arguments, **named):
        self.left -= 1
        if not self.left:
            self.change(self.path)
        done = Future()
        try:
            done.set_result(work(*arguments, **named))
        except BaseException as error:
            done.set_exception(error)
        return done


def ingest_text(folder: Path, engine: Executor) -> None:
    spec = IngestSpec(sources=(Source(name="runs", pattern=str(folder / "in")),), chunk_bytes=64)
    ingest(spec, examples_dir=str(folder / "out"), rejects_dir=str(folder / "rejects"), engine=engine)


def join_labels(folder: Path, engine: Executor) -> None:
    join_label_files(
        LABELS,
        events=[str(folder / "events")],
        outcomes=[str(folder / "in")],
        examples_dir=str(folder / "out"),
        unlabeled_dir=str(folder / "unlabeled"),
        unused_dir=str(folder / "unused"),
        engine=engine,
    )


def join_features(folder: Path, engine: Executor) -> None:
    join_feature_files(
        FEATURES,
        events={"all": [str(folder / "events")]},
        tables={"past": [str(folder / "in")]},
        examples_dir=str(folder / "out"),
        engine=engine,
    )


def hashed(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "in"
    }


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    ("run", "data"),
    [
        (ingest_text, "km,pace\n" + "12,301\n" * 100),
        (join_labels, OUTCOMES),
        (join_features, OUTCOMES),
    ],
)
def test_a_run_whose_input_changes_is_refused_and_the_output_of_before_stays(tmp_path, run, data, change):
    path = tmp_path / "in"

    def write():
        path.write_text(data) if isinstance(data, str) else pq.write_table(data, path)

    write()
    pq.write_table(EVENTS, tmp_path / "events")
    run(tmp_path, Disturbed(change, path, 0))
    before = hashed(tmp_path)
    for element in (1, 2):
        write()
        with pytest.raises(DataError, match=r"in changed while being read.*run again when nothing writes there"):
            run(tmp_path, Disturbed(change, path, element))
        assert hashed(tmp_path) == before
    assert [one.name for one in tmp_path.iterdir() if "staging" in one.name] == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_table_that_is_read_from_a_file_that_changes_is_refused(tmp_path, monkeypatch, change):
    path = tmp_path / "in.csv"
    path.write_text("km,pace\n" + "12,301\n" * 100)
    reading = importlib.import_module("headrace.ingest.read_table")
    cut = reading.cut

    def disturbed(*arguments):
        change(path)
        return cut(*arguments)

    monkeypatch.setattr(reading, "cut", disturbed)
    with pytest.raises(DataError, match=r"in\.csv changed while being read"):
        read_table(str(path))


def test_a_spec_is_not_inferred_from_two_versions_of_a_file(tmp_path, monkeypatch):
    path = tmp_path / "in.jsonl"
    path.write_text('{"km": 1}\n')

    def changed_between(*arguments, **named):
        found = read_table(*arguments, **named)
        path.write_text('{"km": 1}\n{"km": "far"}\n')
        return found

    monkeypatch.setattr(inference, "read_table", changed_between)
    with pytest.raises(DataError, match=r"in\.jsonl changed while being read"):
        inference.infer([str(path)])


def test_an_error_that_no_change_explains_stays_what_it_is(tmp_path):
    path = tmp_path / "in"
    path.write_text("x")
    with pytest.raises(ValueError, match="of its own"), Inputs([str(path)]).unchanged():
        raise ValueError("of its own")
    cause, inputs = ValueError("of the change"), Inputs([str(path)])
    grow(path)
    with pytest.raises(DataError) as found, inputs.unchanged():
        raise cause
    assert found.value.__cause__ is cause


def test_all_files_that_changed_are_counted_and_some_are_named(tmp_path):
    paths = [tmp_path / str(number) for number in range(9)]
    for path in paths:
        path.write_text("x")
    inputs = Inputs(map(str, paths))
    for path in paths[2:]:
        grow(path)
    with pytest.raises(DataError, match=r"/2, .*/3, .*/4 and 4 more changed"):
        inputs.refuse_changed()
