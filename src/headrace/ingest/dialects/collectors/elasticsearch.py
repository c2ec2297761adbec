r"""Elasticsearch and OpenSearch: answers of search, scroll, msearch and mget, hits one a line, and bulk bodies.

    {"took": 3, "hits": {"hits": [{"_index": "race", "_id": "1", "_source": {"bib": 7}}]}}
    {"responses": [{"hits": {"hits": [...]}}]}         msearch: an answer of search each
    {"docs": [{"_index": "race", "_id": "1", "found": true, "_source": {"bib": 7}}]}        mget
    {"_index": "race", "_id": "1", "_source": {"bib": 7}}                                   a line of elasticdump
    {"index": {"_index": "race", "_id": "1"}}          in bulk, the document is in the next line
    {"bib": 7}
    {"delete": {"_index": "race", "_id": "1"}}         counted as control: it holds no document, as what is not found

Time is `@timestamp` of the document, else the first of its `fields`, else its `timestamp`: text, or milliseconds since
1970. Fields are those of `_source`, else of `fields` (arrays), in bulk updates of `doc` or `upsert`. All else of the hit
is the envelope.
https://www.elastic.co/guide/en/elasticsearch/reference/current/docs-bulk.html
"""

from headrace.ingest.dialects.dialect import Dialect, Level, is_object, iso_of_epoch, joined, text, value, without

UPDATED = [f"CASE WHEN json_type(item, '$._bulk.update') = 'OBJECT' THEN {value('item', f'$._source.{key}')} END"
           for key in ("doc", "upsert")]  # fmt: skip
SOURCE = f"coalesce({UPDATED[0]}, {UPDATED[1]}, {value('item', '$._source')}, {value('item', '$.fields')})"
STAMP = '$."@timestamp"'
ACTIONS = [value("item", f"$._bulk.{action}") for action in ("index", "create", "update")]

DIALECT = Dialect(
    head=r'^\s*\{\s*"(index|create|update)"\s*:\s*\{[^{}]*\}\s*\}\s*$',
    document="""CASE WHEN head IS NULL THEN line
        WHEN json_valid(line) AND json_valid(head) THEN '{"_bulk":' || head || ',"_source":' || line || '}' END""",
    control=f"{is_object('item', '$.delete')} AND json_type(item, '$._source') IS NULL",
    levels=(
        Level(path="$.responses", context="NULL", absent="itself"),
        Level(path="$.docs", context="NULL", absent="itself"),
        Level(path="$.hits.hits", context="NULL", absent="itself"),
    ),
    empty="json_type(item, '$.found') = 'BOOLEAN' AND json_extract_string(item, '$.found') = 'false'",
    steps=(
        {"source": SOURCE},
        {"texts": f"""json_extract_string(source, ['{STAMP}[0]', '{STAMP}', '$.timestamp'])"""},
        {"moment": f"coalesce(texts[1], texts[2], {text('item', '$.fields' + STAMP[1:] + '[0]')}, texts[3])"},
    ),
    accepts=is_object("source"),
    expected="hits, a hit with _source or fields, or a bulk action and its document",
    # Numbers in a date field of Elasticsearch count milliseconds: `strict_date_optional_time||epoch_millis`.
    time=iso_of_epoch("moment", 1_000),
    fields=without("source", ("@timestamp",)),
    envelope=joined(f"coalesce({', '.join(ACTIONS)})", without("item", ("_source", "fields", "_bulk"))),
    controls=3,
    sample=r"""{"took":1,"responses":[{"took":1,"hits":{"hits":[{"_index":"race","_id":"0","_source":{"bib":5}}]},"status":200}]}
{"docs":[{"_index":"race","_id":"9","found":true,"_source":{"bib":6,"docs":[1]}},{"_index":"race","_id":"8","found":false}]}
{"took":3,"timed_out":false,"hits":{"total":{"value":2},"hits":[{"_index":"race","_id":"1","_score":1.5,"_source":{"@timestamp":"2026-03-03T07:00:00Z","bib":7}},{"_index":"race","_id":"2","fields":{"@timestamp":["2026-03-03T07:00:01Z"],"bib":[8]}}]}}
{"_scroll_id":"x","took":1,"hits":{"hits":[]}}
{"_index":"race","_id":"3","_source":{"timestamp":"2026-03-03T07:00:02Z","index":{"place":3}},"sort":[5]}
{"index":{"_index":"race","_id":"4"}}
{"@timestamp":1772521203000,"bib":9}
{"delete":{"_index":"race","_id":"1"}}
{"update":{"_index":"race","_id":"4"}}
{"doc":{"bib":10}}
{"create":{}}
{"index":{"place":4}}
{"index":{"_index":"race"}}
{"bib":11}
""",
    gives=(
        {"@envelope": {"_index": "race", "_id": "0"}, "bib": 5},
        {"@envelope": {"_index": "race", "_id": "9", "found": True}, "bib": 6, "docs": [1]},
        {
            "@timestamp": "2026-03-03T07:00:00Z",
            "@envelope": {"_index": "race", "_id": "1", "_score": 1.5},
            "bib": 7,
        },
        {
            "@timestamp": "2026-03-03T07:00:01Z",
            "@envelope": {"_index": "race", "_id": "2"},
            "bib": [8],
        },
        {
            "@timestamp": "2026-03-03T07:00:02Z",
            "@envelope": {"_index": "race", "_id": "3", "sort": [5]},
            "timestamp": "2026-03-03T07:00:02Z",
            "index": {"place": 3},
        },
        {"@timestamp": "2026-03-03T07:00:03Z", "@envelope": {"_index": "race", "_id": "4"}, "bib": 9},
        {"@envelope": {"_index": "race", "_id": "4"}, "bib": 10},
        {"index": {"place": 4}},
        {"@envelope": {"_index": "race"}, "bib": 11},
    ),
)
