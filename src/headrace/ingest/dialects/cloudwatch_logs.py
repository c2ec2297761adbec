r"""AWS CloudWatch Logs: what a subscription filter delivers through Kinesis or Firehose, unpacked from its gzip.

    {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "races", "logStream": "s", "subscriptionFilters": ["f"],
     "logEvents": [{"id": "31", "timestamp": 1772521200000, "message": "{\"bib\": 7}"}]}
    {"messageType": "CONTROL_MESSAGE", "logEvents": [{"id": "", "timestamp": 0, "message": "CWL CONTROL MESSAGE: ..."}]}

One message holds many events. Time is `timestamp`. A `message` that is a JSON object gives its keys, `extractedFields`
theirs. Control messages are counted, not read. Firehose writes messages one after another without line breaks.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from headrace.ingest.dialect import (
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
)  # fmt: skip

EXTRACTED = f"CASE WHEN {is_object('item', '$.extractedFields')} THEN {value('item', '$.extractedFields')} END"

DIALECT = Dialect(
    control=f"{text('item', '$.messageType')} = 'CONTROL_MESSAGE'",
    levels=(Level(path="$.logEvents", context=without("item", ("logEvents", "messageType")), absent="fault"),),
    accepts=is_object("item"),
    expected="a message with an array `logEvents` of objects",
    steps=({"said": text("item", "$.message"), "stamp": text("item", "$.timestamp"), "extracted": EXTRACTED},),
    time=iso_of_epoch("stamp", 1_000),
    fields=joined(fields_in_text("said"), "extracted"),
    envelope=joined(part("item", ("id",)), "context"),
    controls=1,
    sample=r"""{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1772521199000,"message":"CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."}]}
{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"races","logStream":"gate-2","subscriptionFilters":["all"],"logEvents":[{"id":"31","timestamp":1772521200123,"message":"{\"bib\":7,\"km\":5}"},{"id":"32","timestamp":1772521201000,"message":"start delayed","extractedFields":{"level":"WARN"}}]}
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
    ),
)
