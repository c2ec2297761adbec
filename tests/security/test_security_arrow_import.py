"""The guard against types that are pickles holds whoever imports what first, and costs `import headrace` nothing."""

import pickle
import subprocess
import sys

import pytest
from security import pickled_types

from headrace.labels.steps import write_buckets

READ = """
import pyarrow.parquet as pq
try:
    pq.ParquetFile({path!r})
except RuntimeError as error:
    assert "arrow.py_extension_type" in str(error), error
else:
    raise SystemExit("it was read")
"""
BEFORE = {
    "the core": "import headrace",
    "a module of the core": "import headrace.examples.layout",
    "a module of the core that needs no Arrow": "import headrace.errors",
    "the command line": "import headrace_cli.main",
    "pipelines": "import headrace_pipelines",
    "pyarrow, then the core": "import pyarrow.parquet, headrace",
    "the core, then another's look for pyarrow": "import headrace, importlib.util; importlib.util.find_spec('pyarrow')",
    "the core, then threads": "import headrace\nfrom concurrent.futures import ThreadPoolExecutor\n"
    "with ThreadPoolExecutor(8) as pool: list(pool.map(__import__, ['pyarrow.parquet'] * 8))",
    "a function of the core, as a worker gets it": f"import pickle; pickle.loads({pickle.dumps(write_buckets)!r})",
}


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def evil(tmp_path):
    return pickled_types.write(tmp_path / "evil.parquet", tmp_path / "marker")


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_pyarrow_itself_refuses_once_headrace_is_imported(before, evil):
    run(before + READ.format(path=str(evil)))
    assert not evil.with_name("marker").exists()


@pytest.mark.tfx
def test_pyarrow_itself_refuses_in_a_process_of_components(evil):
    run("import headrace_components" + READ.format(path=str(evil)))
    assert not evil.with_name("marker").exists()


def test_the_core_imports_no_pyarrow_by_itself():
    assert run("import sys, headrace; print([name for name in sys.modules if 'pyarrow' in name])") == "[]\n"


def test_pyarrow_keeps_its_loader_for_those_who_ask_for_its_files():
    code = "import headrace, importlib.resources as files; print(files.files('pyarrow').joinpath('lib.pxd').is_file())"
    assert run(code) == "True\n"
    assert run("import headrace, inspect, pyarrow; print(len(inspect.getsource(pyarrow)) > 1000)") == "True\n"


def test_without_the_hotfix_pyarrow_is_not_imported():
    code = """
import sys
sys.modules["pyarrow_hotfix"] = None
import headrace
try:
    import pyarrow
except ModuleNotFoundError as error:
    print(error.name)
"""
    assert run(code) == "pyarrow_hotfix\n"
