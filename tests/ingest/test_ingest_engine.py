"""Users of the shared engine see only their own tables."""

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from headrace.duckdb_engine import connected


def test_tables_of_one_user_are_not_seen_by_another():
    def own(number):
        with connected() as connection:
            connection.register("t", pa.table({"x": [number] * 1000}))
            return connection.execute("SELECT min(x), max(x), count(*) FROM t").fetchone()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(own, range(200))) == [(number, number, 1000) for number in range(200)]
