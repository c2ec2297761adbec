"""A store that is busy, breaks off or answers by half gives the same bytes, or an error; and how often it is asked."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv
from unreliable import FAULTS, unreliable

from headrace.errors import HeadraceError
from headrace.files import storage, stores
from headrace.files.outputs import MANIFEST, whole_directory, whole_file
from headrace.files.parquet import open_parquet
from headrace.ingest import IngestSpec, Source, ingest

# The server in between speaks S3.
pytestmark = [pytest.mark.stores, pytest.mark.parametrize("server", ["s3"], indirect=True)]


@pytest.fixture
def between(root, monkeypatch):
    """A function that puts a server between the tests and the store."""
    found, store = [], os.environ["AWS_ENDPOINT_URL"]

    def start(fails):
        manager = unreliable(store, fails)
        server = manager.__enter__()
        found.append(manager)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        stores._client.cache_clear()
        return server

    yield start
    for manager in found:
        manager.__exit__(None, None, None)
    stores._client.cache_clear()


def rows(path):
    with storage.open_file(path) as stream:
        return stream.read()


@pytest.mark.parametrize("fault", FAULTS)
def test_every_third_request_may_fail(root, between, fault):
    data = os.urandom(3 << 20)
    server = between(lambda number, method: fault if number % 3 == 0 else None)
    with whole_file(f"{root}/a.bin") as local, open(local, "wb") as stream:
        stream.write(data)
    assert rows(f"{root}/a.bin") == data
    with whole_directory(f"{root}/folder") as folder:
        for number in range(4):
            pq.write_table(pa.table({"n": [number]}), f"{folder}/{number}.parquet")
    with whole_directory(f"{root}/folder") as folder:  # replaces what stands there
        pq.write_table(pa.table({"n": [7]}), f"{folder}/0.parquet")
    assert storage.matches(f"{root}/folder/*") == [f"{root}/folder/0.parquet", f"{root}/folder/{MANIFEST}"]
    with open_parquet(f"{root}/folder/0.parquet") as file:
        assert file.read().to_pydict() == {"n": [7]}
    assert server.faults >= 3


@pytest.mark.parametrize(
    ("fault", "name"), [("busy", "a.csv"), ("broken", "a.parquet"), ("reset", "a.csv.gz"), ("cut", "a.parquet")]
)
def test_a_store_that_answers_no_more_is_an_error_that_names_the_file(root, between, fault, name, monkeypatch):
    monkeypatch.setattr(stores, "S3_ATTEMPTS", 3)
    table = pa.table({"km": range(100)})
    with whole_file(f"{root}/{name}") as local:
        if name == "a.parquet":
            pq.write_table(table, local)
        else:
            with pa.output_stream(local) as stream:  # compressed as its name says
                csv.write_csv(table, stream)
    server = between(lambda number, method: None)
    spec = IngestSpec(sources=(Source(name="runs", pattern=f"{root}/{name}"),))
    ingest(spec, examples_dir=f"{root}/out", rejects_dir=f"{root}/rejects")
    before = {path: rows(path) for path in storage.matches(f"{root}/out/**")}
    for at in (0, 8):  # after so many requests each one fails
        start = sum(server.requests.values()) + at
        server.fails = lambda number, method, start=start: fault if number > start else None
        with pytest.raises((HeadraceError, OSError), match=rf"{root}/"):
            ingest(spec, examples_dir=f"{root}/out", rejects_dir=f"{root}/rejects")
        server.fails = lambda number, method: None
        there = {path: rows(path) for path in storage.matches(f"{root}/out/**")}
        assert there == before or f"{root}/out/{MANIFEST}" not in there
        ingest(spec, examples_dir=f"{root}/out", rejects_dir=f"{root}/rejects")
        assert {path: rows(path) for path in storage.matches(f"{root}/out/**")} == before


def test_of_a_parquet_file_the_footer_and_what_is_wanted_are_asked_for(root, between):
    table = pa.table({"a": range(200_000), "b": [str(n) for n in range(200_000)]})
    with whole_file(f"{root}/t.parquet") as local:
        pq.write_table(table, local, row_group_size=50_000)
    server = between(lambda number, method: None)
    with open_parquet(f"{root}/t.parquet") as file:
        file.read_row_group(2, columns=["a"])
    # One HEAD for the size, one GET for the footer, one for the column.
    assert server.requests["HEAD"] <= 1
    assert server.requests["GET"] <= 3


def test_of_a_text_file_a_request_fetches_a_mebibyte(root, between):
    with whole_file(f"{root}/t.csv") as local, open(local, "wb") as stream:
        stream.write(b"x" * (5 << 20))
    server = between(lambda number, method: None)
    assert len(rows(f"{root}/t.csv")) == 5 << 20
    assert server.requests["GET"] <= 6


def test_a_run_asks_a_fixed_number_of_times_for_each_shard(root, between):
    def requests(shards):
        for number in range(shards):
            with whole_file(f"{root}/{shards}/{number}.csv") as local, open(local, "w") as stream:
                stream.write("km\n" + "1\n" * 100)
        server = between(lambda number, method: None)
        spec = IngestSpec(sources=(Source(name="runs", pattern=f"{root}/{shards}/*.csv"),))
        ingest(spec, examples_dir=f"{root}/out-{shards}", rejects_dir=f"{root}/rejects-{shards}")
        return server.requests

    few, many = requests(2), requests(12)
    each = {method: (many[method] - few.get(method, 0)) / 10 for method in many}
    assert each["GET"] <= 4
    assert each["HEAD"] <= 8
    assert each["PUT"] <= 2
