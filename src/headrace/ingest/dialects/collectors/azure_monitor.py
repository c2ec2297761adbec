r"""Azure Monitor: resource (diagnostic) logs from a storage account, as lines, or from an event hub, as `records`.

    {"time": "2026-03-03T07:00:00.5Z", "resourceId": "/SUBSCRIPTIONS/1", "category": "Finish", "properties": {"bib": 7}}
    {"records": [{"time": "2026-03-03T07:00:00.5Z", "resourceId": "/SUBSCRIPTIONS/1", "properties": {"bib": 7}}]}

Time is `time`, else `timeStamp` or `TimeGenerated`. Fields are those of `properties`, be they an object or a JSON text;
all else is the envelope. https://learn.microsoft.com/azure/azure-monitor/essentials/resource-logs-schema
"""

from headrace.ingest.dialects.dialect import Dialect, Level, fields_in_text, is_object, text, value, without

DIALECT = Dialect(
    levels=(Level(path="$.records", absent="itself"),),
    steps=(
        {
            "texts": "json_extract_string(item, ['/time', '/timeStamp', '/TimeGenerated', '/resourceId'])",
            "kind": "coalesce(json_type(item, '/properties'), 'NULL')",
            "said": text("item", "$.properties"),
        },
    ),
    accepts=f"{is_object('item')} AND (coalesce(texts[1], texts[2], texts[3], texts[4]) IS NOT NULL OR kind <> 'NULL')",
    expected="`records`, or a record with time, resourceId or properties",
    time="coalesce(texts[1], texts[2], texts[3])",
    fields=f"CASE WHEN kind = 'OBJECT' THEN {value('item', '$.properties')} ELSE {fields_in_text('said')} END",
    envelope=without("item", ("properties",)),
    controls=1,
    sample=r"""{"time":"2026-03-03T07:00:00.5000000Z","resourceId":"/SUBSCRIPTIONS/1","category":"Finish","level":"Informational","properties":{"bib":7,"city":"Łódź"}}
{"records":[{"time":"2026-03-03T07:00:01Z","resourceId":"/SUBSCRIPTIONS/1","properties":"{\"bib\":8}"},{"time":"2026-03-03T07:00:02Z","resourceId":"/SUBSCRIPTIONS/1","operationName":"Start"}]}
{"records":[]}
""",
    gives=(
        {
            "@timestamp": "2026-03-03T07:00:00.5000000Z",
            "@envelope": {
                "time": "2026-03-03T07:00:00.5000000Z",
                "resourceId": "/SUBSCRIPTIONS/1",
                "category": "Finish",
                "level": "Informational",
            },
            "bib": 7,
            "city": "Łódź",
        },
        {
            "@timestamp": "2026-03-03T07:00:01Z",
            "@envelope": {"time": "2026-03-03T07:00:01Z", "resourceId": "/SUBSCRIPTIONS/1"},
            "bib": 8,
        },
        {
            "@timestamp": "2026-03-03T07:00:02Z",
            "@envelope": {
                "time": "2026-03-03T07:00:02Z",
                "resourceId": "/SUBSCRIPTIONS/1",
                "operationName": "Start",
            },
        },
    ),
)
