r"""Container logs as Kubernetes keeps them on a node (CRI: containerd, CRI-O), one line of a container a line.

    2026-03-03T07:00:00.5Z stdout F {"bib": 7}
    2026-03-03T07:00:01+01:00 stderr F start delayed

    {"@timestamp": "2026-03-03T07:00:00.5Z", "@envelope": {"stream": "stdout", "logtag": "F"}, "bib": 7}

Time, stream (stdout, stderr), tag, and what the container wrote: its keys are the fields if it is a JSON object, else it
is `message`. Stream and `logtag` are the envelope. A line that was too long stands in parts, all but the last with the tag P: they are one
record, in the place and with the time of the first. Where the file lacks the last, they are a reject.
https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
"""

from headrace.ingest.dialects.dialect import Dialect, fields_in_text, is_object, part, text
from headrace.ingest.dialects.parts import Parts

TIME = r"\d{4}-\d{2}-\d{2}T\S+"
LINE = rf"^({TIME}) (stdout|stderr) ([FP](?::\S*)?) ?(.*?)[\r\n]*$"
PARTS = Parts(
    streams=tuple(rf"^{TIME} {stream} [FP](?::\S*)? ?" for stream in ("stdout", "stderr")),
    open=rf"^{TIME} (?:stdout|stderr) (P)",
    whole=b"F",
    missing="expected the rest of the line in a line of the same stream with the tag F: has a new file begun there?",
)
PIECES = {"time": 1, "stream": 2, "logtag": 3, "log": 4}
MEMBERS = " || ',' || ".join(
    f"""'"{name}":' || to_json(regexp_extract(line, '{LINE}', {group}, 's'))""" for name, group in PIECES.items()
)

DIALECT = Dialect(
    # Another line stays as it is, and is no record.
    document=f"CASE WHEN regexp_matches(line, '{LINE}', 's') THEN '{{' || {MEMBERS} || '}}' ELSE line END",
    parts=PARTS,
    steps=({"said": text("item", "$.log")},),
    accepts=f"{is_object('item')} AND json_type(item, '$.logtag') IS NOT NULL AND said IS NOT NULL",
    expected="a line of time, stdout or stderr, the tag F or P, and text",
    time=text("item", "$.time"),
    fields=fields_in_text("said"),
    envelope=part("item", ("stream", "logtag")),
    sample=r"""2026-03-03T07:00:00.123456789Z stdout F {"bib":7,"km":5}
2026-03-03T08:00:01+01:00 stderr F start delayed: "rain"
2026-03-03T07:00:02Z stdout P a long li
2026-03-03T07:00:02.1Z stderr F meanwhile
2026-03-03T07:00:02.2Z stdout F ne
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
            "@envelope": {"stream": "stdout", "logtag": "F"},
            "message": "a long line",
        },
        {
            "@timestamp": "2026-03-03T07:00:02.1Z",
            "@envelope": {"stream": "stderr", "logtag": "F"},
            "message": "meanwhile",
        },
        {"@timestamp": "2026-03-03T07:00:03Z", "@envelope": {"stream": "stdout", "logtag": "F"}, "message": ""},
    ),
)
