r"""OTLP JSON logs: what OpenTelemetry collectors and BindPlane write, many records a line, under resource and scope.

    {"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "gate"}}]},
      "scopeLogs": [{"scope": {"name": "finish"}, "logRecords": [
        {"timeUnixNano": "1772521200500000000", "severityText": "INFO", "body": {"stringValue": "over the line"},
         "attributes": [{"key": "bib", "value": {"intValue": "7"}}]}]}]}]}

Time is `timeUnixNano`, else `observedTimeUnixNano`; 0 is none. Fields are those of the body, if it is a map or the text
of a JSON object (another body is `message`), and then the attributes. Lists and maps nested deeper than 2, and those that
are not written as OTLP writes them, stay as they are. Keys in snake_case and the names of before 2022
(`instrumentationLibraryLogs`) mean the same. What lies under other names is rejected, not passed over: a level, a record
with a value that is none of OTLP (`{"fooValue": 1}`, or text without its type), all records of a resource with one.
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding,
https://github.com/open-telemetry/opentelemetry-proto/blob/main/examples/logs.json
"""

import re

from headrace.ingest.dialects.dialect import (  # fmt: skip
    Dialect,
    Level,
    fields_in_text,
    iso_of_epoch,
    joined,
    members_of,
    text,
    value,
    without,
)

CAMEL = (
    "resourceLogs", "scopeLogs", "logRecords", "timeUnixNano", "observedTimeUnixNano", "severityNumber", "severityText",
    "stringValue", "intValue", "doubleValue", "boolValue", "bytesValue", "arrayValue", "kvlistValue", "traceId", "spanId",
    "schemaUrl", "droppedAttributesCount", "eventName",
)  # fmt: skip
OLD = {
    "instrumentationLibraryLogs": "scopeLogs",
    "instrumentation_library_logs": "scopeLogs",
    "instrumentationLibrary": "scope",
    "instrumentation_library": "scope",
    "logs": "logRecords",
}
RENAMED = {**{re.sub("[A-Z]", lambda sign: "_" + sign[0].lower(), key): key for key in CAMEL}, **OLD}
MAX_DEPTH = 2
WHOLE = "-?(?:0|[1-9][0-9]*)"
VALUES = ("stringValue", "intValue", "doubleValue", "boolValue", "bytesValue", "arrayValue", "kvlistValue")
# DuckDB reads a record once into columns of these types; looking up one key after the other takes 10 times as long.
ANY = "{" + ",".join(f'"{name}":"JSON"' for name in VALUES) + "}"
PAIRS = f'[{{"key":"VARCHAR","value":{ANY}}}]'
RECORD = f'{{"timeUnixNano":"VARCHAR","observedTimeUnixNano":"VARCHAR","body":{ANY},"attributes":{PAIRS}}}'


def of_today(line: str) -> str:
    """The line with keys in camelCase, as they are called today. Quotes inside a text are escaped, so none looks so."""
    found = line
    for old, new in RENAMED.items():
        found = f"""regexp_replace({found}, '"{old}"(\\s*:)', '"{new}"\\1', 'g')"""
    asked = " OR ".join(f"""contains({line}, '"{word}"')""" for word in ("resource_logs", *list(OLD)[:2]))
    return f"CASE WHEN {asked} THEN {found} ELSE {line} END"


def typed(json: str, form: str) -> str:
    """JSON as columns; anything of another form is null."""
    return f"from_json({json}, '{form}')"


def plain(any_value: str, depth: int = 0) -> str:
    """An AnyValue, in columns, as the JSON that it means; null where it is absent."""
    whole = f"trim({any_value}.intValue, '\"')"
    nested = [as_it_is(any_value, name) for name in ("arrayValue", "kvlistValue")]
    if depth < MAX_DEPTH:
        element = f"v{depth}"
        elements = typed(f"{any_value}.arrayValue", f'{{"values":[{ANY}]}}') + ".values"
        listed = f"array_to_string([{plain(element, depth + 1)} for {element} in {elements}], ',')"
        pairs = typed(f"{any_value}.kvlistValue", f'{{"values":{PAIRS}}}') + ".values"
        nested = [
            f"CASE WHEN {any_value}.{name} IS NULL THEN NULL WHEN {is_odd(any_value, name, read)} "
            f"THEN {as_it_is(any_value, name)} ELSE {found} END"
            for name, read, found in (
                ("arrayValue", elements, f"'[' || coalesce({listed}, '') || ']'"),
                ("kvlistValue", pairs, mapping(pairs, depth + 1)),
            )
        ]
    return (
        f"coalesce({any_value}.stringValue, CASE WHEN regexp_full_match({whole}, '{WHOLE}') THEN {whole} "
        f"ELSE {any_value}.intValue END, {any_value}.doubleValue, {any_value}.boolValue, {any_value}.bytesValue, "
        f"{', '.join(nested)}, 'null')"
    )


