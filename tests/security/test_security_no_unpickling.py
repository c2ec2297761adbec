"""What reads data or settings makes no objects of them but plain ones: no pickles, no YAML tags, no evaluated text."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    file
    for package in (
        "src/headrace",
        "src/headrace_cli",
        "components/headrace_components",
        "pipelines/headrace_pipelines",
    )
    for file in sorted((ROOT / package).rglob("*.py"))
]
UNPICKLERS = {"cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "pickle", "shelve", "torch"}
PARQUET = {
    *(f"pq.{name}" for name in ("ParquetFile", "ParquetDataset", "read_metadata", "read_schema", "read_table")),
    *(f"pd.{name}" for name in ("read_parquet", "read_feather", "read_pickle", "read_hdf")),
}
ALLOWED = {
    # Partial statistics between the steps of one run: a worker packed them.
    ("src/headrace/stats/tfdv/plan.py", "pickle.loads"),
    # What workers of one run hand on to each other, through a folder or an element of that run.
    ("src/headrace/execution/beam.py", "pickle.load"),
    ("src/headrace/execution/beam.py", "pickle.loads"),
    ("src/headrace/execution/outcomes.py", "pickle.loads"),
    ("src/headrace/execution/spark.py", "pickle.loads"),
    # Of `yaml.SafeLoader`.
    ("src/headrace/config/yaml_text.py", "yaml.load"),
    # The one place that gives refusals their words.
    *(
        ("src/headrace/files/parquet.py", f"pq.{name}")
        for name in ("ParquetFile", "read_metadata", "read_schema", "read_table")
    ),
}


def calls(text: str) -> Iterator[str]:
    """What is called or inherited in a module, as it is written there, what `from` imports of unpicklers, and flags."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            yield dotted(node.func)
            yield from (f"{word.arg}=True" for word in node.keywords if getattr(word.value, "value", None) is True)
        elif isinstance(node, ast.ClassDef):
            yield from map(dotted, node.bases)
        elif isinstance(node, ast.ImportFrom) and node.module in {*UNPICKLERS, "pyarrow.parquet", "yaml"}:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def dotted(node: ast.AST) -> str:
    """`a.b.c` of names and attributes; of anything else nothing."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def is_dangerous(call: str) -> bool:
    module, _, name = call.rpartition(".")
    return (
        (module in UNPICKLERS and name in {"load", "loads", "Unpickler", "open", "decode"})
        or (module == "yaml" and name in {"load", "load_all", "full_load", "unsafe_load", "unsafe_load_all"})
        or call in {"eval", "exec", "builtins.eval", "builtins.exec", "allow_pickle=True", "shell=True", "os.system"}
        or call in PARQUET
        or call.startswith(("pyarrow.parquet.", "pa.parquet.", "pa.dataset.", "ds.dataset", "feather.", "pa.feather."))
    )


def test_nothing_makes_objects_of_what_it_reads_but_where_it_is_named_here() -> None:
    found = {
        (file.relative_to(ROOT).as_posix(), call)
        for file in FILES
        for call in calls(file.read_text())
        if is_dangerous(call)
    }
    assert found == ALLOWED, "read it as plain data; Parquet by headrace.files.parquet"


@pytest.mark.parametrize(
    "text",
    [
        "import pickle\npickle.load(file)",
        "from pickle import loads",
        "import yaml\nyaml.unsafe_load(text)",
        "import numpy as np\nnp.load(file, allow_pickle=True)",
        "import pyarrow.parquet as pq\npq.ParquetFile(path)",
        "from pyarrow.parquet import read_table",
        "import pyarrow.parquet\npyarrow.parquet.read_table(path)",
        "import pandas as pd\npd.read_parquet(path)",
        "eval(text)",
    ],
)
def test_what_is_looked_for_is_found(text: str) -> None:
    assert any(map(is_dangerous, calls(text)))
