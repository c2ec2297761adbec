"""Databases: what a query gives comes in whole, typed, in any number of portions; the password is told nowhere."""

import glob
import itertools
import json
import sqlite3
import sys
import traceback
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgres_server import PASSWORD, programs, running

from headrace import DataError, UsageError
from headrace.examples.layout import from_features
from headrace.ingest import DatabaseSource, Field, IngestSpec, RecordSpec, Source, ingest
from headrace.ingest.files.find import find_files, find_queries
from headrace.ingest.formats.file_format import Chunk
from headrace.ingest.parse import guess_chunk, parse_chunk, resolve_kinds
from headrace.ingest.values.infer_kind import merged_columns

RUNS = """
create table runs as select n as id, 'r' || n % 7 as runner, n % 2 = 0 as night, n / 4.0::float8 as pace,
(n * 1.10)::numeric as fee, timestamptz '2026-03-01 07:00+02' + n * interval '1 h' as at, date '2026-03-01' + n as day,
case when n % 10 > 0 then n end as gap from generate_series(1, 100) n
"""


@pytest.fixture(scope="session")
def postgres():
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    with running(folder) as server:
        server.run(RUNS)
        yield server


@pytest.fixture(autouse=True)
def password(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", PASSWORD)


@pytest.fixture
def lite(tmp_path):
    path = tmp_path / "runs of 2026.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table runs (id integer, name text, pace real, note)")
        rows = [(n, f"{n:03d}", n / 7, None if n % 3 else n) for n in range(50)]
        connection.executemany("insert into runs values (?, ?, ?, ?)", rows)
    return "sqlite:///" + str(path).replace(" ", "%20")


def source(uri, query="select * from runs", **more):
    return DatabaseSource(name="db", uri=uri, query=query, **more)


def run(out: Path, *sources, splits=None, **more):
    spec = IngestSpec(sources=sources, splits=splits or {"all": 1}, **more)
    result = ingest(
        IngestSpec.from_json(spec.to_json()), examples_dir=str(out / "examples"), rejects_dir=str(out / "rejects")
    )
    paths = sorted(glob.glob(str(out / "examples" / "Split-*" / "*.parquet")))
    rows = [row for path in paths for row in from_features(pq.read_table(path)).to_pylist()]
    return result, rows


def read(database, record=None):
    """Kinds by field and rows of a source, without Beam."""
    portions = [(table, number) for table in find_files([database]) for number in range(table.size)]
    chunks = [Chunk(file=table, index=0, start=number, end=number + 1) for table, number in portions]
    guesses = [guess_chunk(chunk, record) for chunk in chunks]
    fields = resolve_kinds(record, merged_columns(guess.kinds for guess in guesses))
    parsed = [parse_chunk(chunk, fields) for chunk in chunks]
    rows = [row for one in parsed for row in one.rows.to_pylist()]
    return {field.name: field.kind for field in fields}, rows


def test_rows_of_postgres_come_typed_and_complete(postgres, tmp_path):
    result, rows = run(tmp_path, source(postgres.uri))
    assert dict(result.fields) == {
        "id": "integer", "runner": "text", "night": "boolean", "pace": "float", "fee": "float", "at": "timestamp",
        "day": "date", "gap": "integer",
    }  # fmt: skip
    assert result.ledger.total == result.ledger["accepted"] == 100
    row = next(row for row in rows if row["id"] == 10)
    assert row["at"] == 1_772_341_200_000_000 + 10 * 3_600_000_000
    assert row["day"] == 1_773_187_200_000_000
    assert (row["runner"], row["night"], row["pace"], row["gap"]) == ("r3", 1, 2.5, None)
    assert row["fee"] == pytest.approx(11)


def portion(table, number):
    return table.format.content(Chunk(file=table, index=0, start=number, end=number + 1)).table


