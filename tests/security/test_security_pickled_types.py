"""No command and no reader runs code that a Parquet file brings along; each refuses the file by its name."""

import pytest
from security import pickled_types

from headrace.errors import DataError
from headrace.examples.layout import read_batches
from headrace.examples.sample import read_rows
from headrace.files.parquet import open_parquet, read_metadata, read_schema
from headrace.ingest.read_table import read_table
from headrace.keyed.schemas import read_side_schema
from headrace.schema.row_views import over_rows
from headrace.skew.pairs import FileColumns
from headrace.stats.reading.parts import columns_of, parts_of
from headrace_cli.main import main

LABELS = """keys: [id]
event_time: at
outcome_time: at
labels:
- {name: accepted, value: accepted, window: [0, 1d]}
as_of: 2026-03-10T00:00:00Z
splits: {all: 1}
"""
FEATURES = """event_time: at
tables:
- {kind: as_of, name: runners, keys: [id], time: at, features: [accepted], ttl: 365d}
"""
INGEST = """sources:
- {name: app, pattern: evil.parquet}
record:
  fields: [{name: id}, {name: pace, kind: float}]
"""
FOLDER = "folder/examples/Split-all/rows-00000-of-00001.parquet"
JOIN, GIVE = ["join", "labels.yaml", "--out", "out"], ["features", "features.yaml", "--out", "out"]
COMMANDS = {
    "check, baseline": ["check", "evil.parquet", "good.csv"],
    "check, current": ["check", "good.csv", "evil.parquet"],
    "effectiveness": ["effectiveness", "evil.parquet", "--label", "accepted"],
    "features, events": [*GIVE, "--events", "evil.parquet", "--table", "runners=good.csv"],
    "features, folder": [*GIVE, "--events", "folder", "--table", "runners=good.csv"],
    "features, table": [*GIVE, "--events", "good.csv", "--table", "runners=evil.parquet"],
    "infer-spec": ["infer-spec", "evil.parquet"],
    "ingest": ["ingest", "ingest.yaml", "--out", "out"],
    "join, events": [*JOIN, "--events", "evil.parquet", "--outcomes", "good.csv"],
    "join, folder": [*JOIN, "--events", "folder", "--outcomes", "good.csv"],
    "join, outcomes": [*JOIN, "--events", "good.csv", "--outcomes", "evil.parquet"],
    "stats": ["stats", "evil.parquet"],
    "stats, each": ["stats", "--each", "good.csv", "evil.parquet"],
}


def over(path: str) -> None:
    with over_rows([path]):
        pass


READERS = {
    "columns_of": lambda path: columns_of([path]),
    "FileColumns": lambda path: FileColumns([path]),
    "read_side_schema": lambda path: read_side_schema("events", [path]),
    "open_parquet": open_parquet,
    "over_rows": over,
    "parts_of": lambda path: parts_of("all", [path]),
    "read_batches": lambda path: next(read_batches([path])),
    "read_metadata": read_metadata,
    "read_rows": lambda path: read_rows([path]),
    "read_schema": read_schema,
    "read_table": read_table,
}


@pytest.fixture
def marker(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    marker = tmp_path / "marker"
    for name in ("evil.parquet", FOLDER):
        pickled_types.write(tmp_path / name, marker)
    rows = zip(*pickled_types.ROWS.values(), strict=True)
    lines = [",".join(pickled_types.ROWS), *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "good.csv").write_text("\n".join(lines) + "\n")
    for name, text in (("labels", LABELS), ("features", FEATURES), ("ingest", INGEST)):
        (tmp_path / f"{name}.yaml").write_text(text)
    return marker


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, id=name, marks=[pytest.mark.tfx] if command[0] == "stats" else [])
        for name, command in COMMANDS.items()
    ],
)
def test_a_command_refuses_a_file_that_would_run_code(command, marker, tmp_path, capsys):
    assert main(command) == 2
    assert not marker.exists()
    told = capsys.readouterr().err
    assert ("rows-00000-of-00001.parquet" if "folder" in command else "evil.parquet") in told
    assert "'arrow.py_extension_type'" in told
    assert "written anew" in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", pickled_types.PLACES)
def test_such_a_type_is_found_at_any_depth(place, marker, tmp_path):
    path = pickled_types.write(tmp_path / "deep.parquet", marker, place)
    with pytest.raises(DataError, match=r"deep\.parquet has a column of the extension type 'arrow\.py_extension_type'"):
        open_parquet(str(path))
    assert not marker.exists()


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_a_reader_refuses_such_a_file(reader, marker):
    with pytest.raises(DataError, match=r"evil\.parquet has a column of the extension type 'arrow\.py_extension_type'"):
        reader("evil.parquet")
    assert not marker.exists()


def test_every_such_file_is_named_at_once(marker, tmp_path):
    paths = [str(pickled_types.write(tmp_path / name, marker)) for name in ("one.parquet", "two.parquet")]
    for reader in (lambda: parts_of("all", paths), lambda: read_side_schema("events", paths)):
        with pytest.raises(DataError, match=r"one\.parquet has .*two\.parquet has "):
            reader()


def test_the_pickle_is_not_shown(marker):
    with pytest.raises(DataError) as error:
        open_parquet("evil.parquet")
    assert "marker" not in str(error.value)
    assert error.value.__suppress_context__
