"""Users of the shared engine see only their own tables; SQL that others wrote reads and writes only what it may."""

from concurrent.futures import ThreadPoolExecutor

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.duckdb_engine import column_types, connected, first_row, identifier, literal, sandboxed


def test_tables_of_one_user_are_not_seen_by_another():
    def own(number):
        with connected() as connection:
            connection.register("t", pa.table({"x": [number] * 1000}))
            return connection.execute("SELECT min(x), max(x), count(*) FROM t").fetchone()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(own, range(200))) == [(number, number, 1000) for number in range(200)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('{tmp}/secret.csv')",
        "SELECT * FROM read_parquet('{tmp}/other.parquet')",
        "SELECT content FROM read_text('{tmp}/secret.csv')",
        "COPY (SELECT 1) TO '{tmp}/written.parquet'",
        "ATTACH '{tmp}/a.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET allowed_paths = ['{tmp}/secret.csv']",
    ],
)
def test_a_sandbox_reads_and_writes_only_what_it_may(tmp_path, statement):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    for name in ("one", "other"):
        pq.write_table(pa.table({"x": [1, 2]}), tmp_path / f"{name}.parquet")
    (tmp_path / "out").mkdir()
    with sandboxed(read=[str(tmp_path / "one.parquet")], write_dir=str(tmp_path / "out")) as connection:
        assert first_row(connection, f"SELECT sum(x) FROM read_parquet('{tmp_path}/one.parquet')") == (3,)
        connection.execute(f"COPY (SELECT 1 AS y) TO '{tmp_path}/out/a.parquet'")
        with pytest.raises(duckdb.Error):
            connection.execute(statement.format(tmp=tmp_path))
    assert not (tmp_path / "written.parquet").exists()


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=20))
def test_any_text_is_a_literal_and_any_name_an_identifier(text):
    with connected() as connection:
        assert first_row(connection, f"SELECT {literal(text)}") == (text,)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE t AS SELECT 1 AS {identifier(text)}")
        assert column_types(connection, "t") == {text: "INTEGER"}
