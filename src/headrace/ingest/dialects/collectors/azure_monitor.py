r"""Azure Monitor: resource (diagnostic) logs from a storage account, as lines, or from an event hub, as `records`.

    {"time": "2026-03-03T07:00:00.5Z", "resourceId": "/SUBSCRIPTIONS/1", "category": "Finish", "properties": {"bib": 7}}
    {"records": [{"time": "2026-03-03T07:00:00.5Z", "resourceId": "/SUBSCRIPTIONS/1", "properties": {"bib": 7}}]}

Time is `time`, else `timeStamp` or `TimeGenerated`. Fields are those of `properties`, be they an object or a JSON text;
all else is the envelope. https://learn.microsoft.com/azure/azure-monitor/essentials/resource-logs-schema
"""

from headrace.ingest.dialects.dialect import Dialect, Level, fields_in_text, text, value, without

DIALECT = Dialect(
    levels=(Level(path="$.records", absent="itself"),),
    steps=(
        {
            "texts": "json_extract_string(item, ['/time', '/timeStamp', '/TimeGenerated', '/resourceId'])",
            "kinds": "json_type(item, ['$', '$.properties'])",
        },
        {"said": f"CASE WHEN kinds[2] <> 'OBJECT' THEN {text('item', '$.properties')} END"},
    ),
    accepts="kinds[1] = 'OBJECT' AND coalesce(texts[1], texts[2], texts[3], texts[4], nullif(kinds[2], 'NULL')) IS NOT NULL",
    expected="`records`, or a record with time, resourceId or properties",
    time="coalesce(texts[1], texts[2], texts[3])",
    fields=f"CASE WHEN kinds[2] = 'OBJECT' THEN {value('item', '$.properties')} ELSE {fields_in_text('said')} END",
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
