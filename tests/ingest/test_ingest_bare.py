"""Records without any field: counted where others have some, refused where none has."""

import pytest

from headrace import DataError
from headrace.ingest import IngestSpec, Source, ingest, read_table


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 20])
def test_a_bare_record_among_others_is_a_row_without_values(tmp_path, chunk_bytes):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n{}\n{"a": 2}\n{}\n')
    table, rejects, ledger = read_table(str(path), chunk_bytes=chunk_bytes)
    assert table.to_pydict() == {"a": [1, None, 2, None]}
    assert (rejects.num_rows, ledger.total) == (0, 4)


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 20])
def test_bare_records_alone_are_refused_in_words(tmp_path, chunk_bytes):
    path = tmp_path / "rows.jsonl"
    path.write_text("{}\n{}\n")
    with pytest.raises(DataError, match=r"rows\.jsonl: 2 records have no field at all"):
        read_table(str(path), chunk_bytes=chunk_bytes)
    spec = IngestSpec(sources=(Source(name="rows", pattern=str(path)),), chunk_bytes=chunk_bytes)
    with pytest.raises((DataError, RuntimeError), match="2 records have no field at all"):
        ingest(spec, examples_dir=str(tmp_path / "examples"), rejects_dir=str(tmp_path / "rejects"))
    assert not (tmp_path / "examples").exists()


@pytest.mark.parametrize("settings", [{"split_by": ("id",)}, {"key": ("id",)}])
def test_a_chunk_that_lacks_the_field_to_split_by_is_parsed_by_the_fields_of_all(tmp_path, settings):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": 1, "a": 1}\n{"a": 2}\n{}\n')
    spec = IngestSpec(sources=(Source(name="rows", pattern=str(path)),), chunk_bytes=1, **settings)
    result = ingest(spec, examples_dir=str(tmp_path / "examples"), rejects_dir=str(tmp_path / "rejects"))
    assert result.ledger.total == sum(result.rows.values()) == 3


def test_control_messages_alone_need_no_field(tmp_path):
    path = tmp_path / "logs.jsonl"
    path.write_text('{"messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logEvents": []}\n')
    spec = IngestSpec(sources=(Source(name="logs", pattern=str(path), dialect="cloudwatch_logs"),))
    result = ingest(spec, examples_dir=str(tmp_path / "examples"), rejects_dir=str(tmp_path / "rejects"))
    assert (result.ledger.total, result.ledger["control"]) == (1, 1)
