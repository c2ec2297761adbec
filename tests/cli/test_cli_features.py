"""`headrace features`: tables and events in, features as of each event's time out."""

import json

import pyarrow.parquet as pq
import pytest

from headrace.examples.layout import from_features
from headrace_cli.main import main

SHOWN = """suggestion_id,runner_id,shown_at
s1,r1,2026-03-03T10:00:00Z
s2,r1,2026-03-05T10:00:00Z
s3,r2,2026-03-05T18:00:00Z
"""
RUNNERS = """runner_id,changed_at,region
r1,2026-03-01T00:00:00Z,lake
r1,2026-03-04T00:00:00Z,hill
"""
RUNS = """runner_id,ended_at,km
r1,2026-03-02T08:00:00Z,10
r1,2026-03-05T09:00:00Z,6
r1,2026-03-05T11:00:00Z,99
"""
SPEC = """event_time: shown_at
tables:
- {kind: as_of, name: runners, keys: [runner_id], time: changed_at, features: [region], ttl: 365d}
- kind: stream
  name: runs
  keys: [runner_id]
  time: ended_at
  aggregates:
  - {name: runs_7d, function: count, window: 7d}
  - {name: km_30d, function: mean, value: km, window: 30d}
"""
TABLES = ["--table", "runners=runners.csv", "--table", "runs=runs.csv"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = {"shown.csv": SHOWN, "runners.csv": RUNNERS, "runs.csv": RUNS, "features.yaml": SPEC}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def rows_in(out):
    paths = sorted((out / "examples").glob("Split-*/*.parquet"))
    return {row["suggestion_id"]: row for path in paths for row in from_features(pq.read_table(path)).to_pylist()}


def test_events_get_what_was_known_at_their_time(folder, capsys):
    assert main(["features", "features.yaml", "--events", "shown.csv", *TABLES, "--out", "out"]) == 0
    found = {one: (row["region"], row["runs_7d"], row["km_30d"]) for one, row in rows_in(folder / "out").items()}
    assert found == {"s1": ("lake", 1, 10.0), "s2": ("hill", 2, 8.0), "s3": (None, 0, None)}
    assert "3 events = 2 matched + 1 unmatched" in capsys.readouterr().out
    assert json.loads((folder / "out" / "examples" / "ledger.json").read_text())["rows"] == {"all": 3}


def test_what_was_joined_keeps_its_splits(folder):
    (folder / "answered.csv").write_text("suggestion_id,at,accepted\ns1,2026-03-03T10:40:00Z,1\n")
    (folder / "labels.yaml").write_text(
        "keys: [suggestion_id]\nevent_time: shown_at\noutcome_time: at\nas_of: 2026-03-10T00:00:00Z\n"
        "labels: [{name: accepted, value: accepted}]\nsplits: {train: 1, eval: 1}\nsplit_by: [runner_id]\n"
    )
    assert main(["join", "labels.yaml", "--events", "shown.csv", "--outcomes", "answered.csv", "--out", "joined"]) == 0
    assert main(["features", "features.yaml", "--events", "joined", *TABLES, "--out", "out"]) == 0
    for split in ("train", "eval"):
        names = [
            {row for path in (folder / out / "examples" / f"Split-{split}").glob("*.parquet")
             for row in from_features(pq.read_table(path)).column("suggestion_id").to_pylist()}
            for out in ("joined", "out")
        ]  # fmt: skip
        assert names[0] == names[1]
    assert {one: row["accepted"] for one, row in rows_in(folder / "out").items()} == {"s1": 1, "s2": 0, "s3": 0}


def test_one_table_needs_no_name(folder):
    (folder / "runs.yaml").write_text(
        SPEC.replace(SPEC[SPEC.index("- {kind: as_of") : SPEC.index("- kind: stream")], "")
    )
    for table in ("runs.csv", "runs=runs.csv"):
        assert main(["features", "runs.yaml", "--events", "shown.csv", "--table", table, "--out", "out"]) == 0
        assert {one: row["runs_7d"] for one, row in rows_in(folder / "out").items()} == {"s1": 1, "s2": 2, "s3": 0}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--table", "runs=runs.csv"], "no --table for runners"),
        (["--table", "runs.csv"], "--table runs.csv: expected NAME=PATH, with a name of the spec: runners, runs"),
        ([*TABLES, "--table", "runs=no.csv"], "no such file: no.csv"),
    ],
)
def test_misuse_is_explained_without_a_traceback_and_leaves_no_output(folder, capsys, more, words):
    assert main(["features", "features.yaml", "--events", "shown.csv", *more, "--out", "out"]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err
    assert not (folder / "out").exists()
