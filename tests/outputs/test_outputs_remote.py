"""Outputs on other file systems are whole or not there, as local ones are; by any number of workers.

Here in memory, as an object store keeps them, and in folders; on real servers in tests/stores.
"""

import json
import os

import fsspec
import pytest

from headrace.examples.layout import read_batches
from headrace.files.outputs import MANIFEST, whole_directory, whole_file
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest


@pytest.fixture(params=["memory", "file"])
def root(request, tmp_path):
    fsspec.filesystem("memory").store.clear()
    yield "memory://bucket/out" if request.param == "memory" else f"file://{tmp_path}/there/out"
    fsspec.filesystem("memory").store.clear()


def stored(prefix):
    """All files whose paths begin with `prefix`, by what follows it, in the order in which they were written."""
    files, start = fsspec.core.url_to_fs(prefix)
    start += "/" * (prefix[-1] == "/")
    top = start.rsplit("/", 1)[0]
    found = list(files.store) if hasattr(files, "store") else files.find(top)
    return {path.removeprefix(start): files.cat_file(path) for path in found if path.startswith(start)}


def put(path, data):
    files, inside = fsspec.core.url_to_fs(path)
    files.makedirs(inside.rsplit("/", 1)[0], exist_ok=True)
    files.pipe_file(inside, data)


def names(root):
    return sorted(name for name in stored(f"{root}/") if not name.endswith(MANIFEST))


def write(*paths):
    for path in paths:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "w").close()


def test_a_file_becomes_visible_whole_and_replaces_the_one_before(root):
    for text in ("one", "two"):
        with whole_file(f"{root}/a/verdict.json") as path, open(path, "w") as stream:
            stream.write(text)
            assert stored(f"{root}/").get("a/verdict.json") in (None, b"one")
        assert stored(f"{root}/") == {"a/verdict.json": text.encode()}
    with pytest.raises(ZeroDivisionError), whole_file(f"{root}/a/verdict.json") as path, open(path, "w") as stream:
        stream.write("three" * (1 // 0))
    assert stored(f"{root}/") == {"a/verdict.json": b"two"}


def test_a_directory_becomes_visible_whole_and_replaces_the_one_before(root):
    for name in ("old", "new"):
        with whole_directory(f"{root}/e") as path:
            with open(f"{path}/{name}", "w") as stream:
                stream.write(name)
            assert f"e/{name}" not in stored(f"{root}/")
        assert names(root) == [f"e/{name}"]
    with pytest.raises(ZeroDivisionError), whole_directory(f"{root}/e") as path:
        write(f"{path}/half", 1 // 0)
    assert names(root) == ["e/new"]


def test_the_manifest_of_an_object_store_comes_last_and_lists_the_files(monkeypatch):
    store = fsspec.filesystem("memory")
    store.store.clear()
    with whole_directory("memory://bucket/out/e", shared=True) as path:
        assert path.startswith("memory://bucket/out/e.staging-")
        for name in ("Split-train/1", "Split-eval/1"):
            with whole_file(f"{path}/{name}") as local:
                open(local, "w").close()
    assert json.loads(store.cat_file(f"/bucket/out/e/{MANIFEST}")) == {"files": ["Split-eval/1", "Split-train/1"]}
    assert list(store.store)[-1].endswith(MANIFEST)
    written = type(store)._open

    def broken(self, path, mode="rb", **options):
        if "Split-train" in path and mode == "wb":
            raise OSError("the network is down")
        return written(self, path, mode=mode, **options)

    monkeypatch.setattr(type(store), "_open", broken)
    # Where something stands, it is replaced only when all that is new is on the store; where nothing stands, nothing
    # stays there.
    for folder in ("e", "fresh"):
        with pytest.raises(OSError, match="network is down"), whole_directory(f"memory://bucket/out/{folder}") as path:
            write(f"{path}/Split-eval/2", f"{path}/Split-train/2")
    assert sorted(store.store) == [f"/bucket/out/e/{n}" for n in ("Split-eval/1", "Split-train/1", MANIFEST)]


@pytest.mark.parametrize("engine", [None, pytest.param("beam", marks=pytest.mark.beam)])
def test_ingest_writes_there_what_it_writes_locally(tmp_path, root, engine):
    rows = [f"{n % 60},town {n},{n}" for n in range(90)] + ["x,y,z"]
    data, there_in = ("id,town,n\n" + "\n".join(rows) + "\n").encode(), f"{root.rsplit('/', 1)[0]}/in.csv"
    put(there_in, data)
    (tmp_path / "in.csv").write_bytes(data)
    record = RecordSpec(fields=(Field(name="id", kind="integer"), Field(name="town")), unknown="keep")

    def run(pattern, out):
        source = Source(name="s", pattern=pattern)
        spec = IngestSpec(sources=(source,), record=record, chunk_bytes=300, key=("id",), keep="last")
        examples, rejects = f"{out}/examples", f"{out}/rejects"
        return ingest(spec, examples_dir=examples, rejects_dir=rejects, engine=engine)

    local = run(str(tmp_path / "in.csv"), str(tmp_path / "out"))
    there = run(there_in, root)
    assert there.ledger == local.ledger
    assert local.ledger["duplicate"] == 30
    written = {
        str(path.relative_to(tmp_path / "out")): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file() and path.parent.name != "rejects"
    }
    found = {name: data for name, data in stored(f"{root}/").items() if not name.endswith(MANIFEST)}
    assert {name: data for name, data in found.items() if not name.startswith("rejects/")} == written
    assert sorted(name for name in found if name.startswith("rejects/")) == [
        "rejects/ledger.json",
        "rejects/rejects.parquet",
    ]
    shards = [f"{root}/{name}" for name in sorted(written)]
    assert sum(batch.num_rows for batch in read_batches(shards)) == 60
    # The next run compares itself with this one.
    again = IngestSpec(
        sources=(Source(name="s", pattern=there_in),),
        record=record,
        earlier_ledger=f"{root}/rejects/ledger.json",
    )
    ingest(again, examples_dir=f"{root}/examples", rejects_dir=f"{root}/rejects", engine=engine)
    assert not [name for name in stored(f"{root}") if ".staging-" in name]


def test_an_ingest_that_fails_leaves_there_what_stood_there(tmp_path, root):
    from headrace import DataError

    (tmp_path / "in.csv").write_text("id\n1\n2\nx\n")
    source = (Source(name="s", pattern=str(tmp_path / "in.csv")),)

    def run(**settings):
        spec = IngestSpec(sources=source, record=RecordSpec(fields=(Field(name="id", kind="integer"),)), **settings)
        ingest(spec, examples_dir=f"{root}/examples", rejects_dir=f"{root}/rejects")

    run()
    before = stored(root)
    with pytest.raises(DataError, match="policy is 'fail'"):
        run(policy="fail")
    assert stored(root) == before