@pytest.mark.parametrize("column", ["id", "pace", "at", "day", "gap"])
@pytest.mark.parametrize("partitions", [1, 2, 7])
def test_every_row_is_in_one_partition_whatever_the_column(postgres, column, partitions):
    (table,) = find_queries(source(postgres.uri, partition_by=column, partitions=partitions))
    found = [portion(table, number).column("id").to_pylist() for number in range(table.size)]
    assert sorted(itertools.chain(*found)) == list(range(1, 101))
    assert len(found) == (partitions if column != "day" else min(partitions, 99 + 1))
    sizes = [len(rows) for rows in found]
    assert max(sizes) <= 100 / partitions + 12  # 10 gaps come in the first


def test_several_queries_are_several_portions_in_their_order(postgres, tmp_path):
    queries = ("select id from runs where id > 50; ", "select id from runs where id <= 50 -- the rest")
    result, rows = run(tmp_path, source(postgres.uri, queries))
    assert {row["id"] > 50 for row in rows[:50]} == {True}
    assert sorted(row["id"] for row in rows) == list(range(1, 101))
    assert [path.rsplit("/", 1)[1] for path in result.by_file] == ["postgres query 1", "postgres query 2"]


def test_output_is_the_same_though_the_table_lies_in_another_order(postgres, tmp_path):
    postgres.run("create table shuffled as select * from runs order by md5(id::text)")
    first, shuffled = (
        run(tmp_path / name, source(postgres.uri, f"select * from {name}", partition_by="id"), splits={"a": 1, "b": 1})
        for name in ("runs", "shuffled")
    )
    assert first[1] == shuffled[1]
    assert first[0].rows == shuffled[0].rows


def test_types_that_arrow_does_not_know_come_as_their_text(postgres):
    query = """select '5f0c6d34-78b2-442f-bb03-d41535dbb45f'::uuid as u, inet '127.0.0.1' as i, array[1, 2] as a,
        interval '1 day 03:40' as l, time '03:40:32' as t, '{"k": [1]}'::jsonb as j, '\\x61'::bytea as b,
        'nan'::numeric as n,
        9223372036854775807 as big, '' as blank, 'Łódź "x"' as "Ort, ""quoted"" 'so'", 'a, b'::text as z"""
    record = RecordSpec(fields=(Field(name="n", missing=("nan", "")),), unknown="keep")
    _, (row,) = read(source(postgres.uri, query), record)
    assert row.pop("Ort, \"quoted\" 'so'") == 'Łódź "x"'
    assert row == {
        "u": "5f0c6d34-78b2-442f-bb03-d41535dbb45f", "i": "127.0.0.1/32", "a": "[1,2]", "l": "1 day 03:40:00",
        "t": 13_232_000_000, "j": '{"k": [1]}', "b": "a", "n": None, "big": 9223372036854775807, "blank": None,
        "z": "a, b",
    }  # fmt: skip


def test_faulty_rows_are_rejected_with_their_text_and_place(postgres, tmp_path):
    record = RecordSpec(fields=(Field(name="id", kind="integer", maximum=98), Field(name="pace", kind="float")))
    result, _ = run(tmp_path, source(postgres.uri, partition_by="id"), record=record)
    assert result.ledger.parts == {"accepted": 98, "rejected": 2, "duplicate": 0, "withheld": 0}
    rejects = pq.read_table(tmp_path / "rejects" / "rejects.parquet").to_pylist()
    assert {row["reason"] for row in rejects} == {"above_maximum"}
    assert [json.loads(row["raw"])["id"] for row in rejects] == [100, 99]  # in the order of the text
    assert all(row["byte_offset"] is None and row["file"].endswith("query 1") for row in rejects)


def test_a_database_and_files_make_one_table(postgres, lite, tmp_path):
    (tmp_path / "more.csv").write_text("id,runner\n1,r1\n900,r2\n")
    more = Source(name="csv", pattern=str(tmp_path / "more.csv"))
    record = RecordSpec(fields=(Field(name="id", kind="integer"), Field(name="runner")))
    small = DatabaseSource(name="lite", uri=lite, query="select id + 1000 as id, name as runner from runs")
    result, rows = run(tmp_path, source(postgres.uri), more, small, record=record, key=("id",))
    assert dict(result.ledger.parts) == {"accepted": 151, "rejected": 0, "duplicate": 1, "withheld": 0}
    assert rows[-1] == {"id": 1049, "runner": "049"}


