"""What `pip install headrace` alone brings along is enough for the core; what is not tells its cure."""

import json
import subprocess
import sys
from typing import NamedTuple

import pytest

OF_EXTRAS = (
    *("apache_beam", "dill", "fastavro", "google", "kfp", "ml_metadata", "sklearn", "tensorflow"),
    *("tensorflow_data_validation", "tensorflow_metadata", "tfx", "tfx_bsl"),
)
# One process runs all commands: to start one takes longer than most of them.
PROGRAM = """
import contextlib, io, json, sys
from headrace_cli.main import main

class Hidden:
    tried = []
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {packages!r}:
            self.tried.append(name)
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hidden())
done = {{}}
for name, arguments in {commands!r}.items():
    out, err = io.StringIO(), io.StringIO()
    Hidden.tried.clear()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    done[name] = code, out.getvalue(), err.getvalue(), list(Hidden.tried)
json.dump(done, sys.stdout)
"""
COMMANDS = {
    "check": ["check", "before.csv", "now.csv", "--report", "report.html"],
    "infer-spec": ["infer-spec", "now.csv", "-o", "inferred.yaml"],
    "ingest": ["ingest", "spec.yaml", "--out", "out"],
    "join": ["join", "labels.yaml", "--events", "before.csv", "--outcomes", "now.csv",
             "--as-of", "2026-03-10T00:00:00Z", "--out", "joined"],
    "ingest by Beam": ["ingest", "spec.yaml", "--out", "out", "--engine", "beam"],
    "stats": ["stats", "now.csv"],
}  # fmt: skip
LABELS = """
keys: [id]
event_time: at
outcome_time: at
labels: [{name: label, value: pace, window: [0, 1d], closed: both}]
"""


class Done(NamedTuple):
    """What a command returned and printed, and the modules of extras that it tried to import."""

    code: int
    out: str
    err: str
    tried: list[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("extras")
    rows = "".join(f"{n},{n % 7}.5,{'Oslo' if n % 3 else 'Rome'},2026-03-03T07:00:00Z\n" for n in range(500))
    for name in ("before.csv", "now.csv"):
        (folder / name).write_text("id,pace,city,at\n" + rows)
    (folder / "spec.yaml").write_text("key: [id]\nsources: [{name: now, pattern: now.csv}]\n")
    (folder / "labels.yaml").write_text(LABELS)
    return folder


@pytest.fixture(scope="module")
def done(folder):
    """By name, what became of a command where no extra is installed."""
    program = PROGRAM.format(packages=OF_EXTRAS, commands=COMMANDS)
    ran = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return {name: Done(*one) for name, one in json.loads(ran.stdout).items()}


@pytest.mark.parametrize(
    ("name", "written"),
    [("check", "report.html"), ("infer-spec", "inferred.yaml"), ("ingest", "out"), ("join", "joined")],
)
def test_a_command_of_the_core_needs_no_extra_and_looks_for_none(folder, done, name, written):
    assert done[name].code == 0, done[name].err
    assert (folder / written).exists()
    assert done[name].tried == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ingest by Beam", "engine 'beam' needs a package: pip install 'headrace[beam]'"),
        ("stats", "pip install 'headrace[stats]'"),
    ],
)
def test_what_needs_an_extra_names_it(done, name, words):
    assert (done[name].code, done[name].out) == (2, "")
    assert words in done[name].err
    assert done[name].tried
