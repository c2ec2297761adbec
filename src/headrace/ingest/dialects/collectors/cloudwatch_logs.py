r"""AWS CloudWatch Logs: what a subscription filter delivers, as Firehose stores it or as Lambda is called with it.

    {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "races", "logStream": "s", "subscriptionFilters": ["f"],
     "logEvents": [{"id": "31", "timestamp": 1772521200000, "message": "{\"bib\": 7}"}]}
    {"messageType": "CONTROL_MESSAGE", "logEvents": [{"id": "", "timestamp": 0, "message": "CWL CONTROL MESSAGE: ..."}]}

One message holds many events. Time is `timestamp`. A `message` that is a JSON object gives its keys, `extractedFields`
theirs. Control messages are counted, not read. Firehose writes messages one after another without line breaks, each a gzip of
its own. Lambda gets them as base64 of gzip:

    {"awslogs": {"data": "H4sIAAAA..."}}                                     a subscription filter calls Lambda
    {"Records": [{"kinesis": {"data": "H4sIAAAA..."}}]}                      by way of Kinesis
    {"records": [{"recordId": "49", "data": "H4sIAAAA..."}]}                 by way of Firehose

Such events may also stand in a JSON array. An export task writes files of another form, one event a line:

    2026-03-03T07:00:00.123Z {"bib": 7}                                      time and message
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

import base64
import json
import zlib
from typing import Any

from headrace.ingest.dialects.dialect import (  # fmt: skip
    Dialect,
    Level,
    fields_in_text,
    is_object,
    iso_of_epoch,
    joined,
    part,
    text,
    value,
    without,
)

MAX_BYTES = 256 << 20
"""AWS compresses at most 1 MB into one message; what unpacks to more than this is not a message."""


def unpacked(line: str) -> str | None:
    """The messages in an event of Lambda or in an array of events, as a JSON array.

    None if it is another event or can't be unpacked; inside an array such an event stays as it is.
    """
    try:
        found = json.loads(line)
    except ValueError:
        return None
    if isinstance(found, list):
        return "[" + ",".join(_messages(event) or json.dumps(event, ensure_ascii=False) for event in found) + "]"
    messages = _messages(found)
    return messages and f"[{messages}]"


def _messages(event: Any) -> str | None:
    try:
        if "awslogs" in event:
            data = [event["awslogs"]["data"]]
        elif "Records" in event:
            data = [record["kinesis"]["data"] for record in event["Records"]]
        else:
            data = [record["data"] for record in event["records"]]
        return ",".join(map(_plain, data)) or None
    except (ValueError, KeyError, TypeError, zlib.error):
        return None


def _plain(data: str) -> str:
    packed = base64.b64decode(data, validate=True)
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    text = stream.decompress(packed, MAX_BYTES).decode()
    if not stream.eof:
        raise ValueError("cut off, or too large")
    json.loads(text)  # there must be nothing else among the members
    return text


EXTRACTED = f"CASE WHEN {is_object('item', '$.extractedFields')} THEN {value('item', '$.extractedFields')} END"

EXPORTED = r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z) (.*?)[\r\n]*$"
EVENT = " || ',' || ".join(
    f"""'"{name}":' || to_json(regexp_extract(line, '{EXPORTED}', {group}, 's'))"""
    for name, group in (("timestamp", 1), ("message", 2))
)

DIALECT = Dialect(
    document=f"""CASE WHEN regexp_matches(line, '{EXPORTED}', 's') THEN '{{"logEvents":[{{' || {EVENT} || '}}]}}' """
    "ELSE line END",
    control=f"{text('item', '$.messageType')} = 'CONTROL_MESSAGE'",
    levels=(Level(path="$.logEvents", context=without("item", ("logEvents", "messageType")), absent="fault"),),
    accepts=is_object("item"),
    expected="a message with an array `logEvents` of objects",
    steps=({"said": text("item", "$.message"), "stamp": text("item", "$.timestamp"), "extracted": EXTRACTED},),
    time=iso_of_epoch("stamp", 1_000),
    fields=joined(fields_in_text("said"), "extracted"),
    envelope=joined(part("item", ("id",)), "context"),
    packed=r'(?s)^\s*(\{[^{}]*|\[.*)"(awslogs"\s*:\s*\{|Records"\s*:\s*\[|records"\s*:\s*\[)',
    unpacked=unpacked,
    controls=1,
    sample=r"""{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1772521199000,"message":"CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."}]}
{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"races","logStream":"gate-2","subscriptionFilters":["all"],"logEvents":[{"id":"31","timestamp":1772521200123,"message":"{\"bib\":7,\"km\":5}"},{"id":"32","timestamp":1772521201000,"message":"start delayed","extractedFields":{"level":"WARN"}}]}
{"awslogs":{"data":"H4sIAAAAAAAC/zWOwQqDMBBE/2XPFmKkWLwFaj31pLcqJdpFAtFIsraU4L93belt9rFvmAgThqBHbN4LQgFn1aj7taxrVZWQgHvN6BmnnK0bK+/WhU+vBww/VJNHPTEbNeEhYxjWPgzeLGTcfDGW0AcobqCthe6rlE+caWcRzIPNbLfI8BDSE9eneS6PMpVCCiGS/0B+jC30pm+hOG2wddsHreG7h7wAAAA="}}
{"Records":[{"eventSource":"aws:kinesis","kinesis":{"sequenceNumber":"1","data":"H4sIAAAAAAAC/zWOwQqDMBBE/2XPFmKkWLwFaj31pLcqJdpFAtFIsraU4L93belt9rFvmAgThqBHbN4LQgFn1aj7taxrVZWQgHvN6BmnnK0bK+/WhU+vBww/VJNHPTEbNeEhYxjWPgzeLGTcfDGW0AcobqCthe6rlE+caWcRzIPNbLfI8BDSE9eneS6PMpVCCiGS/0B+jC30pm+hOG2wddsHreG7h7wAAAA="}}]}
""",
    gives=(
        {
            "@timestamp": "2026-03-03T07:00:00.123Z",
            "@envelope": {
                "id": "31",
                "owner": "123456789012",
                "logGroup": "races",
                "logStream": "gate-2",
                "subscriptionFilters": ["all"],
            },
            "bib": 7,
            "km": 5,
        },
        {
            "@timestamp": "2026-03-03T07:00:01Z",
            "@envelope": {
                "id": "32",
                "owner": "123456789012",
                "logGroup": "races",
                "logStream": "gate-2",
                "subscriptionFilters": ["all"],
            },
            "message": "start delayed",
            "level": "WARN",
        },
        {
            "@timestamp": "2026-03-03T07:00:02Z",
            "@envelope": {
                "id": "33",
                "owner": "1",
                "logGroup": "races",
                "logStream": "gate-3",
                "subscriptionFilters": ["all"],
            },
            "bib": 8,
        },
        {
            "@timestamp": "2026-03-03T07:00:02Z",
            "@envelope": {
                "id": "33",
                "owner": "1",
                "logGroup": "races",
                "logStream": "gate-3",
                "subscriptionFilters": ["all"],
            },
            "bib": 8,
        },
    ),
)
