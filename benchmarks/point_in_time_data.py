"""Generates events, runs and profiles of runners; compares the features that all libraries found.

There are as many runs as events over 60 days, about 20 for each runner, and four profiles for each runner, of which one
in ten is written twice, the second time later. Each value is computed from a hash of the row number, so the data do not
depend on a random generator.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from headrace.examples.layout import write_parquet

SHARDS = 4
_MARCH_1, _DAY = 1_772_323_200_000_000, 86_400_000_000
_WHO = "'runner-' || (md5_number_lower(i::VARCHAR || '{salt}k') % greatest({rows} // 20, 1)) AS runner_id"
_WHEN = f"{_MARCH_1} + (r1 * 60 * {_DAY})::BIGINT"
TABLES = {
    "events": f"""
        SELECT {_WHO}, i AS suggestion_id, {_WHEN} AS shown_at, ['morning', 'evening'][1 + i % 2] AS daypart,
               (r2 * 420)::INT / 10 AS length_km, (r3 * 9)::BIGINT AS hour
        FROM ({{draws}})
    """,
    "runs": f"""
        SELECT {_WHO}, {_WHEN} AS started_at, (r2 * 2000)::INT / 100 AS distance_km, 4 + r3 * 4 AS pace_min_per_km,
               (r2 < 0.7)::BIGINT AS finished, 'route ' || (r3 * 40)::INT AS route
        FROM ({{draws}})
    """,
    "profiles": f"""
        SELECT 'runner-' || (same // 4) AS runner_id, {_MARCH_1} + (r1 * 60 * {_DAY})::BIGINT AS valid_from,
               {_MARCH_1} + ((60 + r3) * {_DAY})::BIGINT AS written_at, 'city ' || (r2 * 100)::INT AS city,
               ['18-24', '25-34', '35-44'][1 + floor(r2 * 3)::INT] AS age_group
        FROM ({{draws}})
    """,
}


def folder(work: Path) -> Path:
    return work / "data" / "point-in-time"


def make(work: Path, rows: int) -> None:
    """Writes flat Parquet in `plain/`, and the same rows as features in `events/`, `runs/` and `profiles/`."""
    done = folder(work) / "done"
    if done.exists():
        return
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        for name, sql in TABLES.items():
            count = max(rows // 20, 1) * 4 if name == "profiles" else rows
            sql = sql.format(draws=_draws(count, name), salt=name, rows=rows)
            connection.execute(f"CREATE TABLE {name} AS {sql}")
            for shard in range(SHARDS):
                path = folder(work) / "plain" / name / f"part-{shard}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                among = (
                    f"FROM {name} WHERE rowid >= {count * shard // SHARDS} AND rowid < {count * (shard + 1) // SHARDS}"
                )
                connection.execute(f"COPY ({among}) TO '{path}' (FORMAT parquet)")
                features = folder(work) / name / "Split-all" / f"part-{shard:05d}-of-{SHARDS:05d}.parquet"
                write_parquet(pq.read_table(path), str(features))
    done.touch()


def differ(work: Path, ours: str, columns: dict[str, Callable[[str], str]]) -> str:
    """How the features of other libraries differ from ours, by the event's id; "" if they don't.

    `columns`: feature -> the SQL expression, from its name, that is compared.
    """
    out, faults = work / "point-in-time", []
    names = ["suggestion_id", *columns]
    compared = ", ".join(["suggestion_id", *(f"{sql(name)} AS {name}" for name, sql in columns.items())])
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        lists = ", ".join(f"{name}[1] AS {name}" for name in names)
        view = f"SELECT {lists} FROM '{out}/{ours}/Split-all/*.parquet'"
        connection.execute(f"CREATE TABLE ours AS SELECT {compared} FROM ({view})")
        (count,) = connection.execute("SELECT count(*) FROM ours").fetchone()
        for result in sorted((out / f"{ours}-peers").glob("*.parquet")):
            theirs = f"SELECT {compared} FROM '{result}'"
            sql = f"SELECT count(*), (SELECT count(*) FROM (({theirs}) EXCEPT ALL FROM ours)) FROM ({theirs})"
            found, other = connection.execute(sql).fetchone()
            print(f"  {result.stem}: {found:,} rows, {other:,} not as ours", flush=True)
            if other or found != count:
                faults.append(f"{result.stem} has {found:,} rows of {count:,}, {other:,} of them not as ours")
    return "; ".join(faults)


def _draws(rows: int, salt: str) -> str:
    # `same` is the row whose runner and time a profile written twice shares: the one before.
    ones = ", ".join(
        f"(md5_number_lower({of}::VARCHAR || '{salt}{n}') % 1000000) / 1e6 AS r{n}"
        for n, of in enumerate(("same", "i", "i"), start=1)
    )
    same = "i - (i % 10 = 1)::BIGINT" if salt == "profiles" else "i"
    return f"SELECT i, same, {ones} FROM (SELECT i, {same} AS same FROM range({rows}) t(i))"
