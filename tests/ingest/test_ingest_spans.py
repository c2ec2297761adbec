"""Patterns with spans and versions mean what they mean to stock TFX: the newest version of each span in the range."""

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace import DataError, UsageError
from headrace.ingest import IngestSpec, Source
from headrace.ingest.files.find import find_files
from headrace.ingest.files.matching import matched
from headrace.ingest.spec.spans import SpanRange, has_span, placed_in_spans, span_number

DAY = (datetime.date(2026, 3, 1) - datetime.date(1970, 1, 1)).days


def found(root: Path, names: list[str], pattern, **spans):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a\n1\n")
    patterns = [str(root / one) for one in ([pattern] if isinstance(pattern, str) else pattern)]
    paths, faults = matched(Source(name="s", pattern=tuple(patterns), spans=SpanRange(**spans) if spans else None))
    return [str(Path(path).relative_to(root)) for path in paths], list(paths.values()), "\n".join(faults)


def test_without_a_range_the_newest_version_of_the_newest_span_is_read(tmp_path):
    names = ["span-1/v1/a.csv", "span-2/v2/a.csv", "span-2/v10/b.csv", "span-2/v10/a.csv", "span-x/v3/a.csv"]
    paths, spans, faults = found(tmp_path, names, "span-{SPAN}/v{VERSION}/*.csv")
    assert (paths, spans, faults) == (["span-2/v10/a.csv", "span-2/v10/b.csv"], [2, 2], "")


def test_dates_are_spans_counted_in_days_since_1970(tmp_path):
    names = ["2026-03-01.csv", "2026-02-28.csv", "2026-03-02.csv"]
    assert found(tmp_path, names, "{YYYY}-{MM}-{DD}.csv", newest=2)[:2] == (names[:1] + names[2:], [DAY, DAY + 1])
    static = found(tmp_path, names, "{YYYY}-{MM}-{DD}.csv", start="2026-02-28", end="2026-03-01")
    assert static[:2] == (["2026-02-28.csv", "2026-03-01.csv"], [DAY - 1, DAY])


def test_a_span_in_the_range_without_a_file_is_named_unless_gaps_are_allowed(tmp_path):
    names = ["2026-03-01.csv", "2026-03-04.csv"]
    _, _, faults = found(tmp_path, names, "{YYYY}-{MM}-{DD}.csv", start="2026-03-01", end="2026-03-05")
    assert "no file of span 2026-03-02, 2026-03-03, 2026-03-05 matches" in faults
    gaps = found(tmp_path, names, "{YYYY}-{MM}-{DD}.csv", start="2026-03-01", end="2026-03-05", gaps=True)
    assert gaps[0] == names
    nothing = found(tmp_path, names, "{YYYY}-{MM}-{DD}.csv", start="2027-01-01")
    assert "no span is in the range; there are 2026-03-01, 2026-03-04" in nothing[2]


def test_all_patterns_of_a_source_are_of_the_same_spans(tmp_path):
    names = ["a-1.csv", "a-2.csv", "b-1.csv"]
    assert "no file of span 2 matches" in found(tmp_path, names, ["a-{SPAN}.csv", "b-{SPAN}.csv"])[2]
    assert found(tmp_path, names, ["a-{SPAN}.csv", "b-{SPAN}.csv"], end=1)[0] == ["a-1.csv", "b-1.csv"]


def test_a_width_says_how_many_digits_there_are(tmp_path):
    names = ["d-007.csv", "d-0123.csv", "d-12.csv"]
    assert found(tmp_path, names, "d-{SPAN:3}.csv")[:2] == (["d-007.csv"], [7])
    # 20260302 followed by a version, without anything in between.
    names = ["2026030201.csv", "2026030202.csv"]
    assert found(tmp_path / "x", names, "{YYYY}{MM}{DD}{VERSION:2}.csv")[0] == ["2026030202.csv"]


def test_a_day_that_does_not_exist_is_named(tmp_path):
    assert "names a day that does not exist" in found(tmp_path, ["2026-02-30.csv"], "{YYYY}-{MM}-{DD}.csv")[2]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), max_size=12), st.integers(0, 30), st.integers(1, 4))
def test_the_chosen_files_are_those_that_a_plain_search_finds(pairs, start, newest):
    paths = {f"/in/s{span}/v{version}.csv" for span, version in pairs}
    there = placed_in_spans("/in/s{SPAN}/v{VERSION}.csv", paths)
    spans = SpanRange(start=start, newest=newest, gaps=True).chosen(there)
    best = {span: max(version for s, version in pairs if s == span) for span, _ in pairs if span >= start}
    newest_spans = sorted(best)[-newest:]
    assert [there[span][max(there[span])] for span in spans] == [[f"/in/s{s}/v{best[s]}.csv"] for s in newest_spans]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("{YYYY}-{MM}.csv", "stand once each"),
        ("{SPAN}/{SPAN}.csv", "stand once at the most"),
        ("{SPAN}/{YYYY}{MM}{DD}.csv", "not by both"),
        ("v{VERSION}.csv", "needs a {SPAN} or a date"),
        ("{SPAN:x}.csv", "width in {SPAN:x} must be a whole number"),
        ("{SPAN:0}.csv", "width in {SPAN:0} must be"),
    ],
)
def test_a_pattern_that_can_not_be_meant_is_refused(pattern, words):
    with pytest.raises(UsageError) as error:
        Source(name="s", pattern=pattern)
    assert words in str(error.value)


@pytest.mark.parametrize("settings", [{}, {"newest": 0}, {"start": 5, "end": 4}, {"start": "yesterday"}])
def test_a_range_that_can_not_be_meant_is_refused(settings):
    with pytest.raises(UsageError):
        SpanRange(**settings)
    with pytest.raises(UsageError, match="spans need a pattern with"):
        Source(name="s", pattern="x.csv", spans=SpanRange(newest=1))


def test_spans_travel_as_json():
    source = Source(name="s", pattern="{YYYY}-{MM}-{DD}.csv", spans=SpanRange(start="2026-03-01", newest=7))
    spec = IngestSpec(sources=(source,))
    assert IngestSpec.from_json(spec.to_json()) == spec
    assert span_number("2026-03-01") == DAY
    assert not has_span("logs/*.csv")


@pytest.mark.tfx
def test_patterns_place_files_as_stock_tfx_places_them(tmp_path):
    utils = pytest.importorskip("tfx.components.example_gen.utils")
    from tfx.proto import example_gen_pb2

    names = ["s-1/v1/a.csv", "s-3/v1/a.csv", "s-3/v2/a.csv", "s-2/v9/a.csv"]
    ours = found(tmp_path, names, "s-{SPAN}/v{VERSION}/*.csv")
    split = example_gen_pb2.Input.Split(name="all", pattern="s-{SPAN}/v{VERSION}/*.csv")
    _, span, version = utils.calculate_splits_fingerprint_span_and_version(str(tmp_path), [split])
    assert (ours[0], ours[1]) == ([f"s-{span}/v{version}/a.csv"], [span])


def test_nothing_that_matches_is_told_with_what_there_is(tmp_path):
    assert "no file matches" in found(tmp_path, ["tmp.csv"], "d-{SPAN}.csv")[2]
    with pytest.raises(DataError, match="no file matches"):
        find_files([Source(name="s", pattern=str(tmp_path / "x-{SPAN}.csv"))])
