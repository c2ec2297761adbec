"""Files on real servers of object stores: what is written is what is read and listed, and errors say what is wrong."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.errors import DataError, UsageError
from headrace.files import storage
from headrace.files.inputs import Inputs
from headrace.files.outputs import MANIFEST, whole_directory, whole_file
from headrace.files.parquet import open_parquet, read_metadata
from headrace.files.stores import version_of

pytestmark = pytest.mark.stores

STRANGE = ("a b.csv", "a+b.csv", "100%.csv", "a%20b.csv", "#1.csv", "Łódź.csv", "a&b=c.csv", "it's.csv", "(x) [1].csv")


def put(path, data=b"x"):
    with whole_file(path) as local, open(local, "wb") as stream:
        stream.write(data)


def get(path):
    with storage.open_file(path) as stream:
        return stream.read()


def test_what_is_written_is_read_in_any_order(root):
    data = os.urandom(3 << 20)
    put(f"{root}/a/b.bin", data)
    with storage.open_file(f"{root}/a/b.bin") as stream:
        assert stream.read(10) == data[:10]
        assert stream.seek(-5, os.SEEK_END) == len(data) - 5
        assert stream.read() == data[-5:]
        stream.seek(1 << 20)
        assert stream.read(1 << 20) == data[1 << 20 : 2 << 20]
    assert storage.exists(f"{root}/a/b.bin")
    assert not storage.exists(f"{root}/a/b")
    assert storage.is_folder(f"{root}/a")
    assert not storage.is_folder(f"{root}/a/b.bin")


@pytest.mark.parametrize("name", STRANGE)
def test_a_key_is_taken_literally(root, name):
    put(f"{root}/{name}", name.encode())
    assert get(f"{root}/{name}") == name.encode()
    assert storage.matches(f"{root}/*") == [f"{root}/{name}"]
    storage.move([(f"{root}/{name}", f"{root}/moved/{name}")])
    assert storage.matches(f"{root}/**") == [f"{root}/moved/{name}"]
    assert get(f"{root}/moved/{name}") == name.encode()


def test_a_pattern_matches_what_glob_matches_on_disk(root, tmp_path):
    names = [
        "2026-01-01/a.csv",
        "2026-01-01/b.json",
        "2026-01-02/a.csv",
        "2026-01-02/deep/er/a.csv",
        "x.csv",
        "[y].csv",
    ]
    for name in names:
        put(f"{root}/{name}")
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    for pattern in ("*", "*.csv", "*/a.csv", "2026-01-0[2-9]/*.csv", "**", "**/a.csv", "2026-01-02/**/*.csv", "?.csv",
                    "[[]y].csv", "none/*", "x.csv", "**/er/*", "*/deep/*/a.csv"):  # fmt: skip
        there = [path.removeprefix(f"{root}/") for path in storage.matches(f"{root}/{pattern}")]
        here = [os.path.relpath(path, tmp_path) for path in storage.matches(f"{tmp_path}/{pattern}")]
        assert there == here, pattern


def test_more_names_than_a_store_lists_at_once(root):
    # Azure lists 5,000 at once, which take too long to write.
    names = [f"{root}/many/{number:05d}" for number in range(100 if root.startswith("az") else 1105)]
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(put, names))
    assert storage.matches(f"{root}/many/*") == names
    storage.remove_folder(f"{root}/many")
    assert storage.matches(f"{root}/many/**") == []
    assert not storage.exists(f"{root}/many")


def test_of_parquet_only_what_is_asked_for_is_read(root):
    table = pa.table({"a": range(100_000), "b": [str(n) for n in range(100_000)]})
    with whole_file(f"{root}/t.parquet") as local:
        pq.write_table(table, local, row_group_size=10_000)
    assert read_metadata(f"{root}/t.parquet").num_row_groups == 10
    with open_parquet(f"{root}/t.parquet") as file:
        assert file.read_row_group(3, columns=["a"]).equals(table.select(["a"]).slice(30_000, 10_000))


def test_a_directory_becomes_visible_with_its_manifest_last_and_replaces_the_one_before(root):
    for names in (["Split-a/1", "old"], ["Split-a/1", "Split-b/1"]):
        with whole_directory(f"{root}/e") as local:
            for name in names:
                os.makedirs(os.path.dirname(f"{local}/{name}") or ".", exist_ok=True)
                with open(f"{local}/{name}", "w") as stream:
                    stream.write(name)
            if names[1] == "old":
                assert storage.matches(f"{root}/e/**") == []
        assert json.loads(get(f"{root}/e/{MANIFEST}")) == {"files": sorted(names)}
        assert storage.matches(f"{root}/**") == sorted(f"{root}/e/{name}" for name in [*names, MANIFEST])
    with pytest.raises(ZeroDivisionError), whole_directory(f"{root}/e") as local:
        1 / 0  # noqa: B018
    assert json.loads(get(f"{root}/e/{MANIFEST}")) == {"files": ["Split-a/1", "Split-b/1"]}


def test_workers_elsewhere_write_into_a_staging_folder_of_the_store(root):
    with whole_directory(f"{root}/e", shared=True) as staging:
        assert staging.startswith(f"{root}/e.staging-")
        for name in ("Split-train/1", "Split-eval/1"):
            put(f"{staging}/{name}", name.encode())
        assert storage.matches(f"{root}/e/**") == []
    assert get(f"{root}/e/Split-train/1") == b"Split-train/1"
    assert storage.matches(f"{root}/**") == [f"{root}/e/{n}" for n in ("Split-eval/1", "Split-train/1", MANIFEST)]


def test_what_is_not_there_is_named(root):
    with pytest.raises(FileNotFoundError, match="no such file"):
        get(f"{root}/none.csv")
    assert storage.matches(f"{root}/none/*") == []
    assert not storage.exists(f"{root}/none")
    storage.remove_folder(f"{root}/none")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("s3:///key", "names no bucket"),
        ("s3://b/k?region=", "region= is not a setting"),
        ("s3://b/k?endpoint_override=http://h&secret=x", "secret=x is not a setting of a store"),
        ("wasb://b/k", "wasb"),
    ],
)
def test_a_path_that_no_store_takes_is_refused(path, words):
    with pytest.raises(UsageError, match=words):
        storage.exists(path)


def test_access_that_is_denied_is_no_missing_file(server, root, monkeypatch):
    if not root.startswith("s3"):
        pytest.skip("the other servers take any account")
    from headrace.files import stores

    put(f"{root}/a.csv")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    stores._client.cache_clear()
    try:
        with pytest.raises(DataError, match="the store denies access"):
            get(f"{root}/a.csv")
    finally:
        stores._client.cache_clear()


@pytest.mark.parametrize("again", [b"km\n2\n", b"km\n"], ids=["same size", "shorter"])
def test_an_object_that_is_overwritten_while_it_is_read_is_refused(root, again):
    paths = [f"{root}/{number}.csv" for number in range(3)]
    for path in paths:
        put(path, b"km\n1\n")
    inputs = Inputs([*paths, f"{root}/none.csv"])
    inputs.refuse_changed()
    with pytest.raises(DataError, match=r"1\.csv changed while being read") as found, inputs.unchanged():
        put(paths[1], again)
    assert "0.csv" not in str(found.value)


def test_an_object_that_is_deleted_while_it_is_read_is_refused(root):
    put(f"{root}/a.csv")
    with pytest.raises(DataError, match=r"a\.csv changed while being read"), Inputs([f"{root}/a.csv"]).unchanged():
        storage.remove(f"{root}/a.csv")


def test_a_version_is_told_by_more_than_size_and_time(root):
    put(f"{root}/a.csv")
    assert any(isinstance(one, (str, bytes)) and one for one in version_of(f"{root}/a.csv"))
