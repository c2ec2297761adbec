"""A join that is killed at any step leaves nothing half-written, and the next run gives what an unbroken one gives."""

from __future__ import annotations

import filecmp
from pathlib import Path

import pyarrow as pa
import pytest
from execution.killed_attempts import killed_at_call

from headrace.examples.layout import write_parquet
from headrace.labels import Label, LabelSpec, join_label_files

SPEC = LabelSpec(
    keys=("key",),
    event_time="shown",
    outcome_time="done",
    labels=(Label(name="label", value="value", window=(0, "1d")),),
    as_of="1970-01-03T00:00:00Z",
    times={"shown": "epoch_us", "done": "epoch_us"},
    buckets=3,
)
FOLDERS = {name + "_dir": name for name in ("examples", "unlabeled", "unused")}
STEPS = [
    (["headrace.labels.steps.in_buckets"], 2, "while the second shard is staged"),
    (["headrace.labels.steps.decide"], 1, "before the first bucket is joined"),
    (["headrace.labels.steps.decide"], 3, "between buckets"),
    (["headrace.labels.steps.write_shard", "headrace.examples.shards.write_shard"], 2, "between two splits"),
    (["os.replace"], 14, "when a shard is written and not yet in its place"),
    (["headrace.labels.run._summary"], 1, "when all is written and nothing moved into place"),
    (["os.rename"], 2, "when the first folder is in its place"),
]


def inputs(folder: Path) -> dict[str, list[str]]:
    events = pa.table({"key": [f"k{n}" for n in range(200)], "shown": [n * 1_000_000 for n in range(200)]})
    values = {"done": [n * 1_000_000 + 5 for n in range(150)], "value": [n % 2 for n in range(150)]}
    outcomes = pa.table({"key": [f"k{n}" for n in range(150)], **values})
    paths = {}
    for side, table in (("events", events), ("outcomes", outcomes)):
        paths[side] = [str(folder / f"{side}-{number}.parquet") for number in range(2)]
        for number, path in enumerate(paths[side]):
            write_parquet(table.slice(number * 80, 80 if number == 0 else table.num_rows), path)
    return paths


def outputs(folder: Path) -> dict[str, str]:
    return {argument: str(folder / name) for argument, name in FOLDERS.items()}


def files(folder: Path) -> list[str]:
    found = [path for name in FOLDERS.values() for path in (folder / name).rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(folder)) for path in found)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    """What a run that nothing breaks writes, and the files that it reads."""
    folder = tmp_path_factory.mktemp("unbroken")
    paths = inputs(tmp_path_factory.mktemp("in"))
    join_label_files(SPEC, **paths, **outputs(folder))  # type: ignore[arg-type]
    return folder, paths


@pytest.mark.parametrize(("names", "call", "when"), STEPS, ids=[when for *_, when in STEPS])
def test_killed_run_leaves_whole_outputs_or_none_and_the_next_is_as_if_nothing_had_been(
    tmp_path: Path, unbroken: tuple[Path, dict[str, list[str]]], names: list[str], call: int, when: str
) -> None:
    (expected, paths), out = unbroken, outputs(tmp_path)
    killed_at_call(call, names, join_label_files, spec=SPEC, **paths, **out)
    whole = [folder for folder in out.values() if Path(folder).exists()]
    assert len(whole) == (1 if names == ["os.rename"] else 0)

    join_label_files(SPEC, **paths, **out)  # type: ignore[arg-type]
    found = files(tmp_path)
    assert found == files(expected)
    assert filecmp.cmpfiles(tmp_path, expected, found, shallow=False)[1:] == ([], [])
    assert not list(tmp_path.glob("*.staging-*"))
