"""Every dialect, by one contract: its sample becomes what it says, nothing is lost, places are those of the lines."""

import functools
import importlib
import json
import textwrap
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st

from headrace.duckdb_engine import connected
from headrace.errors import UsageError
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest
from headrace.ingest.dialects.dialect import dialects, iso_of_epoch
from headrace.ingest.dialects.documents import find_documents, holds_documents
from headrace.ingest.dialects.unwrap import unwrap
from headrace.ingest.records.find_records import find_records

NAMES = sorted(dialects())
RECORD = RecordSpec(
    fields=(Field(name="at", source="@timestamp", kind="timestamp", finer="floor"), Field(name="bib", source="bib"))
)


def data_of(text):
    return np.frombuffer(text.encode() if isinstance(text, str) else text, np.uint8)


def unwrapped(text, name):
    return unwrap(find_records(data_of(text)), dialects()[name])


def objects(found):
    away = {index for faulty in found.faulty for index in faulty.records.tolist()}
    return [json.loads(found.records.text(i)) for i in range(len(found.records)) if i not in away]


def reasons(found):
    return {index: faulty.reason for faulty in found.faulty for index in faulty.records.tolist()}


def run(tmp_path, content, name, *, record=RECORD, number=0, **settings):
    path = tmp_path / f"in-{number}.log"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    spec = IngestSpec(
        sources=(Source(name="log", pattern=str(path), dialect=name),),
        record=record,
        splits={"all": 1},
        **settings,
    )
    out, away = str(tmp_path / f"out-{number}"), str(tmp_path / f"away-{number}")
    result = ingest(spec, examples_dir=out, rejects_dir=away)
    rows = pq.ParquetDataset(f"{out}/Split-all", use_legacy_dataset=False).read().to_pylist()
    return result, rows, pq.read_table(f"{away}/rejects.parquet").to_pylist()


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_becomes_what_the_dialect_says(name):
    dialect = dialects()[name]
    found = unwrapped(dialect.sample, name)
    assert objects(found) == list(dialect.gives)
    assert (found.control, found.faulty) == (dialect.controls, ())


@pytest.mark.parametrize("name", NAMES)
def test_a_record_stands_where_its_line_stands(name):
    dialect = dialects()[name]
    lines = dialect.sample.encode().splitlines(keepends=True)
    found = unwrapped(dialect.sample, name).records
    for line, origin in zip(found.lines.tolist(), found.origin.tolist(), strict=True):
        assert origin == sum(map(len, lines[:line]))
    places = list(zip(found.lines.tolist(), found.items.tolist(), strict=True))
    assert places == sorted(set(places))


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_line_costs_that_line_and_no_other(name):
    dialect = dialects()[name]
    bad = b'{"a":\n\xff\n5\n"text"\n{"not": "of it"}\n'
    found = unwrapped(bad + dialect.sample.encode() + bad, name)
    own = name in ("fluentd", "logstash")  # to whom any object is a record
    before, after = (1, -1) if own else (0, None)
    assert objects(found)[before:after] == list(dialect.gives)
    assert len(found.records) == len(dialect.gives) + 10
    assert sorted(reasons(found).values()) == sorted(
        2 * ["truncated_json", "invalid_utf8", *["not_of_dialect"] * (2 if own else 3)]
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_line_gives_records_or_control_messages_and_the_ledger_counts_them(name, tmp_path):
    dialect = dialects()[name]
    times, total = 2, len(dialect.gives)
    expected = None
    for number, chunk_bytes in enumerate((1, 300, 1 << 20)):
        result, rows, rejects = run(tmp_path, dialect.sample * times, name, number=number, chunk_bytes=chunk_bytes)
        parts = result.ledger.parts
        assert (parts["accepted"], parts["rejected"], parts["control"]) == (
            total * times, 0, dialect.controls * times,
        )  # fmt: skip
        expected = expected or rows
        assert rows == expected
        assert not rejects


# Where a line has a head, or a tag before its record, lines mean something.
FREE_OF_LINES = [name for name in NAMES if name not in ("fluentd", "cri") and not dialects()[name].head]


@pytest.mark.parametrize("name", FREE_OF_LINES)
def test_documents_over_many_lines_or_without_any_give_the_same(name):
    dialect = dialects()[name]
    documents = [json.loads(line) for line in dialect.sample.splitlines()]
    for text in (
        "".join(json.dumps(one) for one in documents),
        "\n".join(json.dumps(one, indent=2, ensure_ascii=False) for one in documents),
        json.dumps([one for part in documents for one in (part if isinstance(part, list) else [part])], indent=1),
    ):
        assert holds_documents(text.encode())
        found = unwrap(find_documents(data_of(text)), dialect)
        assert objects(found) == list(dialect.gives)
    assert not holds_documents(dialect.sample.encode())


KEYS = st.sampled_from(
    ["records", "hits", "logEvents", "resourceLogs", "scopeLogs", "logRecords", "message", "body", "attributes", "key",
     "value", "kvlistValue", "values", "stringValue", "_source", "index", "delete", "date", "log", "a"]
)  # fmt: skip
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=3))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


