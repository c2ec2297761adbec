"""A source that is down, shrunk, stale, gappy or blank, and columns that change, become alarms with code and words."""

import itertools
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headrace import DataError, UsageError
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, SourceHealth, TimeRange, ingest
from headrace.ingest.health.alarms import health_alarms
from headrace.ingest.health.column_changes import column_changes, field_changes
from headrace.ingest.health.health_counts import health_counts

RECORD = RecordSpec(
    fields=(
        Field(name="id"),
        Field(name="at", kind="timestamp"),
        Field(name="bpm", kind="integer"),
        Field(name="km", kind="float", default=0),
    )
)


def run(tmp_path: Path, rows: list[str] | None, health: SourceHealth | None, **settings):
    tmp_path.mkdir(exist_ok=True)
    if rows is not None:
        (tmp_path / "app.csv").write_text("id,at,bpm,km\n" + "".join(row + "\n" for row in rows))
    sources = (Source(name="app", pattern=str(tmp_path / "app.csv")),)
    settings = {"record": RECORD, "health": {"app": health} if health else {}, **settings}
    spec = IngestSpec(sources=sources, **settings)
    assert IngestSpec.from_json(spec.to_json()) == spec
    return ingest(spec, examples_dir=str(tmp_path / "out/examples"), rejects_dir=str(tmp_path / "out/rejects"))


def hours(*numbers: float) -> list[str]:
    return [f"e{n},2026-03-01T{int(n):02d}:{round(n % 1 * 60):02d}:00Z,60,1" for n in numbers]


def test_a_source_that_is_as_declared_raises_no_alarm(tmp_path):
    health = SourceHealth(
        expected_rows=3, time_field="at", now="2026-03-01T12:00:00Z", max_age_s=3600, max_gap_s=3600,
        max_null_share={"*": 0},
    )  # fmt: skip
    assert run(tmp_path, hours(10, 11, 12), health).alarms == []


def test_a_source_without_rows_is_down(tmp_path):
    (alarm,) = run(tmp_path, [], SourceHealth(expected_rows=1000)).alarms
    assert (alarm.code, alarm.source, alarm.count, alarm.share) == ("SOURCE_DOWN", "app", 1000, 1.0)
    assert alarm.words == "app is down: no rows, expected about 1,000"


def test_a_source_without_files_is_down_where_it_has_a_health_and_an_error_elsewhere(tmp_path):
    result = run(tmp_path, None, SourceHealth())
    assert [alarm.code for alarm in result.alarms] == ["SOURCE_DOWN"]
    assert result.ledger.total == 0
    assert dict(result.fields) == {"id": "text", "at": "timestamp", "bpm": "integer", "km": "float"}
    assert len(list((tmp_path / "out/examples").glob("Split-*/*.parquet"))) == 2
    with pytest.raises(DataError, match="no file matches"):
        run(tmp_path, None, None)


def test_other_sources_are_read_where_one_is_down(tmp_path):
    run(tmp_path, hours(1, 2), None)
    sources = (
        Source(name="gone", pattern=str(tmp_path / "gone-*.csv")),
        Source(name="app", pattern=str(tmp_path / "app.csv")),
    )
    spec = IngestSpec(sources=sources, record=RECORD, health={"gone": SourceHealth(), "app": SourceHealth()})
    result = ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"))
    assert result.ledger["accepted"] == 2
    assert [(alarm.code, alarm.source) for alarm in result.alarms] == [("SOURCE_DOWN", "gone")]


def test_a_source_with_too_few_rows_shrank(tmp_path):
    (alarm,) = run(tmp_path, hours(1, 2, 3, 4), SourceHealth(expected_rows=10)).alarms
    assert (alarm.code, alarm.count, alarm.share) == ("SOURCE_SHRUNK", 6, 0.6)
    assert alarm.words == "app shrank: 4 rows, expected about 10 and at least 50% of that"
    assert run(tmp_path, hours(1, 2, 3, 4, 5), SourceHealth(expected_rows=10)).alarms == []


def test_rows_that_are_withheld_do_not_count_as_there(tmp_path):
    between = TimeRange(field="at", start="2026-03-02", end="2026-03-03")
    (alarm,) = run(tmp_path, hours(1, 2, 3), SourceHealth(), between=between).alarms
    assert alarm.code == "SOURCE_DOWN"


def test_the_newest_record_before_now_tells_the_age(tmp_path):
    health = SourceHealth(time_field="at", now="2026-03-01T12:00:00Z", max_age_s=7200)
    stale, future = run(tmp_path, [*hours(3, 9.25, 23), "x,,1,1"], health, chunk_bytes=1).alarms
    assert (stale.code, stale.count) == ("SOURCE_STALE", 9900)
    assert stale.words == (
        "app is stale: its newest record, of 2026-03-01T09:15:00Z, is 2 h 45 min old, "
        "expected at most 2 h before 2026-03-01T12:00:00Z"
    )
    assert (future.code, future.count, future.share) == ("SOURCE_FUTURE", 1, 0.25)
    (stale,) = run(tmp_path, ["x,,1,1"], health).alarms
    assert stale.words.startswith("app is stale: no record has a time up to now")


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 20])
def test_gaps_are_found_over_chunks_in_any_order(tmp_path, chunk_bytes):
    health = SourceHealth(time_field="at", max_gap_s=7200)
    (alarm,) = run(tmp_path, hours(9, 1, 20, 2, 4, 12, 9.5), health, chunk_bytes=chunk_bytes).alarms
    assert (alarm.code, alarm.count, alarm.share) == ("SOURCE_GAP", 3, 15.5 / 19)
    assert alarm.words == (
        "app has a gap of 8 h without a record, from 2026-03-01T12:00:00Z to 2026-03-01T20:00:00Z; "
        "expected at most 2 h (3 such gaps)"
    )