def test_rows_of_sqlite_come_by_what_each_column_holds(lite):
    kinds, rows = read(source(lite, partition_by="id", partitions=3))
    assert kinds == {"id": "integer", "name": "text", "pace": "float", "note": "integer"}
    assert sorted(row["id"] for row in rows) == list(range(50))
    assert next(row for row in rows if row["id"] == 7) == {"id": 7, "name": "007", "pace": 1.0, "note": None}


def test_columns_of_sqlite_may_mix_types(tmp_path):
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("create table t (a, b)")
        connection.executemany(
            "insert into t values (?, ?)", [(n, 1) for n in range(3000)] + [("x", 2.5), (None, None)]
        )
    kinds, rows = read(source(f"sqlite:///{tmp_path}/x.db", "select * from t"))
    assert kinds == {"a": "text", "b": "float"}
    assert {row["a"] for row in rows} == {*map(str, range(3000)), "x", None}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.one_of(st.none(), st.integers(-(2**62), 2**62)), max_size=30), partitions=st.integers(1, 12))
def test_no_row_is_lost_between_partitions(tmp_path_factory, values, partitions):
    path = tmp_path_factory.mktemp("lite") / "x.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (n integer)")
        connection.executemany("insert into t values (?)", [(value,) for value in values])
    (table,) = find_queries(source(f"sqlite:///{path}", "select n from t", partition_by="n", partitions=partitions))
    found = [row for number in range(table.size) for row in portion(table, number).column("n").to_pylist()]
    assert sorted(found, key=str) == sorted(values, key=str)


def test_an_empty_result_has_the_columns(postgres, lite):
    for uri in (postgres.uri, lite):
        kinds, rows = read(source(uri, "select id from runs where id > 5000", partition_by="id"))
        assert (rows, list(kinds)) == ([], ["id"])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("selec 1", "ERROR: syntax error at or near"),
        ("select * from nowhere", 'relation "nowhere" does not exist'),
        ("select id, id from runs", "query 1 gives columns twice: id; rename them with AS"),
        ("with x as (delete from runs returning *) select * from x", "must be at the top level"),
        ("select nextval('numbers')", r"db.*cannot execute nextval\(\) in a read-only transaction"),
    ],
)
def test_a_query_that_can_not_be_read_is_told_with_the_words_of_the_server(postgres, query, words):
    postgres.run("create sequence if not exists numbers")
    with pytest.raises(DataError, match=words):
        read(source(postgres.uri, query))


@pytest.mark.parametrize(
    ("column", "words"),
    [("nope", "'nope', which the query lacks; it has id, runner"), ("runner", "'runner' is string")],
)
def test_a_column_that_can_not_divide_is_refused(postgres, column, words):
    with pytest.raises(UsageError, match=words):
        find_queries(source(postgres.uri, partition_by=column))


def test_columns_that_the_record_declares_and_the_query_lacks_are_named(postgres, tmp_path):
    record = RecordSpec(fields=(Field(name="id"), Field(name="bib")))
    with pytest.raises(DataError, match=r"1 column is missing from .*query 1: bib; it has: id, runner"):
        run(tmp_path, source(postgres.uri), record=record)


def test_the_password_may_stand_in_a_variable_of_its_own(postgres, monkeypatch):
    monkeypatch.delenv("PGPASSWORD")
    own = source(postgres.uri, "select 1 as one", password_env="RUNS_PASSWORD")
    with pytest.raises(UsageError, match=r"environment variable RUNS_PASSWORD, .* is not set"):
        find_queries(own)
    monkeypatch.setenv("RUNS_PASSWORD", PASSWORD)
    assert read(own)[1] == [{"one": 1}]


