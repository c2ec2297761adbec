"""Point-in-time features in other libraries: Feast for look-ups as of a time, a hand-written DuckDB script for both.

This module runs in an environment of its own (benchmarks/peers.txt) and does not import headrace.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[[], Callable[[], None]]
"""The function to measure; the function that it returns writes the result, after the measurement."""

_DAY, _HOUR = 86_400_000_000, 3_600_000_000
AS_OF = f"""
    SELECT e.*, CASE WHEN p.valid_from >= e.shown_at - 20 * {_DAY} THEN p.city END AS city,
           CASE WHEN p.valid_from >= e.shown_at - 20 * {_DAY} THEN p.age_group END AS age_group
    FROM {{events}} e ASOF LEFT JOIN (
        SELECT * FROM {{profiles}}
        QUALIFY row_number() OVER (PARTITION BY runner_id, valid_from ORDER BY written_at DESC) = 1
    ) p ON e.runner_id = p.runner_id AND e.shown_at >= p.valid_from
"""
WINDOWS = f"""
    SELECT e.suggestion_id,
           any_value(e.runner_id) AS runner_id, any_value(e.shown_at) AS shown_at, any_value(e.daypart) AS daypart,
           any_value(e.length_km) AS length_km, any_value(e.hour) AS hour,
           count(r.started_at) FILTER (r.started_at >= e.shown_at - 7 * {_DAY}) AS runs_7d,
           coalesce(sum(r.distance_km) FILTER (r.started_at >= e.shown_at - 7 * {_DAY}), 0) AS km_7d,
           coalesce(sum(r.distance_km), 0) AS km_30d, avg(r.pace_min_per_km) AS pace_30d,
           max(r.distance_km) AS longest_30d, avg(r.finished) AS finished_30d
    FROM {{events}} e LEFT JOIN {{runs}} r
        ON e.runner_id = r.runner_id AND r.started_at >= e.shown_at - 30 * {_DAY}
        AND r.started_at < e.shown_at - {_HOUR}
    GROUP BY e.suggestion_id
"""


def duckdb_as_of(work: Path) -> Run:
    return _duckdb(work, AS_OF, "as_of")


def duckdb_windows(work: Path) -> Run:
    return _duckdb(work, WINDOWS, "windows")


def feast_duckdb(work: Path) -> Run:
    return _feast(work, "duckdb")


def feast_dask(work: Path) -> Run:
    return _feast(work, "dask")


def _feast(work: Path, store: str) -> Run:
    from datetime import timedelta

    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
    from feast.types import String

    repo = Path(tempfile.mkdtemp(prefix="headrace-feast-"))
    profiles = pq.read_table(_plain(work) / "profiles")
    for name in ("valid_from", "written_at"):
        moments = profiles[name].cast(pa.int64()).cast(pa.timestamp("us", "UTC"))
        profiles = profiles.set_column(profiles.column_names.index(name), name, moments)
    pq.write_table(profiles, repo / "profiles.parquet")
    key = Entity(name="runner_id", join_keys=["runner_id"], value_type=ValueType.STRING)
    source = FileSource(
        path=str(repo / "profiles.parquet"), timestamp_field="valid_from", created_timestamp_column="written_at"
    )
    schema = [Field(name=name, dtype=String) for name in ("city", "age_group")]
    view = FeatureView(name="profiles", entities=[key], ttl=timedelta(days=20), schema=schema, source=source)
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
    events = pq.read_table(_plain(work) / "events").to_pandas()
    events["event_timestamp"] = pd.to_datetime(events["shown_at"], unit="us", utc=True)

    def run() -> Callable[[], None]:
        wanted = ["profiles:city", "profiles:age_group"]
        found = features.get_historical_features(entity_df=events, features=wanted).to_arrow()
        return lambda: _keep(found, work, "as_of", f"feast_{store}")

    return run


def _duckdb(work: Path, query: str, kind: str) -> Run:
    import duckdb

    sql = query.format(**{name: f"'{_plain(work)}/{name}/*.parquet'" for name in ("events", "runs", "profiles")})

    def run() -> Callable[[], None]:
        with duckdb.connect() as connection:
            connection.execute("SET enable_progress_bar = false")
            found = connection.execute(sql).fetch_arrow_table()
        return lambda: _keep(found, work, kind, "duckdb")

    return run


def _plain(work: Path) -> Path:
    return work / "data" / "point-in-time" / "plain"


def _keep(found: Any, work: Path, kind: str, name: str) -> None:
    import pyarrow.parquet as pq

    folder = work / "point-in-time" / f"{kind}-peers"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(found, folder / f"{name}.parquet")
