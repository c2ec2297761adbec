"""What `pip install headrace` alone brings along is enough for the core; what is not tells its cure."""

import subprocess
import sys

import pytest

OF_EXTRAS = (
    *("apache_beam", "dill", "fastavro", "google", "kfp", "ml_metadata", "sklearn", "tensorflow"),
    *("tensorflow_data_validation", "tensorflow_metadata", "tfx", "tfx_bsl"),
)


def without_extras(folder, *arguments):
    hide = f"import sys; sys.modules.update(dict.fromkeys({OF_EXTRAS!r}))"
    run = f"{hide}; from headrace_cli.main import main; sys.exit(main({list(arguments)!r}))"
    return subprocess.run([sys.executable, "-c", run], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def files(tmp_path):
    rows = "".join(f"{n},{n % 7}.5,{'Oslo' if n % 3 else 'Rome'}\n" for n in range(500))
    for name in ("before.csv", "now.csv"):
        (tmp_path / name).write_text("id,pace,city\n" + rows)
    return tmp_path


def test_two_files_are_compared_and_a_spec_is_inferred(files):
    compared = without_extras(files, "check", "before.csv", "now.csv", "--report", "report.html")
    assert compared.returncode == 0, compared.stderr
    assert (files / "report.html").exists()
    inferred = without_extras(files, "infer-spec", "now.csv", "-o", "spec.yaml")
    assert inferred.returncode == 0, inferred.stderr


def test_what_needs_an_extra_names_it(files):
    (files / "spec.yaml").write_text("sources: [{name: now, pattern: now.csv}]\n")
    assert without_extras(files, "ingest", "spec.yaml", "--out", "out").returncode == 0
    done = without_extras(files, "ingest", "spec.yaml", "--out", "out", "--engine", "beam")
    assert (done.returncode, done.stdout) == (2, "")
    assert "engine 'beam' needs a package: pip install 'headrace[beam]'" in done.stderr
    done = without_extras(files, "stats", "now.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'headrace[stats]'" in done.stderr