@examples(0.5)
@given(st.lists(VALUES, min_size=10, max_size=40))
def test_any_json_is_unwrapped_or_turned_away_in_every_dialect(values):
    text = "\n".join(json.dumps(value) for value in values)
    for name in NAMES:
        found = unwrapped(text, name)
        assert len(objects(found)) + len(reasons(found)) == len(found.records)
        heads = 0 if dialects()[name].head is None else len(values) / 2
        assert found.control + len(found.records) >= len(values) - heads


def test_a_bulk_action_at_the_end_or_in_another_chunk_keeps_its_document(tmp_path):
    pair = '{"index":{"_id":"%d"}}\n{"bib":"%d"}\n'
    text = "".join(pair % (i, i) for i in range(20)) + '{"index":{"_id":"20"}}\n'
    for number, chunk_bytes in enumerate((1, 40, 77, 1 << 20)):
        result, rows, (reject,) = run(tmp_path, text, "elasticsearch", number=number, chunk_bytes=chunk_bytes)
        assert [row["bib"] for row in rows] == [[b"%d" % i] for i in range(20)]
        assert result.ledger.total == 21
        assert (reject["reason"], reject["line"], reject["item"]) == ("not_of_dialect", 41, 0)


def test_a_reject_tells_its_line_and_its_place_in_the_line(tmp_path):
    event = '{"id":"%d","timestamp":%s,"message":"{\\"bib\\":\\"%d\\"}"}'
    line = '{"messageType":"DATA_MESSAGE","logEvents":[' + event % (1, "0", 1) + "," + event % (2, '"no"', 2) + "]}\n"
    record = RecordSpec(
        fields=(
            Field(name="at", source="@timestamp", kind="timestamp", finer="floor"),
            Field(name="bib", kind="integer"),
        )
    )
    result, _, rejects = run(tmp_path, line * 2, "cloudwatch_logs", record=record, key=("bib",))
    parts = {"accepted": 1, "rejected": 2, "duplicate": 1, "withheld": 0, "control": 0}
    assert dict(result.ledger.parts) == parts
    places = [(one["line"], one["byte_offset"], one["item"], one["field"], one["value"]) for one in rejects]
    assert places == [(1, 0, 1, "at", "no"), (2, len(line), 1, "at", "no")]


def test_what_the_collector_adds_need_not_be_declared_where_unknown_fields_are_refused(tmp_path):
    record = RecordSpec(fields=(Field(name="bib", kind="integer"),), unknown="refuse")
    text = '{"time":"2026-03-03T07:00:00Z","resourceId":"r","properties":{"bib":1}}\n'
    text += text.replace('"bib":1', '"bib":1,"z":2')
    result, _, (reject,) = run(tmp_path, text, "azure_monitor", record=record)
    assert result.ledger["accepted"] == 1
    assert (reject["reason"], reject["words"]) == ("unknown_field", "the record declares no field z")


def test_keys_with_dots_inside_the_envelope_are_found(tmp_path):
    record = RecordSpec(fields=(Field(name="service", source="@envelope.resource.service.name"), Field(name="bib")))
    _, rows, _ = run(tmp_path, dialects()["otlp"].sample, "otlp", record=record)
    assert [row["service"] for row in rows[:3]] == 3 * [[b"gate"]]


def test_an_unknown_dialect_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match=r"dialect: expected one of azure_monitor, .*otlp, got 'syslog'"):
        Source(name="log", pattern="x", dialect="syslog")


