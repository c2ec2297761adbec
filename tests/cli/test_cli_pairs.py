"""`headrace check --key`: training and serving rows in pairs, from files of any format."""

import json
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace_cli.main import main

N = 120


def row(i, *, pace=0.0, group="ab"):
    return {"id": f"s{i}", "pace": i / 8 + pace, "group": group[i % 2], "at": datetime(2026, 3, 1 + i % 28)}


def write(path, rows):
    """The rows as CSV, JSON lines or Parquet, by the name of the file."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        texts = [{**one, "at": one["at"].isoformat()} for one in rows]
        lines = [",".join(texts[0]), *(",".join(map(str, one.values())) for one in texts)]
        path.write_text("\n".join(lines if path.suffix == ".csv" else map(json.dumps, texts)) + "\n")
    return path


@pytest.fixture
def found(tmp_path, monkeypatch, capsys):
    """Runs the check of two files; the exit code, alarms by feature and code, and what was printed."""
    monkeypatch.chdir(tmp_path)

    def run(training, serving, *options):
        code = main(["check", str(training), str(serving), "--json", "v.json", *options])
        printed = capsys.readouterr()
        findings = json.loads((tmp_path / "v.json").read_text())["findings"] if code < 2 else []
        return code, {(one["feature"], one["code"]) for one in findings if one["alarm"]}, printed.out + printed.err

    return run


@pytest.mark.parametrize("before", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("now", ["csv", "jsonl", "parquet"])
def test_the_same_examples_in_another_order_and_format_are_equal(tmp_path, found, before, now):
    rows = [row(i) for i in range(N)]
    sides = write(tmp_path / f"a.{before}", rows), write(tmp_path / f"b.{now}", rows[::-1])
    code, alarms, out = found(*sides, "--key", "id", "--no-report")
    assert (code, alarms) == (0, set())
    assert f"Blessed: {N} pairs compared" in out


@pytest.mark.parametrize("now", ["csv", "jsonl", "parquet"])
def test_values_that_differ_are_named_with_their_cause_and_told_in_the_report(tmp_path, found, now):
    sides = (
        write(tmp_path / "a.csv", [row(i) for i in range(N)]),
        write(tmp_path / f"b.{now}", [row(i, pace=0.25) for i in range(N)]),
    )
    code, alarms, out = found(*sides, "--key", "id")
    assert (code, alarms) == (1, {("pace", "FEATURE_SKEW")})
    assert "a constant offset of +0.25" in " ".join(out.split())
    assert "a constant offset of +0.25" in (tmp_path / "headrace-check.html").read_text()


def test_tolerances_are_absolute_or_a_share_and_of_a_column_or_a_glob(tmp_path, found):
    sides = (
        write(tmp_path / "a.csv", [row(i + 8) for i in range(N)]),
        write(tmp_path / "b.csv", [row(i + 8, pace=0.25) for i in range(N)]),
    )
    for tolerance, expected in (("pace=0.25", 0), ("pace=0.2", 1), ("p*=25%", 0), ("pace=1%", 1), ("group=1", 1)):
        assert found(*sides, "--key", "id", "--no-report", "--tolerance", tolerance)[0] == expected, tolerance
    assert found(*sides, "--key", "id", "--no-report", "--mismatches", "1")[0] == 0
    assert found(*sides, "--key", "id", "--no-report", "--ignore", "pace")[0] == 0


def test_several_keys_name_an_example_together(tmp_path, found):
    rows = [row(i) for i in range(N)]
    sides = write(tmp_path / "a.csv", rows), write(tmp_path / "b.csv", rows)
    assert "Blessed: 28 pairs compared" not in found(*sides, "--key", "at", "--no-report")[2]
    assert found(*sides, "--key", "at", "--key", "id", "--no-report")[0] == 0


def test_columns_and_rows_of_one_side_are_said(tmp_path, found):
    rows = [row(i) for i in range(N)]
    more = [{**one, "new": 1} for one in rows[: N // 2]]
    sides = write(tmp_path / "a.parquet", rows), write(tmp_path / "b.parquet", more)
    assert found(*sides, "--key", "id", "--no-report")[1] == {("new", "FEATURE_NEW")}
    assert found(*sides[::-1], "--key", "id", "--no-report")[1] == {("new", "FEATURE_MISSING")}
    _, alarms, out = found(*sides, "--key", "id", "--no-report", "--ignore", "new", "--unpaired", "0.4")
    assert alarms == {("", "UNPAIRED")}
    assert "60 of 120 training rows have no partner" in " ".join(out.split())


def test_no_pair_at_all_is_an_alarm_and_no_pass(tmp_path, found):
    sides = (
        write(tmp_path / "a.csv", [row(i) for i in range(N)]),
        write(tmp_path / "b.csv", [row(i + N) for i in range(N)]),
    )
    assert found(*sides, "--key", "id", "--no-report")[:2] == (1, {("", "NOT_COMPARABLE")})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--tolerance", "pace=1"], "--tolerance: expected --key COL with it"),
        (["--mismatches", "0.1", "--unpaired", "0"], "--mismatches, --unpaired: expected --key COL"),
        (["--key", "id", "--linf", "0.1", "--rows-ratio", "0.5", "2"], "--linf, --rows-ratio: leave it out"),
        (["--key", "id", "--tolerance", "pace"], "COL=X, with a number from 0 on or a share such as 0.1%, got 'pace'"),
        (["--key", "id", "--tolerance", "pace=-1"], "got 'pace=-1'"),
        (["--key", "id", "--tolerance", "pace=nan"], "got 'pace=nan'"),
        (["--key", "id", "--tolerance", "=1"], "got '=1'"),
        (["--key", "id", "--tolerance", "pace=1", "--tolerance", "pace=2"], "'pace' is given twice"),
        (["--key", "id", "--mismatches", "2"], "mismatches"),
        (["--key", "idd"], "a.csv lacks 'idd'; it has id, pace, group, at"),
        (["--key", "id", "--ignore", "i*"], "a key can't be ignored: id"),
        (["--key", "pace"], "a.csv: column 'pace': 0.125 in row 2"),
        (["--key", ""], "keys"),
    ],
)
def test_what_does_not_fit_together_is_misuse_in_words(tmp_path, found, options, words):
    rows = [row(i) for i in range(N)]
    sides = write(tmp_path / "a.csv", rows), write(tmp_path / "b.csv", rows)
    code, _, out = found(*sides, "--no-report", *options)
    assert code == 2
    assert words in out
