import json
import subprocess
import sys

import numpy as np
import pytest

from headrace.skew import Verdict
from headrace_cli.main import main


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)

    def write(name, shift):
        paces, groups = rng.normal(5, 1, 500) + shift, rng.choice(["a", "b"], 500)
        rows = "".join(f"{pace:.3f},{group}\n" for pace, group in zip(paces, groups, strict=True))
        (tmp_path / name).write_text("pace,group\n" + rows)
        return str(tmp_path / name)

    return {"before": write("before.csv", 0), "same": write("same.csv", 0), "slow": write("slow.csv", 2)}


def check(tmp_path, *arguments):
    return main(["check", *arguments, "--report", str(tmp_path / "report.html")])


def test_exit_code_says_whether_the_data_is_blessed(files, tmp_path, capsys):
    assert check(tmp_path, files["before"], files["same"]) == 0
    assert "Blessed: no drift was found" in capsys.readouterr().out
    assert check(tmp_path, files["before"], files["slow"]) == 1
    out = capsys.readouterr().out
    assert "Not blessed: 2 alarms in 1 feature: pace" in out
    assert "500 rows = 500 accepted + 0 rejected" in out


def test_report_and_json_say_the_same_as_the_exit_code(files, tmp_path):
    verdict = tmp_path / "verdict.json"
    check(tmp_path, files["before"], files["slow"], "--json", str(verdict))
    assert Verdict.from_json(verdict.read_text()).blessed == json.loads(verdict.read_text())["blessed"] == 0
    assert "Not blessed" in (tmp_path / "report.html").read_text()


def test_options_reach_the_policy(files, tmp_path, capsys):
    lax = ["--jensen-shannon", "1", "--kolmogorov-smirnov", "1"]
    assert check(tmp_path, files["before"], files["slow"], *lax) == 0
    assert check(tmp_path, files["before"], files["slow"], "--ignore", "pa*") == 0
    assert check(tmp_path, files["before"], files["same"], "--min-rows", "501") == 1
    capsys.readouterr()


def test_no_report_is_written_when_none_is_wanted(files, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    main(["check", files["before"], files["same"], "--no-report"])
    assert not list(tmp_path.glob("*.html"))
    assert "Report:" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.csv", "nor-here.csv"], "no such file: nowhere.csv, nor-here.csv"),
        (["{before}", "{same}", "--linf", "7"], "linf must be at most 1, got 7"),
    ],
)
def test_misuse_is_explained_without_a_traceback(files, tmp_path, capsys, arguments, words):
    assert check(tmp_path, *(a.format(**files) for a in arguments)) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


@pytest.mark.parametrize("arguments", [[], ["chek"], ["check", "one.csv"]])
def test_wrong_arguments_are_misuse(arguments, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage: headrace" in capsys.readouterr().err


def modules_after(code):
    program = f"import sys\n{code}\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split("\n")[-2].split())


def test_help_imports_next_to_nothing():
    code = "from headrace_cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    heavy = {"numpy", "pyarrow", "scipy", "duckdb", "rich", "matplotlib", "jinja2", "tfx", "tensorflow", "apache_beam"}
    assert not modules_after(code) & heavy


def with_rejects(path, rows, broken):
    good = "".join(f"{5 + i % 17 / 10},{'ab'[i % 2]}\n" for i in range(rows - broken))
    path.write_text("pace,group\n" + good + "1,a,too,many\n" * broken)
    return str(path)


def test_rejected_rows_of_the_current_file_are_an_alarm_above_their_share(tmp_path, capsys):
    clean = with_rejects(tmp_path / "clean.csv", 1000, 0)
    broken = with_rejects(tmp_path / "broken.csv", 5000, 4000)
    assert check(tmp_path, clean, broken) == 1
    out = capsys.readouterr().out
    assert "4,000 of 5,000 rows now rejected (80.0 %)" in " ".join(out.split())
    assert "Not blessed: 1 alarm in the rows as a whole" in out
    assert check(tmp_path, clean, broken, "--reject-share", "0.8") == 0
    assert check(tmp_path, clean, broken, "--reject-share", "8") == 2
    assert check(tmp_path, broken, clean) == 0
    assert check(tmp_path, clean, with_rejects(tmp_path / "one.csv", 1000, 1)) == 0
    assert "1 row rejected" in capsys.readouterr().out


def test_outputs_that_have_no_place_are_refused_before_work_starts(files, tmp_path, capsys):
    same = [files["before"], files["same"]]
    kept = (tmp_path / "same.csv").read_text()
    for option in ("--report", "--json"):
        for path, words in (
            (str(tmp_path), "a directory"),
            (files["same"], "must not be one of the files"),
            (str(tmp_path / "nowhere" / "x"), "there is no folder"),
        ):
            assert main(["check", *same, *["--no-report"] * (option == "--json"), option, path]) == 2
            written = capsys.readouterr()
            assert words in written.err
            assert not written.out
    assert check(tmp_path, *same, "--json", str(tmp_path / "report.html")) == 2
    assert "must be two files" in capsys.readouterr().err
    assert (tmp_path / "same.csv").read_text() == kept
    assert not (tmp_path / "nowhere").exists()


def test_a_directory_is_no_data_file(files, tmp_path, capsys):
    assert check(tmp_path, files["before"], str(tmp_path)) == 2
    assert "a file is expected, not a directory" in capsys.readouterr().err


def test_what_the_system_refuses_is_misuse_without_a_traceback(files, tmp_path, capsys, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied", "before.csv")

    monkeypatch.setattr("headrace.skew.files.check_files", refused)
    assert check(tmp_path, files["before"], files["same"]) == 2
    assert "before.csv: Permission denied" in capsys.readouterr().err


def test_ignore_takes_one_glob_each_time_and_says_what_matches_nothing(files, tmp_path, capsys):
    assert main(["check", "--no-report", "--ignore", "pa*", "--ignore", "zz*", files["before"], files["slow"]]) == 0
    out = capsys.readouterr().out
    assert "--ignore 'zz*' matches no column" in out
    assert "'pa*' matches" not in out
    assert "not checked" in out
    assert out.strip().splitlines()[-1] == "Blessed: no drift was found; 1 not checked: pace"


def test_version_is_told(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out.startswith("headrace 0.")