@pytest.mark.parametrize("variable", ["PGPASSWORD", "RUNS_PASSWORD"])
@pytest.mark.parametrize("damage", ["", "wrong", "port", "query", "host"])
def test_the_password_is_in_no_output_no_error_and_no_traceback(
    postgres, tmp_path, monkeypatch, capfd, variable, damage
):
    monkeypatch.delenv("PGPASSWORD")
    secret = PASSWORD + "-wrong" if damage == "wrong" else PASSWORD
    monkeypatch.setenv(variable, secret)
    uri = postgres.uri.replace(f":{postgres.port}", ":1") if damage == "port" else postgres.uri
    uri = uri.replace("127.0.0.1", "[::x") if damage == "host" else uri
    query = f"select '{PASSWORD}' from nowhere" if damage == "query" else "select 1 as one"
    told = ""
    try:
        run(tmp_path / "out", source(uri, query, password_env=variable))
    except (DataError, UsageError):
        told = traceback.format_exc()
    assert bool(told) == bool(damage)
    out, err = capfd.readouterr()
    files = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    given_by_the_user = told.count(repr(query)) if damage == "query" else 0
    assert not given_by_the_user
    for text in (told, out, err, *(content.decode(errors="replace") for content in files)):
        assert PASSWORD not in text
        assert PASSWORD.replace("/", "%2F").replace(" ", "%20") not in text


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://reader:hunter2@host/db", "postgresql://reader:@host/db", "postgresql://host/db?user=a&password=hunter2",
        "postgresql://reader:hunter2@[::bad/db", "host=h password=hunter2", "mysql://reader:hunter2@host/db",
        "postgresql://host/db?sslpassword=hunter2", "sqlite://hunter2@/x", "sqlite:///", "",
    ],
)  # fmt: skip
def test_a_uri_with_a_password_or_of_another_kind_is_refused_and_not_repeated(uri):
    for make in (
        source,
        lambda uri: IngestSpec.from_json(json.dumps({"sources": [{"name": "db", "uri": uri, "query": "q"}]})),
    ):
        with pytest.raises(UsageError, match="uri") as error:
            make(uri)
        assert "hunter2" not in str(error.value)


def test_the_json_of_a_broken_spec_is_told_without_its_password():
    text = '{"sources": [{"uri": "postgresql://a:hunter2@h/d?password=hunter3", "colour": 1, "query": "q"}]}'
    with pytest.raises(UsageError, match="has no 'colour'; it has name, uri, query") as error:
        IngestSpec.from_json(text)
    assert "hunter" not in str(error.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"name": ""}, "name: expected a name"),
        ({"query": ()}, "query: expected at least one"),
        ({"query": " ; "}, "query: expected an SQL query"),
        ({"partitions": 0}, "partitions: expected a whole number from 1 to 10,000, got 0"),
        ({"partition_by": ""}, "partition_by: expected a name"),
        ({"password_env": "hunter 2"}, "name of an environment variable"),
    ],
)
def test_what_can_not_be_meant_is_refused_by_name(settings, words):
    with pytest.raises(UsageError, match=words) as error:
        DatabaseSource(**{"name": "db", "uri": "sqlite:///x.db", "query": "select 1", **settings})
    assert "hunter" not in str(error.value)


def test_a_missing_file_and_a_file_that_is_no_database_are_named(tmp_path):
    (tmp_path / "text.db").write_text("no database, but long enough to be looked at" * 30)
    with pytest.raises(DataError, match=r"no such file: .*gone.db"):
        find_queries(source(f"sqlite:///{tmp_path}/gone.db"))
    with pytest.raises(DataError, match=r"text.db: .*not a database"):
        find_queries(source(f"sqlite:///{tmp_path}/text.db"))
    assert not (tmp_path / "gone.db").exists()


@pytest.mark.parametrize(("uri", "extra"), [("sqlite:///x.db", "sqlite"), ("postgresql://h/d", "postgres")])
def test_a_missing_driver_names_its_cure(monkeypatch, uri, extra):
    for module in ("adbc_driver_sqlite.dbapi", "adbc_driver_postgresql.dbapi"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=rf"pip install 'headrace\[{extra}\]'"):
        find_queries(source(uri))


def test_a_portion_that_is_too_large_says_how_to_divide_it(lite, monkeypatch):
    monkeypatch.setattr("headrace.ingest.formats.database.MAX_PORTION_BYTES", 10)
    with pytest.raises(DataError, match="over 10 bytes: read it in more partitions"):
        read(source(lite))
