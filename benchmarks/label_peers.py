"""The label join in other libraries: the last outcome within a day of each event, in the fastest way of each.

None of them has maturity, as-of times, duplicates, orphans or a ledger. In the data, all events are mature and all
outcomes known, so that the labels must be equal. A backward as-of join from the last instant of the window, with the
length of the window as tolerance, finds the last outcome in it: so Feast, pandas, Polars and DuckDB can all express it.

This module runs in an environment of its own (benchmarks/peers.txt) and does not import headrace.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

US = 1_000_000
WINDOW_US = 86_400 * US
LABELS = ["accepted", "enjoyment"]
Run = Callable[[], Callable[[], None]]
"""The function to measure; the function that it returns writes the result, after the measurement."""

MATCHED = f"o.responded_at >= e.shown_at AND o.responded_at < e.shown_at + {WINDOW_US}"

ASOF = f"""
    SELECT
        e.*,
        CASE WHEN o.responded_at >= e.shown_at THEN o.accepted END AS accepted,
        CASE WHEN o.responded_at >= e.shown_at THEN o.enjoyment END AS enjoyment
    FROM {{events}} e ASOF LEFT JOIN (
        SELECT * FROM {{outcomes}}
        QUALIFY row_number() OVER (PARTITION BY key, responded_at ORDER BY received_at DESC) = 1
    ) o ON e.key = o.key AND e.shown_at + {WINDOW_US - 1} >= o.responded_at
"""
RANGE = f"""
    WITH
        numbered AS (SELECT *, row_number() OVER () AS n FROM {{events}}),
        picked AS (
            SELECT e.n, arg_max({{{{accepted: accepted, enjoyment: enjoyment}}}}, (responded_at, received_at)) AS found
            FROM numbered e JOIN {{outcomes}} o ON e.key = o.key AND {MATCHED}
            GROUP BY e.n
        )
    SELECT e.* EXCLUDE n, found.accepted AS accepted, found.enjoyment AS enjoyment
    FROM numbered e LEFT JOIN picked USING (n)
"""


def _feast(work: Path, shape: str, store: str) -> Run:
    """Feast's `get_historical_features`: events as the entity frame, outcomes as a feature view with a time to live."""
    from datetime import timedelta

    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
    from feast.types import Int64

    data, result = _folder(work, shape), _result(work, shape, f"feast_{store}")
    repo = Path(tempfile.mkdtemp(prefix="headrace-feast-"))
    outcomes = pq.read_table(data / "plain" / "outcomes")
    for name in ("responded_at", "received_at"):
        moments = outcomes[name].cast(pa.timestamp("us", "UTC"))
        outcomes = outcomes.set_column(outcomes.column_names.index(name), name, moments)
    pq.write_table(outcomes, repo / "outcomes.parquet")
    del outcomes
    key = Entity(name="key", join_keys=["key"], value_type=ValueType.STRING)
    view = FeatureView(
        name="outcomes",
        entities=[key],
        ttl=timedelta(microseconds=WINDOW_US - 1),
        schema=[Field(name=name, dtype=Int64) for name in LABELS],
        source=FileSource(
            path=str(repo / "outcomes.parquet"),
            timestamp_field="responded_at",
            created_timestamp_column="received_at",
        ),
    )
    config = RepoConfig(
        project="bench",
        registry=str(repo / "registry.db"),
        provider="local",
        offline_store={"type": store},
        online_store={"type": "sqlite", "path": str(repo / "online.db")},
        entity_key_serialization_version=3,
    )
    features = FeatureStore(config=config)
    features.apply([key, view])
    events = pq.read_table(data / "plain" / "events").to_pandas()
    events["event_timestamp"] = pd.to_datetime(events["shown_at"] + WINDOW_US - 1, unit="us", utc=True)

    def run() -> Callable[[], None]:
        wanted = [f"outcomes:{name}" for name in LABELS]
        found = features.get_historical_features(entity_df=events, features=wanted).to_arrow()
        return lambda: _keep(found, result)

    return run


def feast_duckdb(work: Path, shape: str) -> Run:
    return _feast(work, shape, "duckdb")


def feast_dask(work: Path, shape: str) -> Run:
    return _feast(work, shape, "dask")


def pandas(work: Path, shape: str) -> Run:
    import pandas as pd
    import pyarrow as pa

    data, result = _folder(work, shape), _result(work, shape, "pandas")
    events, outcomes = (pd.read_parquet(data / "plain" / side) for side in ("events", "outcomes"))

    def run() -> Callable[[], None]:
        events["until"] = events["shown_at"] + WINDOW_US - 1
        found = pd.merge_asof(
            events.sort_values("until"),
            outcomes.sort_values(["responded_at", "received_at"]),
            left_on="until",
            right_on="responded_at",
            by="key",
            tolerance=WINDOW_US - 1,
        )
        return lambda: _keep(pa.Table.from_pandas(found, preserve_index=False), result)

    return run


def polars(work: Path, shape: str) -> Run:
    import polars as pl

    data, result = _folder(work, shape), _result(work, shape, "polars")
    events, outcomes = (pl.read_parquet(data / "plain" / side / "*" / "*.parquet") for side in ("events", "outcomes"))

    def run() -> Callable[[], None]:
        found = (
            events.with_columns(until=pl.col("shown_at") + (WINDOW_US - 1))
            .sort("until")
            .join_asof(
                outcomes.sort("responded_at", "received_at"),
                left_on="until",
                right_on="responded_at",
                by="key",
                strategy="backward",
                tolerance=WINDOW_US - 1,
                check_sortedness=False,
            )
        )
        return lambda: _keep(found.to_arrow(), result)

    return run


def duckdb_asof(work: Path, shape: str) -> Run:
    return _duckdb(_folder(work, shape), _result(work, shape, "duckdb_asof"), ASOF)


def duckdb_range(work: Path, shape: str) -> Run:
    return _duckdb(_folder(work, shape), _result(work, shape, "duckdb_range"), RANGE)


def duckdb_files(work: Path, shape: str) -> Run:
    """The as-of join from the same Parquet files to Parquet files: all columns, splits by hash of the group."""
    import duckdb

    data, result = _folder(work, shape), work / f"labels-{shape}" / "peers" / "duckdb_files"
    result.mkdir(parents=True, exist_ok=True)
    split = "CASE WHEN md5_number_lower(group_id) % 3 < 2 THEN 'train' ELSE 'eval' END AS split"
    query = f"SELECT *, {split} FROM ({_sql(data, ASOF)})"

    def run() -> None:
        with duckdb.connect() as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.execute(
                f"COPY ({query}) TO '{result}' (FORMAT parquet, PARTITION_BY split, OVERWRITE_OR_IGNORE)"
            )

    return run


def _duckdb(data: Path, result: Path, query: str) -> Run:
    import duckdb

    def run() -> Callable[[], None]:
        with duckdb.connect() as connection:
            connection.execute("SET enable_progress_bar = false")
            found = connection.execute(_sql(data, query)).fetch_arrow_table()
        return lambda: _keep(found, result)

    return run


def _sql(data: Path, query: str) -> str:
    return query.format(**{side: f"'{data}/plain/{side}/*/*.parquet'" for side in ("events", "outcomes")})


def _folder(work: Path, shape: str) -> Path:
    return work / "data" / f"labels-{shape}"


def _result(work: Path, shape: str, name: str) -> Path:
    return work / f"labels-{shape}" / "peers" / f"{name}.parquet"


def _keep(found: Any, result: Path) -> None:
    import pyarrow.parquet as pq

    result.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(found.select(["key", "shown_at", *LABELS]), result)