def test_a_dialect_survives_the_way_through_json():
    spec = IngestSpec(sources=(Source(name="log", pattern="x", dialect="otlp"),), record=RECORD)
    assert IngestSpec.from_json(spec.to_json()) == spec


def test_each_module_of_a_dialect_explains_itself_with_a_sample():
    for name in NAMES:
        text = importlib.import_module(f"headrace.ingest.dialects.collectors.{name}").__doc__
        assert "    {" in textwrap.dedent(text)
        assert "https://" in text


def test_a_file_of_an_export_task_of_cloudwatch_has_a_time_and_a_message_a_line():
    found = unwrapped(
        '2026-03-03T06:59:58.123Z {"bib":6}\n2026-03-03T06:59:59Z late: "rain"\n at line 7\n', "cloudwatch_logs"
    )
    assert objects(found) == [
        {"@timestamp": "2026-03-03T06:59:58.123Z", "bib": 6},
        {"@timestamp": "2026-03-03T06:59:59Z", "message": 'late: "rain"'},
    ]
    assert reasons(found) == {2: "malformed_json"}


def otlp(record):
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})


@pytest.mark.parametrize(
    ("record", "gives"),
    [
        ({"body": {"kvlistValue": {}}}, {}),
        ({"body": {"kvlistValue": {"values": []}}}, {}),
        ({"body": {"kvlistValue": {"a": 1}}}, {"message": {"kvlistValue": {"a": 1}}}),
        ({"body": {"kvlistValue": [1]}}, {"message": {"kvlistValue": [1]}}),
        ({"body": {"arrayValue": {"a": 2}}}, {"message": {"arrayValue": {"a": 2}}}),
        ({"attributes": [{"key": "m", "value": {"kvlistValue": {"x": 1}}}]}, {"m": {"kvlistValue": {"x": 1}}}),
        ({"body": None, "attributes": None}, {}),
    ],
)
def test_a_list_or_map_that_otlp_does_not_write_so_stays_as_it_is(record, gives):
    found = unwrapped(otlp(record), "otlp")
    assert (objects(found), reasons(found)) == ([gives], {})


@pytest.mark.parametrize("record", [{"body": "text"}, {"body": 7}, {"attributes": {"a": 1}}, {"attributes": "x"}])
def test_a_body_or_attributes_of_another_form_are_rejected_and_not_lost(record):
    found = unwrapped(otlp(record), "otlp")
    assert reasons(found) == {0: "not_of_dialect"}


PER_SECOND = {1: 9, 1_000: 6, 1_000_000: 3, 1_000_000_000: 0}
"""Units of times as numbers, and the digits of one after its point that count nanoseconds."""
NANOS = st.integers(-62_135_596_800_000_000_000, 249_000_000_000_000_000_000)
"""From the year 1 to 9860."""


@examples(0.2)
@given(st.lists(NANOS, min_size=1, max_size=30))
def test_times_as_numbers_keep_each_nanosecond_and_their_order(nanos):
    for per_second, digits in PER_SECOND.items():
        given = [Decimal(one).scaleb(-digits) for one in nanos]
        with connected() as connection:
            connection.register("given", pa.table({"t": [format(one, "f") for one in given]}))
            query = f"SELECT {iso_of_epoch('t', per_second)} AS iso FROM given"
            found = connection.execute(query).fetch_arrow_table().column("iso").to_pylist()
        for one, text in zip(nanos, found, strict=True):
            whole, _, part = text.removesuffix("Z").partition(".")
            second = (datetime.fromisoformat(whole) - datetime(1970, 1, 1)) // timedelta(seconds=1)
            assert second * 10**9 + int(part.ljust(9, "0")) == one


def test_parts_below_a_microsecond_of_a_collector_are_refused_unless_declared(tmp_path):
    text = otlp({"timeUnixNano": "1772521200500000999", "body": {"stringValue": "late"}}) + "\n"
    for number, finer in enumerate(("refuse", "floor")):
        record = RecordSpec(fields=(Field(name="at", source="@timestamp", kind="timestamp", finer=finer),))
        _, rows, rejects = run(tmp_path, text, "otlp", record=record, number=number)
        assert [one["reason"] for one in rejects] == ["below_us"] * (finer == "refuse")
        assert [row["at"] for row in rows] == [[1772521200500000]] * (finer == "floor")


