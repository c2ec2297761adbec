"""`headrace join`: events and outcomes in, ledgers, labels, alarms and exit codes out."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.examples.layout import from_features
from headrace_cli.join_tables import delay_quantile
from headrace_cli.main import main

SHOWN = """suggestion_id,runner_id,shown_at
s1,r1,2026-03-03T10:00:00Z
s2,r1,2026-03-03T10:00:00Z
s3,r2,2026-03-05T18:00:00Z
"""
ANSWERED = """response_id,suggestion_id,responded_at,received_at,accepted
a1,s1,2026-03-03T10:40:00Z,2026-03-03T10:41:00Z,1
a2,s2,2026-03-03T11:00:00Z,2026-03-09T08:00:00Z,1
a3,s3,2026-03-05T18:30:00Z,2026-03-05T18:31:00Z,1
"""
SPEC = """keys: [suggestion_id]
event_time: shown_at
outcome_time: responded_at
known_at: received_at
outcome_id: response_id
labels:
- {name: accepted, value: accepted, window: [0, 1d]}
splits: {all: 1}
"""
AS_OF = ["--as-of", "2026-03-10T00:00:00Z"]
SIDES = ["--events", "shown.csv", "--outcomes", "answered.csv"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    for name, text in (("shown.csv", SHOWN), ("answered.csv", ANSWERED), ("labels.yaml", SPEC)):
        (tmp_path / name).write_text(text)
    return tmp_path


def labels_in(out):
    shards = sorted((out / "examples").glob("Split-*/*.parquet"))
    rows = pa.concat_tables([from_features(pq.read_table(path)) for path in shards]).to_pylist()
    return {row["suggestion_id"]: row["accepted"] for row in rows}


def test_what_was_known_then_is_the_label_and_everything_else_is_told(folder, capsys):
    as_of = ["--as-of", "2026-03-06T00:00:00Z"]
    assert main(["join", "labels.yaml", *SIDES, *as_of, "--out", "out"]) == 1
    told = capsys.readouterr().out
    assert labels_in(folder / "out") == {"s1": 1, "s2": 0}
    assert "3 events = 2 labeled + 1 immature + 0 excluded" in told
    assert "3 outcomes = 1 used + 0 superseded + 0 orphan + 0 duplicate + 1 late + 1 held_back" in told
    assert "1 known_after_as_of" in told
    assert "accepted: 50.0% 0, 50.0% 1" in told
    assert "ALARM LATE: 1 of 3 outcomes are late (33.33%; expected at most 10.00%)" in told
    ledger = json.loads((folder / "out" / "examples" / "ledger.json").read_text())
    assert ledger["ledgers"]["events"]["parts"] == {"labeled": 2, "immature": 1, "excluded": 0}


def test_the_day_fills_the_places_of_the_spec(folder, capsys):
    (folder / "labels.yaml").write_text(SPEC + "as_of: '{DAY+7}T00:00:00Z'\n")
    assert main(["join", "labels.yaml", *SIDES, "--out", "out"]) == 2
    assert "placeholders without a value: {DAY+7}; give day" in capsys.readouterr().err
    assert main(["join", "labels.yaml", *SIDES, "--day", "2026-03-03", "--out", "out"]) == 0
    assert labels_in(folder / "out") == {"s1": 1, "s2": 1, "s3": 1}


def test_without_an_alarm_the_exit_code_is_0_and_as_of_overrides_that_of_the_spec(folder, capsys):
    (folder / "labels.yaml").write_text(SPEC + "as_of: 2026-03-04\n")
    assert main(["join", "labels.yaml", *SIDES, "--out", "out"]) == 2
    assert "labels.yaml: LabelSpec: as_of: expected a time with an offset, got '2026-03-04'" in capsys.readouterr().err
    assert main(["join", "labels.yaml", *SIDES, *AS_OF, "--out", "out"]) == 0
    assert labels_in(folder / "out") == {"s1": 1, "s2": 1, "s3": 1}
    assert "ALARM" not in capsys.readouterr().out


def test_a_backfill_equals_the_runs_that_it_stands_for(folder):
    runs = ["--every", "1d", "--from", "2026-03-04T12:00:00Z", "--to", "2026-03-10T13:00:00Z"]
    main(["join", "labels.yaml", *SIDES, *runs, "--out", "all"])
    daily, before = {}, []
    for day in range(4, 11):
        as_of = f"2026-03-{day:02d}T12:00:00Z"
        main(["join", "labels.yaml", *SIDES, "--as-of", as_of, *before, "--out", "day"])
        found = labels_in(folder / "day")
        assert not found.keys() & daily.keys()
        daily.update(found)
        before = ["--matured-after", as_of]
    assert labels_in(folder / "all") == daily == {"s1": 1, "s2": 0, "s3": 1}


def test_csv_json_lines_parquet_and_ingested_folders_give_the_same_bytes(folder):
    ingest = "sources: [{{name: a, pattern: {0}.csv}}]\nsplits: {{x: 1}}\n"
    rows = [dict(zip(ANSWERED.split("\n")[0].split(","), line.split(","), strict=True))
            for line in ANSWERED.split("\n")[1:-1]]  # fmt: skip
    (folder / "answered.jsonl").write_text("".join(json.dumps({**row, "accepted": 1}) + "\n" for row in rows))
    forms = {"csv": SIDES, "jsonl": ["--events", "shown.csv", "--outcomes", "answered.jsonl"]}
    for name in ("shown", "answered"):
        times = "".join(f"  - {{name: {at}, kind: timestamp}}\n" for at in ("shown_at", "responded_at", "received_at"))
        declared = [line for line in times.splitlines() if line.split()[2][:-1] in (SHOWN, ANSWERED)[name != "shown"]]
        more = "record:\n  fields:\n" + "\n".join(declared) + "\n"
        more += "".join(f"  - {{name: {n}}}\n" for n in (SHOWN, ANSWERED)[name != "shown"].split("\n")[0].split(",")
                        if n.endswith("_id"))  # fmt: skip
        more += "  - {name: accepted, kind: integer}\n" if name == "answered" else ""
        (folder / f"{name}.yaml").write_text(ingest.format(name) + more)
        assert main(["ingest", f"{name}.yaml", "--out", f"in/{name}"]) == 0
    forms["ingested"] = ["--events", "in/shown", "--outcomes", "in/answered/examples"]
    forms["shards"] = ["--events", "in/shown/examples/Split-*/*.parquet", "--outcomes", "in/answered"]
    found = {}
    for form, sides in forms.items():
        main(["join", "labels.yaml", *sides, "--as-of", "2026-03-10T00:00:00Z", "--out", form])
        columns = {}
        for path in sorted((folder / form / "examples").glob("Split-*/*.parquet")):
            table = from_features(pq.read_table(path))
            columns = {name: table.column(name).to_pylist() for name in sorted(table.column_names)}
        found[form] = columns
    assert found["csv"]["accepted"] == [1, 1, 1]
    assert all(columns == found["csv"] for columns in found.values())


def test_several_sources_are_told_apart_by_name(folder, capsys):
    (folder / "runs.csv").write_text("runner_id,ended_at,km\nr1,2026-03-03T12:00:00Z,10\n")
    spec = (
        "keys: [runner_id]\nevent_time: shown_at\nas_of: 2026-03-10T00:00:00Z\nsplits: {all: 1}\n"
        "sources:\n- {name: responses, outcome_time: responded_at, keys: {runner_id: runner_id, "
        "suggestion_id: suggestion_id}}\n- {name: runs, outcome_time: ended_at}\n"
        "labels:\n- {name: accepted, value: accepted, source: responses}\n"
        "- {name: km, value: km, source: runs, pick: sum}\n"
    )
    (folder / "labels.yaml").write_text(spec)
    answered = [line.split(",", 2) for line in ANSWERED.splitlines()]
    of = {"s1": "r1", "s2": "r1", "s3": "r2", "suggestion_id": "runner_id"}
    (folder / "answered.csv").write_text("".join(f"{a},{s},{of[s]},{rest}\n" for a, s, rest in answered))
    outcomes = ["--outcomes", "responses=answered.csv", "--outcomes", "runs=runs.csv"]
    assert main(["join", "labels.yaml", "--events", "shown.csv", *outcomes, "--out", "out"]) == 0
    assert "1 runs = 1 used" in capsys.readouterr().out
    rows = from_features(pq.read_table(next((folder / "out" / "examples").glob("Split-all/*")))).to_pylist()
    assert sorted((row["suggestion_id"], row["accepted"], row["km"]) for row in rows) == [
        ("s1", 1, 10), ("s2", 1, 10), ("s3", 1, 0)]  # fmt: skip
    assert main(["join", "labels.yaml", "--events", "shown.csv", "--outcomes", "answered.csv", "--out", "out"]) == 2
    assert "--outcomes answered.csv: expected NAME=PATH, with a name of the spec: responses, runs" in (
        capsys.readouterr().err
    )
    assert main(["join", "labels.yaml", "--events", "shown.csv", *outcomes[:2], "--out", "out"]) == 2
    assert "no --outcomes for runs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([], "as_of: is missing, expected a time in ISO 8601"),
        (["--as-of", "now"], "as_of: expected a time in ISO 8601, got 'now'"),
        (["--every", "1d"], "--every, --from and --to go together, and not with --as-of"),
        ([*AS_OF, "--workers", "0"], "--workers must be in [1, 256], got 0"),
        ([*AS_OF, "--events", "no.csv"], "no such file: no.csv"),
        ([*AS_OF, "--events", "shown.csv"], "named twice: "),
        ([*AS_OF, "--events", "empty"], "empty holds no Parquet shards"),
        ([*AS_OF, "--events", "records"], "ingest with --payload parquet"),
        ([*AS_OF, "--outcomes", "responses=answered.csv"], "no such file: responses=answered.csv"),
        (
            [*AS_OF, "--events", "broken.csv"],
            "broken.csv: 1 of 2 rows can't be read (line 3",
        ),
    ],
)
def test_misuse_is_explained_without_a_traceback_and_leaves_no_output(folder, capsys, more, words):
    (folder / "empty").mkdir()
    (folder / "records" / "Split-train").mkdir(parents=True)
    (folder / "records" / "Split-train" / "data.gz").touch()
    (folder / "broken.csv").write_text("suggestion_id,runner_id,shown_at\ns1,r1,2026-03-03T10:00:00Z\ns2,r1\n")
    assert main(["join", "labels.yaml", *SIDES, *more, "--out", "out"]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err
    assert not (folder / "out").exists()


def test_the_help_shows_an_example(capsys):
    with pytest.raises(SystemExit):
        main(["join", "--help"])
    assert "headrace join labels.yaml --events out/shown" in capsys.readouterr().out


def test_delays_are_told_by_the_border_of_their_power_of_two():
    delays = {"before": 1, "0": 4, "1024": 4, "65536": 1}
    assert delay_quantile(delays, 0.05) == "before"
    assert delay_quantile(delays, 0.5) == "< 1 s"
    assert delay_quantile(delays, 0.9) == "< 34 min"
    assert delay_quantile(delays, 1.0) == "< 36 h"
    assert delay_quantile({}, 0.5) == ""


@pytest.mark.parametrize(("unit", "scale"), [("s", 1), ("ms", 1_000)])
def test_epoch_numbers_of_parquet_are_read_in_their_unit_which_is_said_or_declared(folder, capsys, unit, scale):
    # Read as microseconds, the event of March 18 would lie in January 1970, and be mature.
    shown = pa.table({"user": ["a"], "t": [1_773_874_800 * scale]})
    done = pa.table({"user": ["b"], "t": [1_773_874_860 * scale], "y": [1]})
    pq.write_table(shown, "shown.parquet")
    pq.write_table(done, "done.parquet")
    spec = "keys: [user]\nevent_time: t\noutcome_time: t\nlabels:\n- {name: y, value: y, window: [0, 1d]}\n"
    (folder / "labels.yaml").write_text(spec)
    command = ["join", "labels.yaml", "--events", "shown.parquet", "--outcomes", "done.parquet", "--out", "out"]
    main([*command, "--as-of", "2026-03-19T00:00:00Z"])
    told = capsys.readouterr().out
    assert "1 events = 0 labeled + 1 immature + 0 excluded" in told
    for side in ("events", "outcomes"):
        words = "milliseconds" if unit == "ms" else "seconds"
        assert (
            f"{side}: column 't' is read as {words} since 1970, by the range of its values: declare epoch_{unit}"
            in told
        )
    (folder / "labels.yaml").write_text(spec + f"times: {{t: epoch_{unit}}}\n")
    main([*command, "--as-of", "2026-03-19T00:00:00Z"])
    told = capsys.readouterr().out
    assert "1 events = 0 labeled + 1 immature + 0 excluded" in told
    assert "by the range" not in told
    pq.write_table(pa.table({"user": ["a", "b"], "t": [0, 1_773_874_800 * scale]}), "shown.parquet")
    (folder / "labels.yaml").write_text(spec)
    assert main([*command, "--as-of", "2026-03-19T00:00:00Z"]) == 2
    assert "column 't' of the events has numbers from 0 to" in capsys.readouterr().err


def test_epoch_numbers_of_csv_are_read_in_their_unit(folder, capsys):
    (folder / "shown.csv").write_text("suggestion_id,shown_at\ns1,1773874800\ns2,1773874800\n")
    (folder / "answered.csv").write_text(
        "suggestion_id,responded_at,received_at,response_id,accepted\ns1,1773874860.25,1773874861.5,a,1\n"
    )
    assert main(["join", "labels.yaml", *SIDES, "--as-of", "2026-03-29T00:00:00Z", "--out", "out"]) == 0
    assert labels_in(folder / "out") == {"s1": 1, "s2": 0}
