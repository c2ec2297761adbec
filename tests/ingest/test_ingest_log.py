"""The log of an ingest says what was found and decided, in numbers, and holds no value of a row and no path."""

import logging

from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest


def test_the_log_has_counts_and_alarms_and_nothing_of_the_rows(tmp_path, caplog):
    (tmp_path / "private-name.csv").write_text("id,who\n1,Ada Secret\n1,Ada Secret\nx,Bob Secret\n")
    spec = IngestSpec(
        sources=(Source(name="app", pattern=str(tmp_path / "*.csv")),),
        record=RecordSpec(fields=(Field(name="id", kind="integer"), Field(name="who"))),
        key=("id",),
    )
    with caplog.at_level(logging.INFO, logger="headrace.ingest"):
        result = ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"))
    records = [record for record in caplog.records if record.name == "headrace.ingest"]
    (counts,) = [record.counts for record in records if hasattr(record, "counts")]
    assert counts == {"rows": 3, **result.ledger.parts}
    assert [record.code for record in records if hasattr(record, "code")] == [alarm.code for alarm in result.alarms]
    assert {record.levelno for record in records if hasattr(record, "code")} == {logging.WARNING}
    text = "\n".join(f"{record.getMessage()} {vars(record)}" for record in records)
    for private in ("Secret", "private-name", str(tmp_path)):
        assert private not in text
