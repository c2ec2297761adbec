r"""Google Cloud Logging: `LogEntry` as a sink exports it, or `gcloud logging read --format=json` prints it.

    {"timestamp": "2026-03-03T07:00:00.5Z", "severity": "INFO", "insertId": "a1", "jsonPayload": {"bib": 7}}
    {"timestamp": "2026-03-03T07:00:00.5Z", "severity": "INFO", "insertId": "a2", "textPayload": "start delayed"}

The API answers with pages of them, `{"entries": [...], "nextPageToken": "..."}`; a page without any counts as control.
A sink to Pub/Sub wraps each in base64; push subscriptions hand it on so, `gcloud pubsub subscriptions pull` a list:

    {"message": {"data": "eyJpbnNlcnRJZCI6...", "messageId": "9", "publishTime": "..."}, "subscription": "projects/p/..."}

What Pub/Sub adds is `pubsub` in the envelope. Time is `timestamp`, else `receiveTimestamp`. Fields are those of `jsonPayload` or `protoPayload`; a `textPayload` is
`message`, or its keys if it is a JSON object. All else is the envelope.
https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
"""

from headrace.ingest.dialects.dialect import (
    Dialect,
    Level,
    fields_in_text,
    is_object,
    joined,
    part,
    text,
    value,
    without,
)

DATA = "$.message.data"
# Anything but base64 of JSON is not an entry.
DECODED = f"TRY(decode(from_base64({text('item', DATA)})))"
PUBSUB = joined(without(value("item", "$.message"), ("data",)), part("item", ("subscription", "ackId")))

PAYLOADS = ("jsonPayload", "protoPayload", "textPayload")

DIALECT = Dialect(
    control="json_type(item, '$.nextPageToken') IS NOT NULL AND json_type(item, '$.entries') IS NULL",
    levels=(Level(path="$.entries", absent="itself"),),
    controls=1,
    steps=(
        {"wrapped": f"contains(item, '\"data\"') AND {text('item', DATA)} IS NOT NULL"},
        {"decoded": f"CASE WHEN wrapped THEN {DECODED} END"},
        {"entry": "CASE WHEN NOT wrapped THEN item WHEN json_valid(decoded) THEN decoded END"},
        {
            "kinds": "json_type(entry, ['/jsonPayload', '/protoPayload', '/textPayload', '/logName', '/insertId', "
            "'/httpRequest'])",
            "found": "json_extract(entry, ['/jsonPayload', '/protoPayload'])",
            "texts": "json_extract_string(entry, ['/textPayload', '/timestamp', '/receiveTimestamp'])",
        },
        {"said": "texts[1]"},
    ),
    accepts=f"{is_object('entry')} AND len([k for k in kinds if k IS NOT NULL]) > 0",
    expected="a LogEntry, an object with logName, insertId or a payload",
    time="coalesce(texts[2], texts[3])",
    fields=joined(
        "CASE WHEN kinds[1] = 'OBJECT' THEN found[1] END",
        "CASE WHEN kinds[2] = 'OBJECT' THEN found[2] END",
        fields_in_text("said"),
    ),
    envelope=joined(without("entry", PAYLOADS), f"""CASE WHEN wrapped THEN '{{"pubsub":' || {PUBSUB} || '}}' END"""),
    sample=r"""{"entries":[{"insertId":"a0","jsonPayload":{"bib":6,"entries":[1]}}],"nextPageToken":"x"}
{"nextPageToken":"y"}
{"insertId":"a1","jsonPayload":{"bib":7,"splits":{"km5":"00:21:10"}},"labels":{"app.io/gate":"2"},"logName":"projects/p/logs/finish","resource":{"type":"k8s_container","labels":{"pod_name":"api-1"}},"severity":"INFO","timestamp":"2026-03-03T07:00:00.123456789Z"}
{"insertId":"a2","textPayload":"start delayed","logName":"projects/p/logs/finish","receiveTimestamp":"2026-03-03T07:00:01Z"}
[{"insertId":"a3","textPayload":"{\"bib\": 8}","timestamp":"2026-03-03T07:00:02Z"},{"insertId":"a4","protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","methodName":"get"},"timestamp":"2026-03-03T07:00:03Z"}]
{"message":{"attributes":{"logging.googleapis.com/timestamp":"2026-03-03T07:00:04Z"},"data":"eyJpbnNlcnRJZCI6ImE1IiwianNvblBheWxvYWQiOnsiYmliIjo5fSwidGltZXN0YW1wIjoiMjAyNi0wMy0wM1QwNzowMDowNFoifQ==","messageId":"9","publishTime":"2026-03-03T07:00:05Z"},"subscription":"projects/p/subscriptions/s"}
[{"ackId":"x","message":{"data":"eyJpbnNlcnRJZCI6ImE1IiwianNvblBheWxvYWQiOnsiYmliIjo5fSwidGltZXN0YW1wIjoiMjAyNi0wMy0wM1QwNzowMDowNFoifQ==","messageId":"9"}}]
""",
    gives=(
        {"@envelope": {"insertId": "a0"}, "bib": 6, "entries": [1]},
        {
            "@timestamp": "2026-03-03T07:00:00.123456789Z",
            "@envelope": {
                "insertId": "a1",
                "labels": {"app.io/gate": "2"},
                "logName": "projects/p/logs/finish",
                "resource": {"type": "k8s_container", "labels": {"pod_name": "api-1"}},
                "severity": "INFO",
                "timestamp": "2026-03-03T07:00:00.123456789Z",
            },
            "bib": 7,
            "splits": {"km5": "00:21:10"},
        },
        {
            "@timestamp": "2026-03-03T07:00:01Z",
            "@envelope": {
                "insertId": "a2",
                "logName": "projects/p/logs/finish",
                "receiveTimestamp": "2026-03-03T07:00:01Z",
            },
            "message": "start delayed",
        },
        {
            "@timestamp": "2026-03-03T07:00:02Z",
            "@envelope": {"insertId": "a3", "timestamp": "2026-03-03T07:00:02Z"},
            "bib": 8,
        },
        {
            "@timestamp": "2026-03-03T07:00:03Z",
            "@envelope": {"insertId": "a4", "timestamp": "2026-03-03T07:00:03Z"},
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "methodName": "get",
        },
        {
            "@timestamp": "2026-03-03T07:00:04Z",
            "@envelope": {
                "insertId": "a5",
                "timestamp": "2026-03-03T07:00:04Z",
                "pubsub": {
                    "attributes": {"logging.googleapis.com/timestamp": "2026-03-03T07:00:04Z"},
                    "messageId": "9",
                    "publishTime": "2026-03-03T07:00:05Z",
                    "subscription": "projects/p/subscriptions/s",
                },
            },
            "bib": 9,
        },
        {
            "@timestamp": "2026-03-03T07:00:04Z",
            "@envelope": {
                "insertId": "a5",
                "timestamp": "2026-03-03T07:00:04Z",
                "pubsub": {"messageId": "9", "ackId": "x"},
            },
            "bib": 9,
        },
    ),
)
