r"""OTLP JSON logs: what OpenTelemetry collectors and BindPlane write, many records a line, under resource and scope.

    {"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "gate"}}]},
      "scopeLogs": [{"scope": {"name": "finish"}, "logRecords": [
        {"timeUnixNano": "1772521200500000000", "severityText": "INFO", "body": {"stringValue": "over the line"},
         "attributes": [{"key": "bib", "value": {"intValue": "7"}}]}]}]}]}

Time is `timeUnixNano`, else `observedTimeUnixNano`; 0 is none. Fields are those of the body, if it is a map or the text
of a JSON object (another body is `message`), and then the attributes. Values of maps nested deeper than 2 stay in OTLP's
notation. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding,
https://github.com/open-telemetry/opentelemetry-proto/blob/main/examples/logs.json
"""

from headrace.ingest.dialect import (
    Dialect,
    Level,
    fields_in_text,
    is_object,
    iso_of_epoch,
    joined,
    members_of,
    text,
    value,
    without,
)  # fmt: skip

MAX_DEPTH = 2
WHOLE = "-?(?:0|[1-9][0-9]*)"
TEXT = r'"(?:[^"\\]|\\.)*"'
SCALARS = {
    "stringValue": f"({TEXT})",
    "intValue": f'"?({WHOLE})"?',
    "doubleValue": r'(-?[0-9][-+.eE0-9]*|"[A-Za-z-]*")',
    "boolValue": "(true|false)",
    "bytesValue": f"({TEXT})",
}


def plain(any_value: str, depth: int = 0) -> str:
    """An AnyValue as the JSON that it stands for; none is null."""
    if depth == MAX_DEPTH:
        return f"coalesce({any_value}, 'null')"
    whole = text(any_value, "$.intValue")
    element = f"v{depth}"
    values = value(any_value, "$.arrayValue.values[*]")
    array = f"'[' || array_to_string([{plain(element, depth + 1)} for {element} in {values}], ',') || ']'"
    return (
        f"coalesce(CASE json_keys({any_value})[1] WHEN 'stringValue' THEN {value(any_value, '$.stringValue')} "
        f"WHEN 'intValue' THEN CASE WHEN regexp_full_match({whole}, '{WHOLE}') THEN {whole} "
        f"ELSE {value(any_value, '$.intValue')} END "
        f"WHEN 'doubleValue' THEN {value(any_value, '$.doubleValue')} "
        f"WHEN 'boolValue' THEN {value(any_value, '$.boolValue')} "
        f"WHEN 'bytesValue' THEN {value(any_value, '$.bytesValue')} "
        f"WHEN 'arrayValue' THEN {array} "
        f"WHEN 'kvlistValue' THEN {mapping(value(any_value, '$.kvlistValue.values[*]'), depth + 1)} END, 'null')"
    )


def mapping(pairs: str, depth: int = 0) -> str:
    """A list of `{"key": ..., "value": AnyValue}` as an object; no list is an empty one."""
    pair = f"p{depth}"
    key = f"to_json(coalesce({text(pair, '$.key')}, ''))"
    member = f"{key} || ':' || {plain(value(pair, '$.value'), depth)}"
    return f"('{{' || coalesce(array_to_string([{member} for {pair} in {pairs}], ','), '') || '}}')"


def pairs(listed: str) -> str:
    """As `mapping`, of the JSON array itself; shorter where no value is a list or a map, as nearly always."""
    flat = f"({listed})[2:-2]"
    for name, form in SCALARS.items():
        flat = f"""regexp_replace({flat}, '\\{{"key":({TEXT}),"value":\\{{"{name}":{form}\\}}\\}}', '\\1:\\2', 'g')"""
    slow = mapping(value(listed, "$[*]"))
    # A key in its braces is one that the patterns did not know: a list, a map, members in another order.
    return f"""CASE WHEN {listed} IS NULL THEN NULL WHEN contains({listed}, '"arrayValue"') OR contains({listed}, '"kvlistValue"')
        THEN {slow} WHEN contains({flat}, '{{"') THEN {slow} ELSE '{{' || {flat} || '}}' END"""


def _some(pairs: str) -> str:
    return f"nullif({mapping(pairs)}, '{{}}')"


SCOPE = joined(without(value("item", "$.scope"), ("attributes",)), mapping(value("item", "$.scope.attributes[*]")))
BODY = "body"
NAMED = "'{\"message\":' || " + plain(BODY) + " || '}'"
MESSAGE = (
    f"CASE json_keys({BODY})[1] WHEN 'stringValue' THEN {fields_in_text('said')} "
    f"WHEN 'kvlistValue' THEN {mapping(value(BODY, '$.kvlistValue.values[*]'))} ELSE "
    f"CASE WHEN json_keys({BODY})[1] IS NOT NULL THEN {NAMED} END END"
)
NANOS = [f"nullif({text('item', f'$.{key}')}, '0')" for key in ("timeUnixNano", "observedTimeUnixNano")]

DIALECT = Dialect(
    levels=(
        Level(path="$.resourceLogs", absent="fault"),
        Level(
            path="$.scopeLogs",
            context=members_of({"resource": _some(value("item", "$.resource.attributes[*]"))}),
        ),
        Level(path="$.logRecords", context=joined("context", members_of({"scope": f"nullif({SCOPE}, '{{}}')"}))),
    ),
    steps=(
        {"body": value("item", "$.body"), "attributes": value("item", "$.attributes")},
        {"said": text("body", "$.stringValue"), "stamp": f"coalesce({', '.join(NANOS)})"},
    ),
    accepts=is_object("item"),
    expected="`resourceLogs`, in them `scopeLogs` with `logRecords`",
    time=iso_of_epoch("stamp", 1_000_000_000),
    fields=joined(MESSAGE, pairs("attributes")),
    envelope=joined(without("item", ("timeUnixNano", "observedTimeUnixNano", "body", "attributes")), "context"),
    controls=1,
    sample=r"""{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"gate"}}]},"scopeLogs":[{"scope":{"name":"finish","version":"1.0.0","attributes":[{"key":"lane","value":{"intValue":"2"}}]},"logRecords":[{"timeUnixNano":"1772521200500000999","observedTimeUnixNano":"1772521209000000000","severityNumber":9,"severityText":"INFO","traceId":"5b8e","body":{"stringValue":"over the line"},"attributes":[{"key":"bib","value":{"intValue":"7"}},{"key":"km","value":{"doubleValue":42.195}},{"key":"won","value":{"boolValue":true}},{"key":"splits","value":{"arrayValue":{"values":[{"intValue":"21"},{"stringValue":"43"}]}}},{"key":"gear","value":{"kvlistValue":{"values":[{"key":"shoe","value":{"stringValue":"Łódź \"3\""}}]}}}]},{"observedTimeUnixNano":"1772521201000000000","body":{"kvlistValue":{"values":[{"key":"bib","value":{"intValue":8}},{"key":"none","value":{}}]}}}]},{"logRecords":[{"timeUnixNano":"0","body":{"stringValue":"{\"bib\": 9}"}}]}]},{"scopeLogs":[{"logRecords":[{"timeUnixNano":1772521203000000000,"body":{"intValue":"5"}}]}]}]}
{"resourceLogs":[]}
""",
    gives=(
        {
            "@timestamp": "2026-03-03T07:00:00.5Z",
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
