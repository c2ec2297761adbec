"""A join of files logs its progress, what it found and its alarms: counts and names, and nothing of a row."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from headrace.examples.layout import write_parquet
from headrace.labels import Label, LabelSpec, join_label_files

SPEC = LabelSpec(
    keys=("key",),
    event_time="shown",
    outcome_time="done",
    labels=(Label(name="label", value="value", window=(0, "1d")),),
    as_of="1970-01-03T00:00:00Z",
    times={"shown": "epoch_us", "done": "epoch_us"},
    buckets=3,
)


def test_progress_ledgers_and_alarms_are_logged_in_fields_without_any_value_of_a_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    events = pa.table({"key": [f"secret{n}" for n in range(20)], "shown": [777_001] * 20})
    outcomes = pa.table({"key": [f"SECRET{n}" for n in range(20)], "done": [777_002] * 20, "value": [888] * 20})
    paths = {"events": tmp_path / "e.parquet", "outcomes": tmp_path / "o.parquet"}
    for path, table in zip(paths.values(), (events, outcomes), strict=True):
        write_parquet(table, str(path))
    folders = {f"{name}_dir": str(tmp_path / name) for name in ("examples", "unlabeled", "unused")}
    with caplog.at_level(logging.INFO, logger="headrace.labels"):
        join_label_files(SPEC, events=[str(paths["events"])], outcomes=[str(paths["outcomes"])], **folders)
    records = [record for record in caplog.records if record.name == "headrace.labels"]
    (start,) = (record for record in records if hasattr(record, "buckets"))
    assert (start.rows, start.buckets) == ({"events": 20, "outcomes": 20}, 3)
    steps = [(record.step, record.done, record.total) for record in records if hasattr(record, "step")]
    assert ("write buckets", 2, 2) in steps
    assert ("join buckets", 3, 3) in steps
    assert {record.ledger: record.parts for record in records if hasattr(record, "ledger")}["outcomes"]["orphan"] == 20
    assert [record.alarm for record in records if record.levelno == logging.WARNING] == ["ORPHANS", "COVERAGE"]
    plain = set(logging.makeLogRecord({}).__dict__)
    fields = [{name: value for name, value in record.__dict__.items() if name not in plain} for record in records]
    text = f"{fields} {[record.getMessage() for record in records]}".lower()
    assert not any(value in text for value in ("secret", "777", "888", ".parquet"))


def test_library_is_silent_where_nobody_asks_for_its_log() -> None:
    code = "import logging, headrace; logging.getLogger('headrace.labels').warning('an alarm')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == done.stderr == b""
