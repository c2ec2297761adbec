"""`headrace infer-spec` and `headrace ingest`: from files to a spec, from a spec to examples."""

import json

import pyarrow.parquet as pq
import pytest

from headrace_cli.main import main


@pytest.fixture
def data(tmp_path):
    rows = "".join(f"{n},2026-03-0{1 + n % 9},{'-' if n % 5 == 0 else n / 2}\n" for n in range(300))
    (tmp_path / "data.csv").write_text("id,day,pace\n" + rows)
    return tmp_path / "data.csv"


def shards(out):
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_an_inferred_spec_ingests_what_it_was_inferred_from_without_rejects(data, tmp_path, capsys):
    spec, out = tmp_path / "spec.yaml", tmp_path / "out"
    assert main(["infer-spec", str(data), "-o", str(spec)]) == 0
    assert "- {name: pace, kind: float, missing: ['', '-'], minimum: 0}" in spec.read_text()
    assert main(["ingest", str(spec), "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "in all: 300 rows = 300 accepted + 0 rejected + 0 duplicate + 0 withheld" in told
    assert sorted(path.name for path in out.iterdir()) == ["examples", "rejects"]
    assert json.loads((out / "rejects" / "ledger.json").read_text())["fields"]["day"] == "date"


def test_the_spec_is_printed_where_no_file_is_named(data, capsys):
    assert main(["infer-spec", str(data), "--name", "app", "--ranges"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("# Inferred from 300 rows of 1 file.")
    assert "- {name: id, kind: integer, required: true, minimum: 0, maximum: 299}" in told
    assert "name: app" in told


def test_two_workers_write_the_same_and_tell_a_fault_alike(data, tmp_path, capsys):
    spec = tmp_path / "spec.yaml"
    spec.write_text(f"sources: [{{name: app, pattern: {data}}}]\nkey: id\nchunk_bytes: 1000\n")
    for workers in ("1", "2"):
        assert main(["ingest", str(spec), "--out", str(tmp_path / workers), "--workers", workers]) == 0
    assert shards(tmp_path / "1") == shards(tmp_path / "2")
    capsys.readouterr()
    spec.write_text(f"sources: [{{name: app, pattern: {data}}}]\nkey: nope\nchunk_bytes: 1000\n")
    for workers in ("1", "2"):
        assert main(["ingest", str(spec), "--out", str(tmp_path / "none"), "--workers", workers]) == 2
        err = capsys.readouterr().err
        assert "headrace ingest: key names nope, which the data lack" in err
        assert "Traceback" not in err


def test_alarms_are_printed_and_are_the_exit_code(data, tmp_path, capsys):
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        f"sources: [{{name: app, pattern: {data}}}]\nsplits: {{all: 1}}\n"
        "record: {fields: [{name: id, kind: integer, maximum: 298}]}\n"
    )
    assert main(["ingest", str(spec), "--out", str(tmp_path / "out")]) == 1
    assert "ALARM REJECTS: 1 of 300 rows of app were rejected" in capsys.readouterr().out
    assert pq.read_table(tmp_path / "out" / "rejects" / "rejects.parquet").num_rows == 1


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("sources: []", [], "spec.yaml: IngestSpec: sources: expected at least one"),
        ("sources: [{name: a, pattern: nowhere/x.csv}]", [], "no file matches nowhere/x.csv"),
        ("sources: [{name: a, pattern: x}]", ["--workers", "0"], "--workers must be in [1, 256], got 0"),
    ],
)
def test_misuse_of_ingest_is_explained_without_a_traceback(tmp_path, capsys, text, more, words):
    (tmp_path / "spec.yaml").write_text(text)
    assert main(["ingest", str(tmp_path / "spec.yaml"), "--out", str(tmp_path / "out"), *more]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out" / "examples").exists()


def test_a_python_spec_is_inferred_and_ingested(data, tmp_path, capsys):
    spec, out = tmp_path / "spec.py", tmp_path / "out"
    assert main(["infer-spec", str(data), "-o", str(spec)]) == 0
    assert 'Field(name="pace", kind="float", missing=("", "-"), minimum=0),' in spec.read_text()
    assert main(["ingest", str(spec), "--out", str(out)]) == 0
    assert "in all: 300 rows = 300 accepted" in capsys.readouterr().out


def test_columns_that_changed_since_the_day_before_are_alarms(tmp_path, capsys):
    (tmp_path / "2026-03-01.csv").write_text("id,pace\n1,5.5\n")
    (tmp_path / "2026-03-02.csv").write_text("id,city\n1,Boston\n")
    spec = tmp_path / "spec.yaml"
    spec.write_text("sources: [{name: app, pattern: '{DATA}/{DAY}.csv'}]\n")
    arguments = ["ingest", str(spec), "--data", str(tmp_path)]
    assert main([*arguments, "--day", "2026-03-01", "--out", str(tmp_path / "out/2026-03-01")]) == 0
    spec.write_text(spec.read_text() + "earlier_ledger: '{DATA}/out/{DAY-1}/rejects/ledger.json'\n")
    assert main([*arguments, "--day", "2026-03-02", "--out", str(tmp_path / "out/2026-03-02")]) == 1
    told = capsys.readouterr().out
    assert "ALARM COLUMN_NEW: " in told
    assert "ALARM COLUMN_GONE: " in told


def test_a_terminal_is_told_how_far_the_work_is(data, tmp_path, capsys, monkeypatch):
    import io
    import sys

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    spec = tmp_path / "spec.yaml"
    spec.write_text(f"sources: [{{name: app, pattern: {data}}}]\nchunk_bytes: 200\n")
    assert main(["ingest", str(spec), "--out", str(tmp_path / "out")]) == 0
    assert "guess: 0 of 2" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")
