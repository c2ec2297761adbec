"""From the counts of a source's chunks to alarms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headrace.alarms import Alarm
from headrace.ingest.health.health_counts import TIME_SPANS, HealthCounts
from headrace.ingest.spec.source_health import SourceHealth
from headrace.times.instants import instant_us, iso
from headrace.words import duration


def health_alarms(
    source: str,
    health: SourceHealth,
    *,
    read: int,
    counts: Sequence[HealthCounts],
    time_spans: Sequence[pa.Table],
    ends: tuple[int, int] | None = None,
) -> list[Alarm]:
    """What is wrong with a source of which `read` rows were not withheld.

    `ends` are those of `between`, in microseconds, where it is about the time field of this health.

    `count` and `share` are: rows missing, of those expected (down, shrunk); age in seconds, and 1 (stale); records, of
    those accepted (future); gaps, and the part of the time that they make up (gap); nulls, of rows accepted (blank).
    """
    if not read:
        expected = health.expected_rows or 0
        words = f"{source} is down: no rows" + (f", expected about {expected:,}" if expected else "")
        return [_alarm("SOURCE_DOWN", source, expected, 1.0, words)]
    found = [*_shrunk(source, health, read)]
    rows = sum(one.rows for one in counts)
    found.extend(_dated(source, health, counts, rows))
    found.extend(_lost_parts(source, health, counts))
    table = pa.concat_tables([TIME_SPANS.empty_table(), *time_spans])
    for part in sorted(table.column("part").unique().to_pylist(), key=str):
        mine = table.filter(pc.equal(table.column("part"), part)) if part is not None else table
        if part is not None or health.by is None:
            found.extend(_gaps(source if part is None else f"{part} in {source}", source, health, mine, ends))
    found.extend(_blanks(source, health, counts, rows))
    return found


def _alarm(code: str, source: str, count: int, share: float, words: str, field: str | None = None) -> Alarm:
    return Alarm(code=code, source=source, count=count, share=share, words=words, field=field)


def _shrunk(source: str, health: SourceHealth, read: int) -> Iterator[Alarm]:
    expected = health.expected_rows
    if expected is not None and read < health.min_rows_share * expected:
        share = 1 - read / expected
        words = (
            f"{source} shrank: {read:,} rows, expected about {expected:,} and at least "
            f"{health.min_rows_share:.0%} of that"
        )
        yield _alarm("SOURCE_SHRUNK", source, expected - read, share, words)


def _dated(source: str, health: SourceHealth, counts: Sequence[HealthCounts], rows: int) -> Iterator[Alarm]:
    if health.now is None or health.max_age_s is None:
        return
    times = [one.newest for one in counts if one.newest is not None]
    limit = f"expected at most {duration(health.max_age_s)} before {health.now}"
    if not times:
        yield _alarm("SOURCE_STALE", source, 0, 1.0, f"{source} is stale: no record has a time up to now, {limit}")
    else:
        age = (instant_us(health.now, naive="utc") - max(times)) / 1_000_000
        if age > health.max_age_s:
            words = f"{source} is stale: its newest record, of {iso(max(times))}, is {duration(age)} old, {limit}"
            yield _alarm("SOURCE_STALE", source, round(age), 1.0, words)
    future = sum(one.future for one in counts)
    if future:
        words = f"{future:,} of {rows:,} rows of {source} are dated after {health.now}: is a clock wrong?"
        yield _alarm("SOURCE_FUTURE", source, future, future / rows, words)


def _lost_parts(source: str, health: SourceHealth, counts: Sequence[HealthCounts]) -> Iterator[Alarm]:
    for part in health.parts:
        if not any(one.parts.get(part) for one in counts):
            yield _alarm("SOURCE_DOWN", source, 0, 1.0, f"{part} in {source} is down: no row has it as {health.by}")


def _gaps(
    who: str, source: str, health: SourceHealth, table: pa.Table, ends: tuple[int, int] | None
) -> Iterator[Alarm]:
    if not health.max_gap_us:
        return
    table = table.select(["first", "last"])
    if ends is not None:
        start, end = ends
        # What comes after now is not late yet.
        end = min(end, instant_us(health.now, naive="utc")) if health.now else end
        borders = [moment for moment in (start, end) if moment >= start]
        table = pa.concat_tables([table, pa.table([borders, borders], schema=table.schema)])
    table = table.sort_by("first")
    first, last = (table.column(name).to_numpy() for name in ("first", "last"))
    before = np.maximum.accumulate(last)
    gaps = first[1:] - before[:-1]
    wide = np.flatnonzero(gaps > health.max_gap_us)
    if not len(wide):
        return
    longest = wide[np.argmax(gaps[wide])]
    total = before[-1] - first[0]
    several = f" ({len(wide):,} such gaps)" if len(wide) > 1 else ""
    words = (
        f"{who} has a gap of {duration(gaps[longest] / 1e6)} without a record, from {iso(int(before[longest]))} to "
        f"{iso(int(first[longest + 1]))}; expected at most {duration(health.max_gap_us / 1e6)}{several}"
    )
    yield _alarm("SOURCE_GAP", source, len(wide), float(gaps[wide].sum() / total), words)


def _blanks(source: str, health: SourceHealth, counts: Sequence[HealthCounts], rows: int) -> Iterator[Alarm]:
    names = list(dict.fromkeys(name for one in counts for name in one.nulls))
    for name in names:
        count = sum(one.nulls.get(name, 0) for one in counts)
        limit = health.limit(name)
        if limit is not None and rows and count / rows > limit:
            words = (
                f"{name} is missing in {count:,} of {rows:,} rows of {source} "
                f"({count / rows:.2%}; expected at most {limit:.2%})"
            )
            yield _alarm("SOURCE_BLANK", source, count, count / rows, words, field=name)
