"""Files are opened, looked for and written by `headrace.files`: what goes round it can't be on a store.

What is left goes to a local path: that of a staging folder, of an environment, of a database.
"""

import ast
from pathlib import Path

import module_syntax
import pytest
from test_arrow import PACKAGES

pytestmark = module_syntax.SHARED

READERS = {
    "glob.glob", "glob.iglob", "os.listdir", "os.scandir", "os.stat", "os.walk", "os.path.exists", "os.path.getmtime",
    "os.path.getsize", "os.path.isdir", "os.path.isfile", "os.path.islink", "os.path.lexists", "pa.OSFile",
    "pa.memory_map", "pa.input_stream", "pa.ipc.open_file", "pq.ParquetDataset", "pq.ParquetFile", "pq.read_metadata",
    "pq.read_schema", "pq.read_table", "csv.open_csv", "csv.read_csv", "orc.ORCFile", "feather.read_table",
    "fs.S3FileSystem", "fs.GcsFileSystem", "fs.LocalFileSystem", "fs.FileSystem.from_uri", "fsspec.open",
    "shutil.copy", "shutil.copyfile", "shutil.copytree", "shutil.copy2",
}  # fmt: skip
METHODS = {"read_text", "read_bytes", "exists", "is_dir", "is_file", "iterdir", "rglob", "stat"}
"""Of a `Path`, made on the spot."""
LOCAL = {
    "headrace/ingest/files/find.py": {"os.path.isdir"},  # a path that is a folder is refused by name
    "headrace/ingest/files/matching.py": {"os.path.exists", "os.path.isdir", "os.listdir"},  # behind `is_remote`
    "headrace/ingest/formats/database_connection.py": {"os.path.isfile"},  # the file of SQLite or DuckDB
    "headrace/ingest/spec/yaml_file.py": {"os.path.isfile"},  # a spec in Python is run
    "headrace/ingest/formats/arrow_ipc.py": {"pa.ipc.open_file"},  # of an open stream
    "headrace/ingest/formats/table_files.py": {"pa.ipc.open_file"},
    "headrace/ingest/formats/orc.py": {"orc.ORCFile"},
    "headrace/examples/layout.py": {"pa.OSFile"},  # written in a staging folder
    "headrace/ingest/formats/text_files.py": {"pa.OSFile"},
    "headrace_cli/commands/check.py": {"os.path.isdir"},  # behind `is_remote`
    "headrace_cli/commands/compile.py": {"open"},  # a definition of a pipeline
    "headrace_cli/commands/run_node.py": {"os.path.exists"},
    "headrace_cli/commands/stats.py": {"os.path.isdir"},  # behind `is_remote`
    "headrace_cli/input_paths.py": {"os.listdir"},  # a temporary folder
    "headrace_components/ingest/fingerprint.py": {"glob.glob", "os.stat"},  # of local files alone, as its page says
    "headrace_pipelines/kubeflow/entrypoint.py": {"open"},  # what the executor wrote in a temporary folder
    "headrace_pipelines/kubeflow/remote.py": {"os.path.exists", "fs.S3FileSystem", "fs.GcsFileSystem",
                                              "fs.LocalFileSystem"},  # the stores of Kubeflow's launcher, minio://
    "headrace_pipelines/kubeflow/views.py": {"shutil.copyfile"},  # where the launcher mounts artifacts
    "headrace_pipelines/lineage.py": {"os.path.exists"},  # the database of ML Metadata
    "headrace_pipelines/nodes/ir.py": {"open"},
}  # fmt: skip


def name_of(node: ast.expr) -> str:
    """`os.path.exists` of a call's function; "" where it is not a plain name."""
    if isinstance(node, ast.Attribute):
        before = name_of(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def is_reading(call: ast.Call) -> bool:
    """Whether `open` is called without a mode, or with one that reads."""
    given = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "mode")]
    mode = given[0].value if given and isinstance(given[0], ast.Constant) else "r"
    return not str(mode).startswith(("w", "x"))


def _is_path(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and name_of(value.func) == "Path"


def ways_round(tree: ast.AST) -> set[str]:
    """The calls of a module that open or look for files by themselves."""
    found = set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = name_of(call.func)
        if name in READERS or (name == "open" and is_reading(call)):
            found.add(name)
        elif isinstance(call.func, ast.Attribute) and call.func.attr in METHODS and _is_path(call.func.value):
            found.add(f"Path.{call.func.attr}")
    return found


def modules() -> list[tuple[str, Path]]:
    """Every module outside `headrace.files`, and its file."""
    return [
        (f"{name}/{file.relative_to(folder).as_posix()}", file)
        for name, folder in PACKAGES.items()
        for file in sorted(folder.rglob("*.py"))
        if (name, file.relative_to(folder).parts[0]) != ("headrace", "files")
    ]


def test_files_are_opened_by_one_layer():
    found = {name: ways for name, file in modules() if (ways := ways_round(ast.parse(file.read_text())))}
    assert found == LOCAL


@pytest.mark.parametrize(
    "code",
    [
        "open(path)",
        "open(path, 'rb').read()",
        "open(path, mode='a')",
        "pq.ParquetFile(path)",
        "os.path.exists(path)",
        "glob.glob(path)",
        "Path(path).read_text()",
        "fs.S3FileSystem()",
    ],
)
def test_each_way_round_is_seen(code):
    assert ways_round(ast.parse(code))


@pytest.mark.parametrize("code", ["open(path, 'w')", "open_file(path)", "storage.exists(path)", "text.exists()"])
def test_what_writes_in_a_staging_folder_or_asks_the_layer_is_none(code):
    assert not ways_round(ast.parse(code))
