r"""Logstash and Beats (`json_lines`, `json`): the event, of which the keys of the shipper are the envelope.

    {"@timestamp": "2026-03-03T07:00:00.000Z", "@version": "1", "host": {"name": "gate-2"}, "bib": 7}
    {"@timestamp": "2026-03-03T07:00:00.000Z", "message": "{\"bib\": 7}", "tags": ["gate"]}

Time is `@timestamp`. A `message` that holds a JSON object is replaced by its keys.
https://www.elastic.co/guide/en/logstash/current/plugins-codecs-json_lines.html
"""

from headrace.ingest.dialects.dialect import Dialect, is_object, joined, object_in_text, part, text, without

SHIPPER = ("@version", "@metadata", "agent", "ecs", "host", "input", "log", "tags")

DIALECT = Dialect(
    accepts=is_object("item"),
    expected="a JSON object",
    time=text("item", '$."@timestamp"'),
    steps=({"inside": object_in_text(text("item", "$.message"))},),
    fields=joined(
        "inside",
        f"CASE WHEN inside IS NULL THEN {without('item', ('@timestamp', *SHIPPER))} "
        f"ELSE {without('item', ('@timestamp', 'message', *SHIPPER))} END",
    ),
    envelope=part("item", SHIPPER),
    sample=r"""{"@timestamp":"2026-03-03T07:00:00.000Z","@version":"1","host":{"name":"gate-2"},"bib":7,"km":5.25}
{"@timestamp":"2026-03-03T07:00:01.000Z","message":"{\"bib\":8,\"city\":\"Łódź\"}","tags":["gate"],"type":"finish"}
{"@timestamp":"2026-03-03T07:00:02.000Z","message":"start delayed","log":{"file":{"path":"/var/log/gate.log"}}}
""",
    gives=(
        {
            "@timestamp": "2026-03-03T07:00:00.000Z",
            "@envelope": {"@version": "1", "host": {"name": "gate-2"}},
            "bib": 7,
            "km": 5.25,
        },
        {
            "@timestamp": "2026-03-03T07:00:01.000Z",
            "@envelope": {"tags": ["gate"]},
            "bib": 8,
            "city": "Łódź",
            "type": "finish",
        },
        {
            "@timestamp": "2026-03-03T07:00:02.000Z",
            "@envelope": {"log": {"file": {"path": "/var/log/gate.log"}}},
            "message": "start delayed",
        },
    ),
)
