"""What clouds wrap around what collectors write: base64, gzip, one gzip after another; and dialects from elsewhere."""

import base64
import gzip
import json
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest
from headrace.ingest.dialects import dialect as dialects_module
from headrace.ingest.dialects.dialect import dialects
from headrace.ingest.dialects.unwrap import unwrap
from headrace.ingest.records.find_records import find_records

RECORD = RecordSpec(fields=(Field(name="bib", kind="integer"),))


def message(*bibs):
    events = [{"id": str(bib), "timestamp": 0, "message": json.dumps({"bib": bib})} for bib in bibs]
    return json.dumps({"messageType": "DATA_MESSAGE", "logGroup": "races", "logEvents": events}).encode()


def packed(data):
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()


def found(text, name):
    got = unwrap(find_records(np.frombuffer(text.encode(), np.uint8)), dialects()[name])
    away = {index: faulty.reason for faulty in got.faulty for index in faulty.records.tolist()}
    records = [got.records.text(index).decode() for index in range(len(got.records))]
    return [json.loads(text) for index, text in enumerate(records) if index not in away], away


def run(tmp_path, content, name="cloudwatch_logs"):
    (tmp_path / "in").write_bytes(content)
    source = Source(name="log", pattern=str(tmp_path / "in"), dialect=name)
    spec = IngestSpec(sources=(source,), record=RECORD, splits={"all": 1}, chunk_bytes=50)
    result = ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"))
    rows = [row for path in sorted((tmp_path / "e/Split-all").iterdir()) for row in pq.read_table(path).to_pylist()]
    return result.ledger, [row["bib"][0] for row in rows]


@pytest.mark.parametrize("wrap", [
    lambda *data: {"awslogs": {"data": data[0]}},
    lambda *data: {"Records": [{"kinesis": {"data": one}, "eventName": "aws:kinesis:record"} for one in data]},
    lambda *data: {"invocationId": "i", "records": [{"recordId": "1", "data": one} for one in data]},
])  # fmt: skip
def test_events_of_lambda_hold_messages_by_base64_of_gzip(wrap):
    given = [packed(message(1, 2)), packed(message(3))]
    records, away = found(json.dumps(wrap(*given)) + "\n" + message(4).decode(), "cloudwatch_logs")
    assert [record["bib"] for record in records if record["bib"] != 3] == [1, 2, 4]
    assert not away


@pytest.mark.parametrize("data", ["%", "AAAA", packed(b"no json"), packed(b"\xff"), packed(message(1))[:-9], 5, None])
def test_an_event_that_can_not_be_unpacked_is_rejected_and_costs_no_other(data):
    text = json.dumps({"awslogs": {"data": data}})
    records, away = found(f"{text}\n{message(1).decode()}\n", "cloudwatch_logs")
    assert ([record["bib"] for record in records], away) == ([1], {0: "not_of_dialect"})


def test_of_an_event_that_can_not_be_unpacked_the_text_is_in_the_rejects(tmp_path):
    text = json.dumps({"awslogs": {"data": "%"}})
    run(tmp_path, f"{text}\n{message(1).decode()}\n".encode())
    assert pq.read_table(tmp_path / "r/rejects.parquet").column("raw")[0].as_py().strip() == text


def test_events_in_an_array_are_unpacked_and_what_is_none_is_rejected_alone():
    events = [{"awslogs": {"data": packed(message(n))}} for n in (1, 2)]
    records, away = found(json.dumps([events[0], {"awslogs": 5}, "text", events[1]]) + "\n", "cloudwatch_logs")
    assert [record["bib"] for record in records] == [1, 2]
    assert set(away.values()) == {"not_of_dialect"}
    assert len(away) == 2


def test_an_event_that_would_fill_the_memory_is_rejected(monkeypatch):
    monkeypatch.setattr("headrace.ingest.dialects.collectors.cloudwatch_logs.MAX_BYTES", 1000)
    text = json.dumps({"awslogs": {"data": packed(b'{"a":"' + b"x" * 2000 + b'"}')}})
    assert found(text + "\n", "cloudwatch_logs") == ([], {0: "not_of_dialect"})


def test_what_firehose_stores_is_one_gzip_after_another_and_may_be_packed_once_more(tmp_path):
    stored = b"".join(gzip.compress(message(n, n + 1)) for n in range(0, 40, 2))
    for content in (stored, gzip.compress(stored), gzip.compress(gzip.compress(stored))):
        ledger, bibs = run(tmp_path, content)
        assert bibs == list(range(40))
        assert ledger["accepted"] == ledger.total == 40


@pytest.mark.parametrize("data", ["%%", base64.b64encode(b"\xff\xfe").decode(), base64.b64encode(b"text").decode()])
def test_a_message_of_pubsub_without_an_entry_is_rejected(data):
    lines = [json.dumps({"message": {"data": data, "messageId": "1"}}), '{"insertId":"a","jsonPayload":{"bib":1}}']
    records, away = found("\n".join(lines), "google_cloud_logging")
    assert ([record["bib"] for record in records], away) == ([1], {0: "not_of_dialect"})


OWN = """
from headrace.ingest.dialects.dialect import Dialect, text, value, without

DIALECT = Dialect(
    time=text("item", "$.at"),
    fields=value("item", "$.data"),
    envelope=without("item", ("at", "data")),
    accepts="json_type(item, '$.data') = 'OBJECT'",
    expected="an object with data",
    sample='{"at":"2026-03-01T07:00:00Z","gate":2,"data":{"bib":7}}',
    gives=({"@timestamp": "2026-03-01T07:00:00Z", "@envelope": {"gate": 2}, "bib": 7},),
)
"""


@pytest.fixture
def own_dialect(tmp_path, monkeypatch, request):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "race_gate.py").write_text(OWN)
    if request.param == "a file beside the others":
        from headrace.ingest.dialects import collectors as package

        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    else:
        (folder / "races-1.dist-info").mkdir()
        (folder / "races-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: races\nVersion: 1\n")
        (folder / "races-1.dist-info" / "entry_points.txt").write_text("[headrace.dialects]\nrace_gate = race_gate\n")
        monkeypatch.syspath_prepend(str(folder))
    dialects_module.dialects.cache_clear()
    yield "race_gate"
    dialects_module.dialects.cache_clear()
    for name in ("race_gate", "headrace.ingest.dialects.race_gate"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("own_dialect", ["a file beside the others", "an entry point"], indirect=True)
def test_one_file_makes_a_dialect_and_no_other_file_is_touched(tmp_path, own_dialect):
    assert found(dialects()[own_dialect].sample, own_dialect)[0] == list(dialects()[own_dialect].gives)
    ledger, bibs = run(tmp_path, (dialects()[own_dialect].sample + "\n{}\n").encode(), own_dialect)
    assert (bibs, ledger["rejected"]) == ([7], 1)
    spec = IngestSpec(sources=(Source(name="log", pattern="x", dialect=own_dialect),), record=RECORD)
    assert IngestSpec.from_json(spec.to_json()) == spec
