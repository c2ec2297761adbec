"""Generates data: the same number of rows gives the same rows, at any time and on any machine."""

from pathlib import Path

import duckdb

COLUMNS = 11

# 3 integers, 4 floats, 4 texts of 4 to 50,000 values, blanks in three columns: about 80 bytes a row.
_ROWS = """
    SELECT
        i AS ride_id,
        1456 + (r1 * 48)::INT AS started_minute,
        (r2 * 900 + 60)::INT AS duration_s,
        round(r3 * 42.2, 3) AS distance_km,
        CASE WHEN r4 < 0.05 THEN NULL ELSE round(r4 * 1300, 1) END AS elevation_m,
        round(3.5 + r5 * 6, 2) AS pace_min_per_km,
        CASE WHEN r6 < 0.1 THEN NULL ELSE round(90 + r6 * 100, 1) END AS heart_rate,
        ['morning', 'midday', 'afternoon', 'evening'][1 + floor(r1 * 4)::INT] AS daypart,
        'runner-' || (r2 * 50000)::INT AS runner_id,
        CASE WHEN r3 < 0.02 THEN NULL ELSE 'city ' || (r3 * r3 * 300)::INT END AS city,
        ['accepted', 'rejected'][1 + (r4 * r5 > 0.4)::INT] AS answer
    FROM (
        SELECT i, {draws} FROM range({rows}) t(i)
    )
"""


def make_csv(path: Path, rows: int) -> None:
    """Writes `rows` rows of 11 columns. Each value is computed from a hash of the row number."""
    _make(path, rows, "HEADER, DELIMITER ','")


def make_jsonl(path: Path, rows: int) -> None:
    """Writes the rows of `make_csv` as JSON lines; blanks are nulls."""
    _make(path, rows, "FORMAT json")


def _make(path: Path, rows: int, options: str) -> None:
    if path.exists():
        return
    draws = ", ".join(f"(md5_number_lower(i::VARCHAR || 'r{n}') % 1000000) / 1e6 AS r{n}" for n in range(1, 7))
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        query = _ROWS.format(draws=draws, rows=rows)
        connection.execute(f"COPY ({query}) TO '{half}' ({options})")
    half.rename(path)
