"""Where commands run their plan: `--engine`, `--workers`, `HEADRACE_ENGINE`; and what they import for it."""

import subprocess
import sys

import pytest

from headrace.execution import register
from headrace.execution.threads import Threads
from headrace_cli.main import main

SHOWN = "id,at\na,2026-03-03T10:00:00Z\nb,2026-03-03T11:00:00Z\nc,2026-03-03T12:00:00Z\n"
DONE = "id,done,yes\na,2026-03-03T10:05:00Z,1\nb,2026-03-03T11:05:00Z,0\n"
SPECS = {
    "ingest.yaml": "sources: [{name: shown, pattern: shown.csv}]\n",
    "labels.yaml": "keys: [id]\nevent_time: at\noutcome_time: done\nas_of: 2026-03-06T00:00:00Z\n"
    "labels: [{name: yes, value: 'yes', window: [0, 1d]}]\n",
    "features.yaml": "event_time: at\ntables:\n"
    "- {kind: as_of, name: done, keys: [id], time: done, features: ['yes'], ttl: 9d}\n",
}
COMMANDS = {
    "ingest": ["ingest", "ingest.yaml"],
    "join": ["join", "labels.yaml", "--events", "shown.csv", "--outcomes", "done.csv"],
    "features": ["features", "features.yaml", "--events", "shown.csv", "--table", "done.csv"],
}
HEAVY = ("apache_beam", "distributed", "dask", "pyspark", "tensorflow", "tfx", "sklearn", "matplotlib")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HEADRACE_ENGINE", raising=False)
    for name, text in {"shown.csv": SHOWN, "done.csv": DONE, **SPECS}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_an_engine_is_named_by_option_short_form_or_environment(command, folder, monkeypatch):
    named = []
    monkeypatch.setattr("headrace.execution.engines._KINDS", {})
    register("threads", "threads:4", r"threads:\d+", lambda text: named.append(text) or Threads(1))
    monkeypatch.setenv("HEADRACE_ENGINE", "threads:2")
    for given in (["--engine", "threads:3"], ["--workers", "4"], []):
        assert main([*COMMANDS[command], "--out", "out", *given]) in (0, 1)  # 1: an alarm
    assert list(dict.fromkeys(named)) == ["threads:3", "threads:4", "threads:2"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["ray", "dask", "dask://host", "spark://host", "threads:0", "local[4]"])
def test_what_names_no_engine_is_refused_with_those_that_there_are(command, name, folder, capsys):
    assert main([*COMMANDS[command], "--out", "out", "--engine", name]) == 2
    err = capsys.readouterr().err
    for words in (f"there is no engine {name!r}", "threads:4", "beam", "dask://host:8786", "spark://host:7077"):
        assert words in err
    assert not (folder / "out").exists()


def test_both_options_are_refused(capsys):
    assert main([*COMMANDS["ingest"], "--out", "out", "--engine", "threads", "--workers", "2"]) == 2
    assert "give one of the two" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["dask://host:8786", "spark", "spark:local"])
def test_an_engine_that_is_not_installed_names_its_extra(name, capsys, monkeypatch):
    extra = name.split(":")[0]
    monkeypatch.setitem(sys.modules, f"headrace.execution.{extra}", None)
    assert main([*COMMANDS["ingest"], "--out", "out", "--engine", name]) == 2
    assert f"engine {name!r} needs a package: pip install 'headrace[{extra}]'" in capsys.readouterr().err


def test_to_ingest_three_rows_imports_nothing_that_is_slow_to_start(folder):
    code = (
        "import sys\nfrom headrace_cli.main import main\n"
        "assert main(['ingest', 'ingest.yaml', '--out', 'out']) == 0\n"
        f"print(*sorted(set({HEAVY}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    assert "3 rows = 3 accepted" in done.stdout
    assert done.stderr.split() == []
