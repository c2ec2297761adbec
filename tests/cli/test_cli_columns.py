"""--spec, --time, --category, --id and --ignore of the commands on plain files."""

import argparse
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.errors import UsageError
from headrace_cli.column_options import add_column_options, declared_types
from headrace_cli.main import main

N = 400
RNG = np.random.default_rng(5)


def types(*given):
    parser = argparse.ArgumentParser()
    add_column_options(parser)
    return {name: str(kind) for name, kind in declared_types(parser.parse_args(given)).items()}


def test_options_say_what_columns_are():
    assert types("--time", "at", "--time", "sent=epoch_ms", "--category", "a=b", "--id", "user", "--id", "user") == {
        "at": "time",
        "sent": "time in UTC, counted in ms",
        "a=b": "category",
        "user": "identifier",
    }
    with pytest.raises(UsageError, match="'x' is declared as time and as identifier"):
        types("--time", "x", "--id", "x")
    with pytest.raises(UsageError, match="a type must be one of"):
        types("--time", "x=epoch_minutes")


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, codes, days in (("a", (1, 4), 0), ("b", (2, 9), 40)):
        code = RNG.integers(*codes, N)
        at = 1_772_521_200 + days * 86_400 + RNG.integers(0, 86_400, N)
        rows = [f"{c},{t},u{i},{c * 1.5}" for i, (c, t) in enumerate(zip(code, at, strict=True))]
        (tmp_path / f"{name}.csv").write_text("\n".join(["code,seen,user,weight", *rows]) + "\n")
    return tmp_path


def findings(folder, *options, expected):
    given = [str(folder / "a.csv"), str(folder / "b.csv"), "--no-report", "--json", str(folder / "v.json"), *options]
    assert main(["check", *given]) == expected
    return {(f["feature"], f["code"]): f for f in json.loads((folder / "v.json").read_text())["findings"]}


def test_check_takes_what_is_declared(files):
    plain = findings(files, expected=1)
    assert plain["seen", "DISTRIBUTION_FUNCTION_HIGH"]["alarm"]
    told = findings(files, "--time", "seen", "--category", "code", "--ignore", "w*", expected=1)
    assert "2026-03-03T" in told["seen", "NOT_JUDGED"]["reason"]
    assert told["code", "LINF_HIGH"]["alarm"]
    assert {feature for feature, code in told if code == "IGNORED"} == {"weight"}
    quiet = findings(files, "--time", "seen=epoch_s", "--id", "code", "--ignore", "weight", expected=0)
    assert quiet["code", "NOT_JUDGED"]["reason"].startswith("not judged: an identifier")


def test_check_takes_a_spec_and_options_count_more(files):
    (files / "spec.yaml").write_text(
        "sources: [{name: s, pattern: '*.csv'}]\n"
        "record:\n  unknown: keep\n  fields:\n"
        "  - {name: seen, kind: timestamp, formats: [s]}\n  - {name: code, kind: category}\n"
    )
    told = findings(files, "--spec", str(files / "spec.yaml"), "--ignore", "weight", expected=1)
    assert "2026-03-03T" in told["seen", "NOT_JUDGED"]["reason"]
    assert told["code", "LINF_HIGH"]["alarm"]
    findings(files, "--spec", str(files / "spec.yaml"), "--ignore", "weight", "--id", "code", expected=0)


def test_a_spec_says_how_files_are_laid_out(files):
    for name in "ab":
        (files / f"{name}.csv").write_text("n;word\n" + "".join(f"{i % 9};w{i % 3}\n" for i in range(N)))
    (files / "spec.yaml").write_text("sources: [{name: s, pattern: '*.csv', delimiter: ';'}]\n")
    assert {feature for feature, _ in findings(files, "--spec", "spec.yaml", expected=0)} >= {"n", "word"}


def test_a_column_that_is_not_there_or_not_what_is_declared_is_misuse(files, capsys):
    assert main(["check", "a.csv", "b.csv", "--no-report", "--id", "nobody"]) == 2
    assert "no column 'nobody'; there are: code, seen, user, weight" in capsys.readouterr().err
    assert main(["check", "a.csv", "b.csv", "--no-report", "--time", "user"]) == 2
    assert "column 'user' is declared as time, but 400 of 400 values are not such" in capsys.readouterr().err


def test_what_can_not_be_checked_is_named_once_and_does_not_change_the_exit_code(files, capsys):
    pq.write_table(pa.table({"at": [{"zip": 1}] * N, "n": [1, 2] * (N // 2)}), "n.parquet")
    assert main(["check", "n.parquet", "n.parquet", "--no-report"]) == 0
    out = capsys.readouterr().out
    assert out.count("struct of zip") == 1
    assert "not checked: at: struct of zip" in out
    assert main(["check", "n.parquet", "n.parquet", "--no-report", "--ignore", "a*"]) == 0
    assert "struct" not in capsys.readouterr().out


def test_names_of_features_are_whole_in_80_columns(files, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    main(["check", "a.csv", "b.csv", "--no-report", "--all"])
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines if line.startswith(("code ", "see", "use", "wei"))} == {
        "code", "seen", "user", "weight",
    }  # fmt: skip


def test_effectiveness_finds_a_date_that_decides_the_label_in_text(files, capsys):
    days = [f"2026-{1 + i % 3:02d}-{1 + i % 28:02d}" for i in range(900)]
    late = [int(day[-2:]) % 2 for day in days]
    rows = "".join(f"{day},{i % 5},{accepted}\n" for i, (day, accepted) in enumerate(zip(days, late, strict=True)))
    (files / "d.csv").write_text("resolved_on,hour,accepted\n" + rows)
    assert main(["effectiveness", "d.csv", "--label", "accepted"]) == 1
    assert "leakage suspects: resolved_on" in capsys.readouterr().out
    assert main(["effectiveness", "d.csv", "--label", "accepted", "--ignore", "resolved*"]) == 0
    assert main(["effectiveness", "d.csv", "--label", "accepted", "--id", "nobody"]) == 2


def test_effectiveness_names_lists_and_structs_and_goes_on(files, capsys):
    table = pa.table({"y": [0, 1] * 200, "tags": [["a", "b"]] * 400, "at": [{"zip": 1}] * 400, "n": range(400)})
    pq.write_table(table, "l.parquet")
    assert main(["effectiveness", "l.parquet", "--label", "y"]) == 0
    out = capsys.readouterr().out
    assert "not measured: column 'tags'" in out
    assert "not measured: column 'at'" in out