def is_odd(any_value: str, name: str, read: str) -> str:
    """Whether a list or map is neither empty nor written as OTLP writes it, so that nothing could be `read`."""
    return f"""{read} IS NULL AND {any_value}.{name} NOT IN ('{{}}', '{{"values":null}}')"""


def as_it_is(any_value: str, name: str) -> str:
    """A list or map in the notation of OTLP; null where it is absent."""
    return f"""('{{"{name}":' || {any_value}.{name} || '}}')"""


def mapping(pairs: str, depth: int = 0) -> str:
    """A list of key and AnyValue, in columns, as an object; without a list it is empty."""
    pair = f"p{depth}"
    member = f"to_json(coalesce({pair}.key, '')) || ':' || {plain(f'{pair}.value', depth)}"
    return f"('{{' || coalesce(array_to_string([{member} for {pair} in {pairs}], ','), '') || '}}')"


def attributes(path: str) -> str:
    """The attributes at a path of `item` as an object."""
    return mapping(typed(value("item", path), PAIRS))


def all_are(listed: str, name: str, condition: str) -> str:
    """Whether a condition on `name` holds for all elements of a list."""
    return f"coalesce(len([{name} for {name} in {listed} if NOT ({condition})]), 0) = 0"


def is_value(json: str, depth: int = 0) -> str:
    """Whether JSON is an AnyValue, or absent; what is nested deeper than is read is not looked at."""
    names = ", ".join(f"'{name}'" for name in VALUES)
    known = f"len([k for k in json_keys({json}) if k IN ({names})]) > 0"
    if depth < MAX_DEPTH:
        element, pair = f"e{depth}", f"m{depth}"
        elements = all_are(value(json, "$.arrayValue.values[*]"), element, is_value(element, depth + 1))
        pairs = all_are(value(json, "$.kvlistValue.values[*]"), pair, is_pair(pair, depth + 1))
        known = f"{known} AND {elements} AND {pairs}"
    return (
        f"CASE coalesce(json_type({json}), 'NULL') WHEN 'NULL' THEN true "
        f"WHEN 'OBJECT' THEN len(json_keys({json})) = 0 OR ({known}) ELSE false END"
    )


def is_pair(json: str, depth: int = 0) -> str:
    """Whether JSON is a pair of a key and an AnyValue."""
    return f"CASE WHEN json_type({json}) = 'OBJECT' THEN {is_value(value(json, '$.value'), depth)} ELSE false END"


def are_pairs(path: str, pairs: str, as_object: str) -> str:
    """Whether there is a list of pairs at a path of `item`, or nothing; `pairs` are these in columns, and as an object."""
    # What can't be read has become null. Only where one is, JSON is looked at, which reads the whole item each time.
    return (
        f"CASE WHEN {pairs} IS NULL THEN coalesce(json_type(item, '{path}'), 'NULL') = 'NULL' "
        f"WHEN contains({as_object}, 'null') THEN {all_are(value('item', path + '[*]'), 'a', is_pair('a'))} ELSE true END"
    )


def attributes_are_read(path: str) -> str:
    """The same of attributes that are not in columns."""
    return are_pairs(path, typed(value("item", path), PAIRS), attributes(path))


SCOPE = joined(without(value("item", "$.scope"), ("attributes",)), attributes("$.scope.attributes"))
BODY_PAIRS = typed("body.kvlistValue", f'{{"values":{PAIRS}}}') + ".values"
MESSAGE = f"""CASE WHEN body.stringValue IS NOT NULL THEN {fields_in_text("said")}
    WHEN {is_odd("body", "kvlistValue", BODY_PAIRS)} THEN '{{"message":' || {as_it_is("body", "kvlistValue")} || '}}'
    WHEN body.kvlistValue IS NOT NULL THEN {mapping(BODY_PAIRS)}
    WHEN {plain("body")} <> 'null' THEN '{{"message":' || {plain("body")} || '}}' END"""

