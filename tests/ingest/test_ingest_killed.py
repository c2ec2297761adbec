"""A disk that fills up and a process that is killed leave nothing half done, and the next run is clean."""

import errno
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import unprivileged

from headrace import DataError
from headrace.files.outputs import whole_directory
from headrace.ingest import IngestSpec, Source, ingest

RUN = """
import sys
from headrace.ingest import IngestSpec, Source
from headrace.ingest import ingest
{before}
spec = IngestSpec(sources=(Source(name="app", pattern=sys.argv[1]),), key=("n",), chunk_bytes=20_000)
ingest(spec, examples_dir=sys.argv[2] + "/examples", rejects_dir=sys.argv[2] + "/rejects")
"""
# The first chunk is written, the second never comes to an end.
HANGS = """
import pathlib, time
from headrace.ingest import steps
guess = steps.guess_chunk
def hang(chunk, *arguments, **options):
    if chunk.index == 1:
        pathlib.Path(sys.argv[2], "half").touch()
        time.sleep(600)
    return guess(chunk, *arguments, **options)
steps.guess_chunk = hang
"""
FILLS_UP = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))"


def days(folder: Path) -> str:
    (folder / "day.csv").write_text(
        "n,t\n" + "".join(f"{n},{hashlib.md5(b'%d' % n).hexdigest()}\n" for n in range(1000))
    )
    return str(folder / "day.csv")


def start(before: str, pattern: str, out: Path) -> subprocess.Popen:
    command = [sys.executable, "-c", RUN.format(before=before), pattern, str(out)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def run(pattern: str, out: Path):
    spec = IngestSpec(sources=(Source(name="app", pattern=pattern),), key=("n",))
    return ingest(spec, examples_dir=str(out / "examples"), rejects_dir=str(out / "rejects"))


def tree(out: Path) -> list[str]:
    return sorted(str(Path(folder, name).relative_to(out)) for folder, _, names in os.walk(out) for name in names)


def test_after_a_kill_in_the_middle_the_next_run_is_clean(tmp_path):
    pattern = days(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    process = start(HANGS, pattern, out)
    while not (out / "half").exists() and process.poll() is None:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    (out / "half").unlink()
    left = os.listdir(out)
    assert len(left) == 2
    assert all(".staging-" in name for name in left)
    assert run(pattern, out).ledger["accepted"] == 1000
    assert sorted(os.listdir(out)) == ["examples", "rejects"]
    clean = tmp_path / "clean"
    run(pattern, clean)
    assert tree(out) == tree(clean)


def test_what_a_living_process_writes_is_not_taken_for_stale(tmp_path):
    path = str(tmp_path / "examples")
    with whole_directory(path) as first:
        Path(first, "a").touch()
        with whole_directory(path) as second:
            Path(second, "b").touch()
            assert os.path.exists(first)
        assert os.listdir(path) == ["b"]
    assert os.listdir(path) == ["a"]
    assert os.listdir(tmp_path) == ["examples"]


def test_a_disk_that_fills_up_fails_the_run_says_so_and_leaves_the_output_of_before(tmp_path):
    pattern = days(tmp_path)
    out = tmp_path / "out"
    run(pattern, out)
    before = {name: (out / name).read_bytes() for name in tree(out)}
    process = start(FILLS_UP, pattern, out)
    _, told = process.communicate()
    assert process.returncode == 1
    last = told.strip().splitlines()[-1]
    assert last.startswith("headrace.errors.DataError: there is no room left to write ")
    assert os.strerror(errno.EFBIG) in told
    assert {name: (out / name).read_bytes() for name in tree(out)} == before


@pytest.fixture
def small_disk(tmp_path):
    """A file system with room for 200 kB; of a user who may not mount one, the test says so."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)]
    done = subprocess.run(command, capture_output=True, text=True) if shutil.which("mount") else None
    if done is None or done.returncode:
        pytest.skip(f"no small file system can be mounted here: {done.stderr.strip() if done else 'no mount'}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("payload", ["parquet", pytest.param("tf_example", marks=pytest.mark.tfx)])
def test_a_full_disk_is_told_and_what_stood_there_still_stands(tmp_path, small_disk, payload):
    pattern = days(tmp_path)
    with open(pattern, "a") as stream:
        stream.writelines(f"{n},{hashlib.sha256(b'%d' % n).hexdigest()}\n" for n in range(5000, 15000))
    spec = IngestSpec(sources=(Source(name="app", pattern=pattern),), chunk_bytes=50_000)
    (small_disk / "examples").mkdir()
    (small_disk / "examples" / "of before").write_text("here")
    with pytest.raises(DataError, match=r"there is no room left to write .*No space left on device"):
        ingest(spec, examples_dir=f"{small_disk}/examples", rejects_dir=f"{small_disk}/rejects", payload=payload)
    assert tree(small_disk) == ["examples/of before"]
    assert os.listdir(small_disk) == ["examples"]


WRITE = """
from headrace.ingest import IngestSpec, Source
from headrace.ingest import ingest
spec = IngestSpec(sources=(Source(name="app", pattern=sys.argv[1]),))
ingest(spec, examples_dir=sys.argv[2] + "/examples", rejects_dir=sys.argv[2] + "/rejects")
"""


def test_a_folder_that_may_not_be_written_is_told(tmp_path):
    (tmp_path / "out").mkdir(mode=0o500)
    done = unprivileged.run(WRITE, days(tmp_path), str(tmp_path / "out"), folder=tmp_path)
    assert done.returncode == 1
    assert re.search(r"PermissionError: .*Permission denied: '.*/out/rejects", done.stderr.splitlines()[-1])
    assert os.listdir(tmp_path / "out") == []
