"""Generates events and outcomes, six outcomes for ten events, with keys of three shapes.

    runners   a key has about 20 events, as a runner who is shown something now and then
    ids       each event has a key of its own, like a suggestion that gets a response or none
    hot       like runners, but one key has 20 % of the events

Of 100 outcomes, one has a key that no event has, and two correct the one before: same key and time, known an hour
later. One in twenty is too late for a window of a day.
"""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from headrace.examples.layout import write_parquet

SHARDS = 4

_RUNNER = "'runner-' || (md5_number_lower(i::VARCHAR || 'k') % greatest({rows} // 20, 1))"
KEYS = {
    "runners": _RUNNER,
    "ids": "'suggestion-' || i",
    "hot": f"CASE WHEN md5_number_lower(i::VARCHAR || 'h') % 5 = 0 THEN 'nobody' ELSE {_RUNNER} END",
}

_MARCH_1 = 1_772_323_200_000_000
_DAY = 86_400_000_000
_EVENTS = f"""
    SELECT
        i, {{key}} AS key, {_MARCH_1} + (r1 * 30 * {_DAY})::BIGINT + i % 1000 AS shown_at,
        'group-' || (r2 * 50000)::INT AS group_id,
        (r2 * r3 * 420)::INT / 10 AS distance_km,
        3.5 + r3 * 6 AS pace_min_per_km,
        ['morning', 'midday', 'afternoon', 'evening'][1 + floor(r4 * 4)::INT] AS daypart,
        'city ' || (r3 * r3 * 300)::INT AS city
    FROM ({{draws}})
"""
_OUTCOMES = f"""
    SELECT
        CASE WHEN r2 < 0.01 THEN 'unknown-' || o.i ELSE e.key END AS key,
        e.shown_at + (r1 * r1 * 1.1 * {_DAY})::BIGINT AS responded_at,
        responded_at + (r3 * 3600e6)::BIGINT + CASE WHEN o.i % 50 = 0 THEN 3_600_000_001 ELSE 1 END AS received_at,
        'response-' || o.i AS response_id,
        (r4 < 0.4)::BIGINT AS accepted,
        (1 + floor(r3 * 5))::BIGINT AS enjoyment
    FROM ({{draws}}) o JOIN events e ON e.i = o.same * 5 // 3
"""


def make_labels(folder: Path, rows: int, shape: str) -> None:
    """Writes `rows` events and 0.6 x `rows` outcomes: flat Parquet in `plain/`, features in `events/`, `outcomes/`.

    Each value is computed from a hash of the row number, so the data do not depend on a random generator.
    """
    done = folder / "done"
    if done.exists():
        return
    key = KEYS[shape].format(rows=rows)
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"CREATE TABLE events AS {_EVENTS.format(key=key, draws=_draws(rows, 'e'))}")
        connection.execute(f"CREATE TABLE outcomes AS {_OUTCOMES.format(draws=_draws(rows * 6 // 10, 'o'))}")
        connection.execute("ALTER TABLE events DROP i")
        for side in ("events", "outcomes"):
            for place in ("", "plain"):
                (folder / place / side / "Split-all").mkdir(parents=True, exist_ok=True)
            (count,) = connection.execute(f"SELECT count(*) FROM {side}").fetchone()
            for shard in range(SHARDS):
                first, last = count * shard // SHARDS, count * (shard + 1) // SHARDS
                name = f"{side}/Split-all/part-{shard:05d}-of-{SHARDS:05d}.parquet"
                among = f"SELECT * FROM {side} WHERE rowid >= {first} AND rowid < {last}"
                connection.execute(f"COPY ({among}) TO '{folder}/plain/{name}' (FORMAT parquet, ROW_GROUP_SIZE 122880)")
                write_parquet(pq.read_table(folder / "plain" / name), str(folder / name))
    done.touch()


def _draws(rows: int, salt: str) -> str:
    # `same` is the row whose time and event a correction has: the row before.
    ones = ", ".join(
        f"(md5_number_lower({of}::VARCHAR || '{salt}{n}') % 1000000) / 1e6 AS r{n}"
        for n, of in enumerate(("same", "same", "i", "i"), start=1)
    )
    same = "i - (i % 50 = 0 AND i > 0)::BIGINT" if salt == "o" else "i"
    return f"SELECT i, same, {ones} FROM (SELECT i, {same} AS same FROM range({rows}) t(i))"
