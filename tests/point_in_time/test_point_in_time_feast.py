"""What Feast publishes of its point-in-time join, in our terms.

Sources, all in github.com/feast-dev/feast:
    docs: docs/getting-started/concepts/point-in-time-joins.md
    store: sdk/python/feast/infra/offline_stores/dask.py, `_filter_ttl`, `_drop_duplicates`
    ibis: sdk/python/feast/infra/offline_stores/ibis.py, `point_in_time_join`, `deduplicate`
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from headrace.point_in_time import AsOfTable, PointInTimeSpec, join_features

HOUR_US = 3_600_000_000


def joined(at: list[float], rows: list[dict[str, Any]], **settings: Any) -> list[Any]:
    """The feature `trips` of driver 1 at these hours; rows have `at`, `created` (hours) and `trips`."""
    hours = pa.array([int(hour * HOUR_US) for hour in at], pa.timestamp("us"))
    events = pa.table({"driver": [1] * len(at), "row": range(len(at)), "at": hours})
    columns = {
        name: pa.array(
            [None if row.get(name) is None else int(row[name] * HOUR_US) for row in rows], pa.timestamp("us")
        )
        for name in ("at", "created")
    }
    trips = pa.array([row["trips"] for row in rows], pa.int64())
    table = pa.table({"driver": pa.array([row.get("driver", 1) for row in rows]), **columns, "trips": trips})
    spec = AsOfTable(name="stats", keys=("driver",), time="at", features=("trips",), **settings)
    found = join_features(events, {"stats": table}, PointInTimeSpec(event_time="at", tables=(spec,))).events
    return [row["trips"] for row in sorted(found.to_pylist(), key=lambda row: row["row"])]


STATS = [{"at": 8, "trips": 2}, {"at": 9, "trips": 3}, {"at": 10, "trips": 4}]


def test_scans_backward_in_time_from_each_event_and_takes_the_newest_row() -> None:
    # docs: the join scans backward from the timestamp of each row of the entity dataframe.
    assert joined([8.5, 9.5, 10.5], STATS) == [2, 3, 4]


def test_event_before_the_earliest_row_stays_without_features() -> None:
    # docs: the first entity row is older than all feature rows and could not be joined; it is in the result.
    assert joined([7.9], STATS, ttl="2h") == [None]


def test_event_long_after_the_last_row_is_outside_the_time_to_live() -> None:
    # docs: the last entity row, eleven hours after the feature row, with a TTL of two hours.
    assert joined([21], STATS, ttl="2h") == [None]


def test_time_to_live_is_relative_to_each_event_and_not_to_now() -> None:
    # docs: the note on TTL. Rows of 1970 are found for events of 1970.
    assert joined([9, 10.5, 13], STATS, ttl="2h") == [3, 4, None]


def test_both_ends_of_the_time_to_live_are_included() -> None:
    # store: timestamp >= event - ttl and timestamp <= event. ibis: the same.
    assert joined([10, 12, 12.001], STATS, ttl="2h") == [4, 4, None]


def test_without_a_time_to_live_rows_never_expire() -> None:
    # store: no ttl asks for timestamp <= event alone.
    assert joined([100_000], STATS) == [4]


def test_of_rows_at_one_time_the_one_created_last_counts() -> None:
    # store: sorted by created timestamp, then by timestamp, the last is kept. ibis: row_number over both.
    tie = [{"at": 8, "created": 9, "trips": 5}, {"at": 8, "created": 8, "trips": 2}]
    assert joined([10], tie, created="created") == [5]
    assert joined([10], tie[::-1], created="created") == [5]


def test_newer_time_goes_before_later_creation() -> None:
    # store: the timestamp is sorted by last.
    assert joined(
        [10], [{"at": 8, "created": 30, "trips": 1}, {"at": 9, "created": 9, "trips": 7}], created="created"
    ) == [7]


def test_row_without_creation_time_comes_before_all_others() -> None:
    # store: na_position="first", and the last is kept.
    tie = [{"at": 8, "created": 1, "trips": 5}, {"at": 8, "created": None, "trips": 2}]
    assert joined([10], tie, created="created") == [5]


def test_row_created_after_the_event_counts_unless_creation_is_knowledge() -> None:
    # store, ibis: the created timestamp orders rows and filters none. `created_is="knowledge"` is ours alone.
    late = [{"at": 8, "created": 8, "trips": 2}, {"at": 8, "created": 20, "trips": 5}]
    assert joined([10], late, created="created") == [5]
    assert joined([10], late, created="created", created_is="knowledge") == [2]


def test_entity_that_the_table_lacks_stays_without_features() -> None:
    # ibis: a left join from the entity dataframe.
    assert joined([10], [{"driver": 2, "at": 8, "trips": 2}]) == [None]


def test_every_event_comes_out_once_also_two_that_are_alike() -> None:
    # docs: the result has the original entity rows.
    assert joined([9, 9], STATS) == [3, 3]