BODY_IS_READ = f"CASE WHEN contains({plain('body')}, 'null') THEN {is_value(value('item', '$.body'))} ELSE true END"

DIALECT = Dialect(
    document=of_today("line"),
    levels=(
        Level(path="$.resourceLogs"),
        Level(
            path="$.scopeLogs",
            absent="empty",
            beside=("resource", "schemaUrl"),
            accepts=attributes_are_read("$.resource.attributes"),
            context=members_of({"resource": f"nullif({attributes('$.resource.attributes')}, '{{}}')"}),
        ),
        Level(
            path="$.logRecords",
            absent="empty",
            beside=("scope", "schemaUrl"),
            accepts=attributes_are_read("$.scope.attributes"),
            context=joined("context", members_of({"scope": f"nullif({SCOPE}, '{{}}')"})),
        ),
    ),
    steps=(
        {"columns": f"CASE WHEN state IS NULL THEN {typed('item', RECORD)} END"},
        {
            "body": "columns.body",
            "pairs": "columns.attributes",
            "said": text("columns.body.stringValue", "$"),
            "members": mapping("columns.attributes"),
            "stamp": "coalesce(nullif(columns.timeUnixNano, '0'), nullif(columns.observedTimeUnixNano, '0'))",
        },
    ),
    accepts=f"columns IS NOT NULL AND {BODY_IS_READ} AND {are_pairs('$.attributes', 'pairs', 'members')}",
    expected="`resourceLogs`, in them `scopeLogs` with `logRecords`, whose body and attributes are values of OTLP",
    time=iso_of_epoch("stamp", 1_000_000_000),
    fields=joined(MESSAGE, "members"),
    envelope=joined(without("item", ("timeUnixNano", "observedTimeUnixNano", "body", "attributes")), "context"),
    controls=1,
    sample=r"""{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"gate"}}]},"scopeLogs":[{"scope":{"name":"finish","version":"1.0.0","attributes":[{"key":"lane","value":{"intValue":"2"}}]},"logRecords":[{"timeUnixNano":"1772521200500000999","observedTimeUnixNano":"1772521209000000000","severityNumber":9,"severityText":"INFO","traceId":"5b8e","body":{"stringValue":"over the line"},"attributes":[{"key":"bib","value":{"intValue":"7"}},{"key":"km","value":{"doubleValue":42.195}},{"key":"won","value":{"boolValue":true}},{"key":"splits","value":{"arrayValue":{"values":[{"intValue":"21"},{"stringValue":"43"}]}}},{"key":"gear","value":{"kvlistValue":{"values":[{"key":"shoe","value":{"stringValue":"Łódź \"3\""}}]}}}]},{"observedTimeUnixNano":"1772521201000000000","body":{"kvlistValue":{"values":[{"key":"bib","value":{"intValue":8}},{"key":"none","value":{}}]}}}]},{"logRecords":[{"timeUnixNano":"0","body":{"stringValue":"{\"bib\": 9}"}}]}]},{"scopeLogs":[{"logRecords":[{"timeUnixNano":1772521203000000000,"body":{"intValue":"5"}}]}]}]}
{"resourceLogs":[]}
""",
    gives=(
        {
            "@timestamp": "2026-03-03T07:00:00.500000999Z",
            "@envelope": {
                "severityNumber": 9,
                "severityText": "INFO",
                "traceId": "5b8e",
                "resource": {"service.name": "gate"},
                "scope": {"name": "finish", "version": "1.0.0", "lane": 2},
            },
            "message": "over the line",
            "bib": 7,
            "km": 42.195,
            "won": True,
            "splits": [21, "43"],
            "gear": {"shoe": 'Łódź "3"'},
        },
        {
            "@timestamp": "2026-03-03T07:00:01Z",
            "@envelope": {
                "resource": {"service.name": "gate"},
                "scope": {"name": "finish", "version": "1.0.0", "lane": 2},
            },
            "bib": 8,
            "none": None,
        },
        {"@envelope": {"resource": {"service.name": "gate"}}, "bib": 9},
        {"@timestamp": "2026-03-03T07:00:03Z", "message": 5},
    ),
)
