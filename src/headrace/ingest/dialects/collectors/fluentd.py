r"""Fluentd and Fluent Bit: the record itself, with time and tag beside its own keys, around it, or before it.

    {"date": 1772521200.5, "bib": 7}                                      Fluent Bit, json_lines
    [{"date": 1772521200.5, "bib": 7}, {"date": 1772521201.5, "bib": 8}]  Fluent Bit, json
    [1772521200.5, {"bib": 7}]     [[1772521200.5, {}], {"bib": 7}]       Fluent Bit, time and record
    finish: [1772521200.5, {"bib": 7}]                                    Fluent Bit, file
    2026-03-03T07:00:00+00:00 TAB finish TAB {"bib": 7}                   Fluentd, out_file
    {"log": "{\"bib\": 7}\n", "time": "2026-03-03T07:00:00.5Z", "kubernetes": {"pod_name": "api"}}    containers

Time is the first there is of `date`, `@timestamp`, `time`, `timestamp`: text, or a number since 1970, by its size of
seconds, milliseconds, microseconds or nanoseconds. That key, `tag`, `kubernetes` and `docker` are the envelope, all
else are fields. A `log` or `message` that holds a JSON object is replaced by its keys. https://docs.fluentd.org/formatter/out_file, https://docs.fluentbit.io/manual
"""

from headrace.ingest.dialects.dialect import Dialect, is_object, iso_of_epoch, joined, object_in_text, part, text, value

TIMES = ("date", "@timestamp", "time", "timestamp")
MESSAGES = ("log", "message")
TABBED = r"^([^\t{\[]+)\t([^\t]*)\t(\{.*)$"
TAGGED = r"^([^\s{\[\"]\S*): \[(.*)\]\s*$"


def _piece(pattern: str, group: int) -> str:
    return f"regexp_extract(line, '{pattern}', {group}, 's')"


# The record with whatever is before or around it, as [time, record, tag].
DOCUMENT = (
    "CASE WHEN starts_with(line, '{') OR starts_with(line, '[') THEN line "
    f"WHEN regexp_matches(line, '{TABBED}', 's') THEN "
    f"'[' || to_json({_piece(TABBED, 1)}) || ',' || {_piece(TABBED, 3)} || ',' || to_json({_piece(TABBED, 2)}) || ']' "
    f"WHEN regexp_matches(line, '{TAGGED}', 's') THEN "
    f"'[' || {_piece(TAGGED, 2)} || ',' || to_json({_piece(TAGGED, 1)}) || ']' ELSE line END"
)
KEYS = ", ".join(f"'/{key}'" for key in (*TIMES, *MESSAGES))
FIRST = " ".join(f"WHEN texts[{place}] IS NOT NULL THEN {place}" for place in range(1, len(TIMES) + 1))

DIALECT = Dialect(
    document=DOCUMENT,
    is_list="json_type(item) = 'ARRAY' AND json_type(item, '$[0]') = 'OBJECT'",
    steps=(
        {"listed": "coalesce(json_type(item) = 'ARRAY', false)"},
        {"record": f"CASE WHEN listed THEN {value('item', '$[1]')} ELSE item END"},
        {"texts": f"json_extract_string(record, [{KEYS}])"},
        {
            "stamp": f"CASE WHEN listed THEN NULL {FIRST} END",
            "log_keys": object_in_text("texts[5]"),
            "message_keys": object_in_text("texts[6]"),
        },
        {
            "moment": f"CASE WHEN listed THEN coalesce({text('item', '$[0][0]')}, {text('item', '$[0]')}) "
            "ELSE texts[stamp] END"
        },
        # Seconds since 1970 reach 10^11 in the year 5138; larger numbers count milliseconds, microseconds, nanoseconds.
        {
            "size": "coalesce(abs(TRY_CAST(moment AS DOUBLE)), 0)",
            "gone": '\'{"tag":null,"kubernetes":null,"docker":null\''
            + " || CASE stamp "
            + " ".join(f"""WHEN {place} THEN ',"{key}":null'""" for place, key in enumerate(TIMES, start=1))
            + " ELSE '' END"
            + "".join(f""" || CASE WHEN {key}_keys IS NOT NULL THEN ',"{key}":null' ELSE '' END""" for key in MESSAGES)
            + " || '}'",
        },
    ),
    accepts=is_object("record"),
    expected="a JSON object, or an array of time and object",
    time=(
        f"CASE WHEN size < 1e11 THEN {iso_of_epoch('moment', 1)} WHEN size < 1e14 THEN {iso_of_epoch('moment', 1_000)} "
        f"WHEN size < 1e17 THEN {iso_of_epoch('moment', 1_000_000)} ELSE {iso_of_epoch('moment', 1_000_000_000)} END"
    ),
    fields=joined("log_keys", "message_keys", "json_merge_patch(record, gone)"),
    envelope=joined(
        f"""CASE WHEN listed THEN '{{"tag":' || {value("item", "$[2]")} || '}}' END""",
        part("record", ("tag", "kubernetes", "docker")),
    ),
    sample=r"""{"date":1772521200.5,"bib":7,"city":"Łódź"}
[{"date":1772521200123,"bib":8},{"date":"2026-03-03T07:00:00.000000Z","bib":9,"time":"03:40:32"}]
[1772521200.123456, {"bib": 10}]
{"@timestamp":1772521200123456,"bib":16}
{"@timestamp":1772521200123456789,"bib":17}
[[1772521200.25, {}], {"bib": 11}]
finish: [1772521200.5, {"bib": 12}]
2026-03-03T08:00:00+01:00	race.finish	{"bib":13,"tags":["a"]}
{"log":"{\"bib\":14,\"km\":5}\n","stream":"stdout","time":"2026-03-03T07:00:00.5Z","kubernetes":{"pod_name":"api-1"}}
{"log":"start delayed\n","stream":"stderr","time":"2026-03-03T07:00:01Z"}
{"bib":15}
""",
    gives=(
        {"@timestamp": "2026-03-03T07:00:00.5Z", "bib": 7, "city": "Łódź"},
        {"@timestamp": "2026-03-03T07:00:00.123Z", "bib": 8},
        {"@timestamp": "2026-03-03T07:00:00.000000Z", "bib": 9, "time": "03:40:32"},
        {"@timestamp": "2026-03-03T07:00:00.123456Z", "bib": 10},
        {"@timestamp": "2026-03-03T07:00:00.123456Z", "bib": 16},
        {"@timestamp": "2026-03-03T07:00:00.123456789Z", "bib": 17},
        {"@timestamp": "2026-03-03T07:00:00.25Z", "bib": 11},
        {"@timestamp": "2026-03-03T07:00:00.5Z", "@envelope": {"tag": "finish"}, "bib": 12},
        {"@timestamp": "2026-03-03T08:00:00+01:00", "@envelope": {"tag": "race.finish"}, "bib": 13, "tags": ["a"]},
        {
            "@timestamp": "2026-03-03T07:00:00.5Z",
            "@envelope": {"kubernetes": {"pod_name": "api-1"}},
            "bib": 14,
            "km": 5,
            "stream": "stdout",
        },
        {"@timestamp": "2026-03-03T07:00:01Z", "log": "start delayed\n", "stream": "stderr"},
        {"bib": 15},
    ),
)
