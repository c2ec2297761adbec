import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace_cli.main import main

pytestmark = pytest.mark.tfx


@pytest.fixture
def files(tmp_path):
    pytest.importorskip("tensorflow_data_validation")
    rows = [(4 + n % 5, ["Köln", "Oslo", ""][n % 3], "yes" if n % 5 > 2 else "no") for n in range(300)]
    text = "pace,city,answer\n" + "".join(f"{pace},{city},{answer}\n" for pace, city, answer in rows)
    (tmp_path / "a.csv").write_text(text)
    lines = [json.dumps({"pace": pace, "city": city or None, "answer": answer}) for pace, city, answer in rows]
    (tmp_path / "b.jsonl").write_text("\n".join(lines))
    table = pa.table({"pace": [[pace] for pace, *_ in rows], "tags": [[b"x", b"y"]] * 300})
    pq.write_table(table, tmp_path / "c.parquet")
    return tmp_path


def stats(folder, *arguments):
    return main(["stats", *arguments, "--statistics", str(folder / "out.pb"), "--report", str(folder / "out.html")])


def read(path):
    import tensorflow_data_validation as tfdv

    return tfdv.load_stats_binary(str(path))


def test_a_file_becomes_a_table_statistics_and_a_page(files, capsys):
    assert stats(files, str(files / "a.csv"), "--slice", "city", "--label", "answer", "--correlate") == 0
    out = capsys.readouterr().out
    for told in ("a.csv: 300 rows, 3 features", "pace", "Köln", "2 slices of 100 to 100 rows", "out.pb", "out.html"):
        assert told in out
    statistics = read(files / "out.pb")
    assert [dataset.name for dataset in statistics.datasets] == ["All Examples", "city_Köln", "city_Oslo"]
    page = (files / "out.html").read_text()
    assert "Köln" in page
    assert "<script" not in page
    assert not [word for word in ("http://", "https://", "src=", "@import") if word in page]


def test_rows_of_several_files_are_counted_together_or_each(files, capsys):
    assert stats(files, str(files / "a.csv"), str(files / "b.jsonl")) == 0
    assert read(files / "out.pb").datasets[0].num_examples == 600
    assert "2 files: 600 rows" in capsys.readouterr().out
    assert stats(files, str(files / "a.csv"), str(files / "c.parquet"), "--each", "--no-report") == 0
    assert [read(files / f"out-{n}.pb").datasets[0].num_examples for n in (1, 2)] == [300, 300]
    tags = next(f for f in read(files / "out-2.pb").datasets[0].features if f.path.step[0] == "tags")
    assert tags.string_stats.common_stats.max_num_values == 2


def test_a_spec_file_says_everything(files):
    (files / "spec.json").write_text('{"exclude": ["city"], "slices": [{"name": "slow", "where": "pace > 6"}]}')
    assert stats(files, str(files / "a.csv"), "--spec", str(files / "spec.json")) == 0
    whole, slow = read(files / "out.pb").datasets
    assert (slow.name, slow.num_examples) == ("slow", 120)
    assert [feature.path.step[0] for feature in whole.features] == ["answer", "pace"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nope.csv", "gone.csv"], "no such file: nope.csv, gone.csv"),
        (["a.csv", "--slice", "town"], "'town' (slices); they have: answer, city, pace"),
        (["a.csv", "--spec", "spec.json", "--weight", "pace"], "--spec replaces"),
        (["a.csv", "--report", "nowhere/x.html"], "nowhere/x.html: there is no such folder"),
        (["a.csv", "--statistics", "a.csv"], "a.csv would be written over the data"),
    ],
)
def test_a_call_that_can_not_be_is_refused_with_everything_that_is_wrong(files, arguments, named, capsys, monkeypatch):
    monkeypatch.chdir(files)
    assert main(["stats", *arguments]) == 2
    assert named in capsys.readouterr().err
    assert not (files / "headrace-stats.pb").exists()


def test_without_tfdv_the_error_says_what_to_install(files, monkeypatch, capsys):
    for name in [name for name in sys.modules if name.startswith("headrace.stats.tfdv")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorflow_data_validation", None)
    monkeypatch.delattr("headrace.stats.tfdv", raising=False)
    assert stats(files, str(files / "a.csv")) == 2
    assert "pip install 'headrace[stats]'" in capsys.readouterr().err


def test_the_command_imports_no_tfx(files):
    code = (
        "import sys; from headrace_cli.main import main; "
        f"files = [{str(files / 'a.csv')!r}, '--statistics', {str(files / 'x.pb')!r}]; "
        "assert main(['stats', *files, '--no-report']) == 0; "
        "assert 'tensorflow_data_validation' in sys.modules; "
        "print([name for name in sys.modules if name == 'tfx' or name.startswith(('tfx.', 'ml_metadata'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
