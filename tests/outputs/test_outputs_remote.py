"""Outputs where only Beam reaches are whole or not there, as local ones are; by any number of workers."""

import json
import os

import pytest
from file_systems import FAULTS, FILES, empty, stored

from headrace.examples.layout import read_batches
from headrace.files.outputs import MANIFEST, whole_directory, whole_file
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest

pytestmark = pytest.mark.beam

ROOTS = ("shelf://bucket/out", "tree://out")


@pytest.fixture(autouse=True)
def _nothing_stored():
    empty()
    yield
    empty()


def names(root):
    return sorted(name for name in stored(f"{root}/") if not name.endswith(MANIFEST))


def write(*paths):
    for path in paths:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "w").close()


@pytest.mark.parametrize("root", ROOTS)
def test_a_file_becomes_visible_whole_and_replaces_the_one_before(root):
    for text in ("one", "two"):
        with whole_file(f"{root}/a/verdict.json") as path, open(path, "w") as stream:
            stream.write(text)
            assert stored(f"{root}/").get("a/verdict.json") in (None, b"one")
        assert stored(f"{root}/") == {"a/verdict.json": text.encode()}
    with pytest.raises(ZeroDivisionError), whole_file(f"{root}/a/verdict.json") as path, open(path, "w") as stream:
        stream.write("three" * (1 // 0))
    assert stored(f"{root}/") == {"a/verdict.json": b"two"}


@pytest.mark.parametrize("root", ROOTS)
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


def test_the_manifest_of_an_object_store_comes_last_and_lists_the_files():
    with whole_directory("shelf://bucket/out/e", shared=True) as path:
        assert path.startswith("shelf://bucket/out/e.staging-")
        for name in ("Split-train/1", "Split-eval/1"):
            with whole_file(f"{path}/{name}") as local:
                open(local, "w").close()
    assert json.loads(FILES[f"shelf://bucket/out/e/{MANIFEST}"]) == {"files": ["Split-eval/1", "Split-train/1"]}
    assert list(FILES)[-1].endswith(MANIFEST)
    FAULTS.append("out/e/Split-train")
    with pytest.raises(OSError, match="network is down"), whole_directory("shelf://bucket/out/e") as path:
        write(f"{path}/Split-eval/2", f"{path}/Split-train/2")
    # What is there now is not whole, and says so: no manifest. What was staged is gone.
    assert f"shelf://bucket/out/e/{MANIFEST}" not in FILES
    assert not [name for name in FILES if ".staging-" in name]


@pytest.mark.parametrize(
    ("root", "engine"), [("shelf://bucket/out", "beam"), ("shelf://bucket/out", None), ("tree://out", None)]
)
def test_ingest_writes_there_what_it_writes_locally(tmp_path, root, engine):
    rows = [f"{n % 60},town {n},{n}" for n in range(90)] + ["x,y,z"]
    FILES["shelf://bucket/in.csv"] = ("id,town,n\n" + "\n".join(rows) + "\n").encode()
    (tmp_path / "in.csv").write_bytes(FILES["shelf://bucket/in.csv"])
    record = RecordSpec(fields=(Field(name="id", kind="integer"), Field(name="town")), unknown="keep")

    def run(pattern, out):
        source = Source(name="s", pattern=pattern)
        spec = IngestSpec(sources=(source,), record=record, chunk_bytes=300, key=("id",), keep="last")
        examples, rejects = f"{out}/examples", f"{out}/rejects"
        return ingest(spec, examples_dir=examples, rejects_dir=rejects, engine=engine)

    local = run(str(tmp_path / "in.csv"), str(tmp_path / "out"))
    there = run("shelf://bucket/in.csv", root)
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
        sources=(Source(name="s", pattern="shelf://bucket/in.csv"),),
        record=record,
        earlier_ledger=f"{root}/rejects/ledger.json",
    )
    ingest(again, examples_dir=f"{root}/examples", rejects_dir=f"{root}/rejects", engine=engine)
    assert not [name for name in stored(f"{root}") if ".staging-" in name]


@pytest.mark.parametrize("root", ROOTS)
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
