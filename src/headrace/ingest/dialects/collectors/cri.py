r"""Container logs as Kubernetes keeps them on a node (CRI: containerd, CRI-O), one line of a container a line.

    2026-03-03T07:00:00.5Z stdout F {"bib": 7}
    2026-03-03T07:00:01+01:00 stderr F start delayed

    {"@timestamp": "2026-03-03T07:00:00.5Z", "@envelope": {"stream": "stdout", "logtag": "F"}, "bib": 7}

Time, stream (stdout, stderr), tag, and what the container wrote: its keys are the fields if it is a JSON object, else it
is `message`. Stream and `logtag` are the envelope. A line that was too long stands in parts, all but the last with the
tag P: each part is a record of its own.
https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
"""

from headrace.ingest.dialects.dialect import Dialect, fields_in_text, is_object, part, text

LINE = r"^(\d{4}-\d{2}-\d{2}T\S+) (stdout|stderr) ([FP](?::\S*)?) ?(.*?)[\r\n]*$"
PIECES = {"time": 1, "stream": 2, "logtag": 3, "log": 4}
MEMBERS = " || ',' || ".join(
    f"""'"{name}":' || to_json(regexp_extract(line, '{LINE}', {group}, 's'))""" for name, group in PIECES.items()
)

DIALECT = Dialect(
    # Another line stays as it is, and is no record.
    document=f"CASE WHEN regexp_matches(line, '{LINE}', 's') THEN '{{' || {MEMBERS} || '}}' ELSE line END",
    steps=({"said": text("item", "$.log")},),
    accepts=f"{is_object('item')} AND json_type(item, '$.logtag') IS NOT NULL AND said IS NOT NULL",
    expected="a line of time, stdout or stderr, the tag F or P, and text",
    time=text("item", "$.time"),
    fields=fields_in_text("said"),
    envelope=part("item", ("stream", "logtag")),
    sample=r"""2026-03-03T07:00:00.123456789Z stdout F {"bib":7,"km":5}
2026-03-03T08:00:01+01:00 stderr F start delayed: "rain"
2026-03-03T07:00:02Z stdout P a long li
2026-03-03T07:00:02Z stdout F ne
2026-03-03T07:00:03Z stdout F
""",
    gives=(
        {
            "@timestamp": "2026-03-03T07:00:00.123456789Z",
            "@envelope": {"stream": "stdout", "logtag": "F"},
            "bib": 7,
            "km": 5,
        },
        {
            "@timestamp": "2026-03-03T08:00:01+01:00",
            "@envelope": {"stream": "stderr", "logtag": "F"},
            "message": 'start delayed: "rain"',
        },
        {
            "@timestamp": "2026-03-03T07:00:02Z",
            "@envelope": {"stream": "stdout", "logtag": "P"},
            "message": "a long li",
        },
        {"@timestamp": "2026-03-03T07:00:02Z", "@envelope": {"stream": "stdout", "logtag": "F"}, "message": "ne"},
        {"@timestamp": "2026-03-03T07:00:03Z", "@envelope": {"stream": "stdout", "logtag": "F"}, "message": ""},
    ),
)