def test_a_gap_may_lie_at_the_ends_of_the_range(tmp_path):
    between = TimeRange(field="at", start="2026-03-01", end="2026-03-02")
    rows = hours(*range(6, 24))
    (alarm,) = run(tmp_path, rows, SourceHealth(time_field="at", max_gap_s=7200), between=between).alarms
    assert "a gap of 6 h without a record, from 2026-03-01T00:00:00Z to 2026-03-01T06:00:00Z" in alarm.words
    health = SourceHealth(time_field="at", max_gap_s=7200, max_age_s=9000, now="2026-03-01T09:00:00Z")
    assert run(tmp_path, hours(*range(9)), health, between=between).alarms == []


@given(st.lists(st.integers(-300, 300), min_size=1, max_size=30), st.integers(1, 60), st.integers(1, 5))
@example(seconds=[0, 10, 50, 20, 85], limit=60, parts=2)
def test_gaps_are_those_that_sorting_all_moments_shows(seconds, limit, parts):
    import pyarrow as pa

    health = SourceHealth(time_field="at", max_gap_s=limit)
    chunks = [seconds[part::parts] for part in range(parts)]
    tables = [pa.table({"at": pa.array([s * 1_000_000 for s in chunk], pa.int64())}) for chunk in chunks]
    taken = [health_counts(table, {}, health) for table in tables]
    found = health_alarms(
        "a", health, read=len(seconds), counts=[one for one, _ in taken], time_spans=[one for _, one in taken]
    )
    ordered = sorted(seconds)
    wide = [after - before for before, after in itertools.pairwise(ordered) if after - before > limit]
    assert sum(alarm.count for alarm in found) == len(wide)
    assert [alarm.share for alarm in found] == ([sum(wide) / (ordered[-1] - ordered[0])] if wide else [])


def test_a_field_that_goes_blank_is_told_although_a_default_hides_it(tmp_path):
    rows = ["a,,,", "b,,60,1", "c,,,", "d,,60,"]
    health = SourceHealth(max_null_share={"bpm": 0.4, "km": 0.7, "id": 0})
    bpm, km = run(tmp_path, rows, health, chunk_bytes=1).alarms
    assert (bpm.code, bpm.field, bpm.count, bpm.share) == ("SOURCE_BLANK", "bpm", 2, 0.5)
    assert bpm.words == "bpm is missing in 2 of 4 rows of app (50.00%; expected at most 40.00%)"
    assert (km.field, km.count) == ("km", 3)
    everywhere = run(tmp_path, rows, SourceHealth(max_null_share={"*": 0.5}), chunk_bytes=1).alarms
    assert [alarm.field for alarm in everywhere] == ["at", "km"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"max_gap_s": 60}, "max_gap_s needs a time_field"),
        ({"max_age_s": 60, "time_field": "at"}, "max_age_s and now need each other"),
        ({"expected_rows": 0}, "expected_rows: expected a whole number of at least 1"),
        ({"max_null_share": {"bpm": 1.5}}, "max_null_share|bpm=1.5"),
        ({"max_gap_s": 0, "time_field": "at"}, "max_gap_s: expected seconds above 0"),
    ],
)
def test_a_health_that_can_not_be_meant_is_refused(settings, told):
    with pytest.raises(UsageError, match=told):
        SourceHealth(**settings)


@pytest.mark.parametrize(
    ("health", "told"),
    [
        ({"web": SourceHealth()}, "sources that are not there: \\['web'\\]"),
        ({"app": SourceHealth(time_field="bpm")}, "'bpm' must be a field of kind timestamp"),
        ({"app": SourceHealth(max_null_share={"x": 0})}, "names \\['x'\\], which the record lacks"),
    ],
)
def test_a_health_of_what_is_not_there_is_refused(health, told):
    with pytest.raises(UsageError, match=told):
        IngestSpec(sources=(Source(name="app", pattern="a.csv"),), record=RECORD, health=health)


def test_columns_that_changed_since_an_earlier_span_are_told(tmp_path):
    run(tmp_path, hours(1), None)
    earlier = str(tmp_path / "out/rejects/ledger.json")
    assert run(tmp_path / "same", hours(2), None, earlier_ledger=earlier).alarms == []
    later = tmp_path / "later"
    later.mkdir()
    (later / "app.csv").write_text("id,at,bpm,pace\ne1,,60,5\n")
    fields = (Field(name="id"), Field(name="at"), Field(name="bpm", kind="integer"))
    alarms = run(later, None, None, record=RecordSpec(fields=fields), earlier_ledger=earlier).alarms
    assert [(alarm.code, alarm.field, alarm.words) for alarm in alarms] == [
        ("COLUMN_KIND", "at", "field at was timestamp in the earlier span and is text now"),
        ("COLUMN_GONE", "km", "field km (float) of the earlier span is gone"),
        ("COLUMN_NEW", "pace", "the files of app have a new column pace since the earlier span"),
        ("COLUMN_GONE", "km", "the files of app lack the column km of the earlier span"),
    ]


def test_a_new_field_is_told_and_what_was_not_known_is_not():
    assert [alarm.words for alarm in field_changes({"a": "text"}, {"a": "text", "b": "float"})] == [
        "field b (float) is new since the earlier span"
    ]
    assert column_changes({}, {"app": ["a"]}) == column_changes({"app": ["a"]}, {}) == []


@pytest.mark.parametrize("text", [None, "{}", "no json", '{"ledger": 1}'])
def test_an_earlier_ledger_that_is_none_is_an_error(tmp_path, text):
    path = tmp_path / "ledger.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataError, match=r"earlier_ledger .*ledger\.json"):
        run(tmp_path, hours(1), None, earlier_ledger=str(path))
