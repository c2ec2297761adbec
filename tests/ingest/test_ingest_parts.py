"""Sources that write into one file: each is looked at by itself, gaps and presence."""

import pytest

from headrace import UsageError
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, SourceHealth, TimeRange, ingest

RECORD = RecordSpec(
    fields=(Field(name="at", kind="timestamp", required=True), Field(name="device", kind="category"), Field(name="n"))
)
HOURS = [f"2026-03-01T{hour:02d}:30:00Z" for hour in range(24)]


def alarms(tmp_path, lines, **health):
    (tmp_path / "day.csv").write_text("at,device,n\n" + "\n".join(lines) + "\n")
    spec = IngestSpec(
        sources=(Source(name="runs", pattern=str(tmp_path / "day.csv")),),
        record=RECORD,
        between=TimeRange(field="at", start="2026-03-01", end="2026-03-02"),
        health={"runs": SourceHealth(time_field="at", by="device", **health)},
        chunk_bytes=100,
    )
    return ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r")).alarms


def test_a_part_that_falls_silent_is_named_though_others_write_on(tmp_path):
    lines = [f"{at},watch,1" for at in HOURS] + [f"{at},phone,1" for at in HOURS[:12]] + [f"{HOURS[3]},,1"]
    (gap,) = alarms(tmp_path, lines, max_gap_s=7200)
    assert gap.code == "SOURCE_GAP"
    assert gap.words.startswith("phone in runs has a gap of 12 h 30 min without a record, from 2026-03-01T11:30:00")
    assert alarms(tmp_path, lines, max_gap_s=46_000) == []


def test_a_part_that_is_not_there_at_all_is_down(tmp_path):
    (down,) = alarms(tmp_path, [f"{at},watch,1" for at in HOURS], parts=("watch", "phone"))
    assert (down.code, down.words) == ("SOURCE_DOWN", "phone in runs is down: no row has it as device")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"parts": ("phone",)}, "parts are values of the field `by`"),
        ({"by": "device"}, "by='device' needs max_gap_s or parts"),
    ],
)
def test_parts_that_can_not_be_meant_are_refused(settings, words):
    with pytest.raises(UsageError, match=words):
        SourceHealth(**settings)


def test_a_field_that_is_no_text_can_not_tell_parts():
    with pytest.raises(UsageError, match="by='at' must be a field of kind text or category"):
        IngestSpec(
            sources=(Source(name="runs", pattern="x"),),
            record=RECORD,
            health={"runs": SourceHealth(by="at", parts=("x",))},
        )