NO_VALUES = ["x", 7, True, [1], {"fooValue": 1}, {"StringValue": "x"}]
FINE = [None, {}, {"intValue": None}, {"stringValue": ""}, {"stringValue": "x", "more": 1}, {"arrayValue": {}}]


def nested(value):
    """The value alone, in a list, in a map, and in a list in a map."""
    listed = {"arrayValue": {"values": [{"intValue": "1"}, value]}}
    return [value, listed, *({"kvlistValue": {"values": [{"key": "k", "value": one}]}} for one in (value, listed))]


def everywhere(value):
    """A record with a value in each place that has values, and another beside it."""
    pairs = [{"key": "a", "value": {"stringValue": "b"}}, {"key": "bad", "value": value}]
    whole = {"resource": {}, "scopeLogs": [{"scope": {}, "logRecords": [{"attributes": []}]}]}
    for path in (("resource",), ("scopeLogs", 0, "scope"), ("scopeLogs", 0, "logRecords", 0)):
        text = json.loads(json.dumps(whole))
        place = functools.reduce(lambda inner, key: inner[key], path, text)
        place["attributes"] = pairs
        yield json.dumps({"resourceLogs": [text]})
    yield otlp({"body": value})


@pytest.mark.parametrize("value", NO_VALUES, ids=repr)
def test_what_is_no_value_of_otlp_is_rejected_and_not_read_as_missing(value):
    lines = [line for one in nested(value) for line in everywhere(one)]
    found = unwrapped("\n".join([*lines, otlp({"body": {"intValue": 1}})]), "otlp")
    assert reasons(found) == dict.fromkeys(range(len(lines)), "not_of_dialect")
    assert objects(found) == [{"message": 1}]


@pytest.mark.parametrize("value", FINE, ids=repr)
def test_values_of_otlp_are_read_wherever_they_stand(value):
    lines = [line for one in nested(value) for line in everywhere(one)]
    assert not reasons(unwrapped("\n".join(lines), "otlp"))


@pytest.mark.parametrize("pair", [None, 5, "text", ["key"]])
def test_attributes_that_are_no_pairs_are_rejected(pair):
    assert reasons(unwrapped(otlp({"attributes": [pair]}), "otlp")) == {0: "not_of_dialect"}


def test_records_of_otlp_under_an_unknown_name_are_rejected_and_not_counted_as_control():
    levels = [{"fooLogs": [{"logRecords": [{}]}]}, {"resource": {}}, {"scopeLogs": [{"spam": [1]}, {"scope": {}}]}]
    found = unwrapped(json.dumps({"resourceLogs": levels}), "otlp")
    assert (reasons(found), found.control) == ({0: "not_of_dialect", 1: "not_of_dialect"}, 2)


def test_old_names_and_snake_case_of_otlp_mean_the_same():
    record = {"timeUnixNano": "1772521200500000999", "severityText": "INFO",
              "body": {"stringValue": 'a "resource_logs": "logs":'},
              "attributes": [{"key": "time_unix_nano", "value": {"kvlistValue": {"values": [
                  {"key": "logs", "value": {"intValue": "5"}}]}}}]}  # fmt: skip
    today = {"resourceLogs": [{"schemaUrl": "u", "scopeLogs": [{"scope": {"name": "lib"}, "logRecords": [record]}]}]}
    text = json.dumps(today)
    old = text.replace('"scopeLogs"', '"instrumentationLibraryLogs"').replace('"scope"', '"instrumentationLibrary"')
    snake = text
    for word in ("resourceLogs", "scopeLogs", "logRecords", "timeUnixNano", "severityText", "stringValue", "schemaUrl",
                 "kvlistValue", "intValue"):  # fmt: skip
        snake = snake.replace(f'"{word}"', '"' + "".join("_" + c.lower() if c.isupper() else c for c in word) + '"')
    expected = objects(unwrapped(text, "otlp"))
    assert expected[0]["@envelope"]["severityText"] == "INFO"
    assert expected[0]["time_unix_nano"] == {"logs": 5}
    for variant in (old, snake, old.replace('"logRecords"', '"logs"')):
        assert objects(unwrapped(variant, "otlp")) == expected
