"""A join that is killed at any step leaves nothing half-written, and the next run gives what an unbroken one gives."""

from __future__ import annotations

import filecmp
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pytest

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
    ("headrace.labels.steps", "in_buckets", 2, "while the second shard is staged"),
    ("headrace.labels.steps", "decide", 1, "before the first bucket is joined"),
    ("headrace.labels.steps", "decide", 3, "between buckets"),
    ("headrace.labels.steps", "write_shard", 2, "between two splits"),
    ("os", "replace", 14, "when a shard is written and not yet in its place"),
    ("headrace.labels.run", "_summary", 1, "when all is written and nothing moved into place"),
    ("os", "rename", 2, "when the first folder is in its place"),
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


@pytest.mark.parametrize(("module", "name", "call", "when"), STEPS, ids=[when for *_, when in STEPS])
def test_killed_run_leaves_whole_outputs_or_none_and_the_next_is_as_if_nothing_had_been(
    tmp_path: Path, module: str, name: str, call: int, when: str
) -> None:
    (tmp_path / "in").mkdir()
    paths, out = inputs(tmp_path / "in"), outputs(tmp_path / "out")
    script = f"""
        import importlib, os, signal
        from headrace.labels import LabelSpec, join_label_files
        module = importlib.import_module({module!r})
        real, calls = getattr(module, {name!r}), []
        def kill(*args, **more):
            calls.append(1)
            if len(calls) == {call}:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **more)
        for place in (module, importlib.import_module("headrace.examples.shards")):
            if getattr(place, {name!r}, None) is real:
                setattr(place, {name!r}, kill)
        join_label_files(LabelSpec.from_json({SPEC.to_json()!r}), **{paths!r}, **{out!r})
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    whole = [folder for folder in out.values() if Path(folder).exists()]
    assert len(whole) == (1 if name == "rename" else 0)

    join_label_files(SPEC, **paths, **out)  # type: ignore[arg-type]
    unbroken = outputs(tmp_path / "unbroken")
    join_label_files(SPEC, **paths, **unbroken)  # type: ignore[arg-type]
    found = files(tmp_path / "out")
    assert found == files(tmp_path / "unbroken")
    assert filecmp.cmpfiles(tmp_path / "out", tmp_path / "unbroken", found, shallow=False)[1:] == ([], [])
    assert not list((tmp_path / "out").glob("*.staging-*"))
