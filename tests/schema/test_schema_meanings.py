"""A declared meaning is checked on each value: by statistics as far as they list values, by rows exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("tensorflow_data_validation")

from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st

from headrace.duckdb_engine import connected
from headrace.errors import UsageError
from headrace.examples.layout import to_features, write_parquet
from headrace.schema import Declarations, Feature, curate, validate
from headrace.schema.codes import MEANING_BROKEN, VALUES_NOT_CHECKED
from headrace.schema.meanings import wrong_value
from headrace.stats import StatsSpec, statistics
from headrace.values.time_formats import read

pytestmark = pytest.mark.tfx

PACKED = (23 << 42) + (59 << 36) + (59 << 30) + 999_999_999
# Feature -> its declaration, values that are so, and values that are not.
MEANINGS = {
    "day": ({"format": "%Y-%m-%d"}, ["2026-03-03", "2024-02-29"], ["2026-02-29", "03.03.2026", "26-3-3", "0000-01-01"]),
    "german": ({"format": "%d.%m.%Y"}, ["03.03.2026", "3.3.2026"], ["1.2.3", "31.02.2026", " 3.3.2026", "3.3.2026 x"]),
    "instant": (
        {"format": "%Y-%m-%dT%H:%M:%S%z"},
        ["2026-03-03T07:00:00Z", "2026-03-03T07:00:00+01:00"],
        ["2026-03-03T24:00:00Z", "2026-03-03T07:00:00", "2026-03-03"],
    ),
    "clock": ({"semantic": "time_of_day", "format": "%H:%M"}, ["08:30", "0:00"], ["24:00", "8.30", "510"]),
    "seconds": ({"format": "UNIX_SECONDS"}, [0, -1, 1_772_524_800, 253_402_300_799], [253_402_300_800, 10**15]),
    "millis": ({"format": "UNIX_MILLISECONDS"}, [1_772_524_800_000], [1_772_524_800_000_000]),
    "micros": ({"format": "UNIX_MICROSECONDS"}, [1_772_524_800_000_000], [1_772_524_800_000_000_000]),
    "days": ({"format": "UNIX_DAYS"}, [20_515, -719_162], [1_772_524_800, -719_163]),
    "packed": ({"semantic": "time_of_day", "format": "PACKED_64_NANOS"}, [0, PACKED], [-1, 24 << 42]),
    "url": ({"semantic": "url"}, ["https://example.com/a?b", "mailto:a@b.c"], ["example", "https: //x", ""]),
    "mid": ({"semantic": "mid"}, ["/m/02mjmr", "/g/11b_2"], ["02mjmr", "/m/"]),
}


def declared(name: str) -> Declarations:
    own = {"semantic": "time", **MEANINGS[name][0]}
    return Declarations(features={name: Feature.from_settings(own)})


def schema_of(name: str) -> Any:
    return curate(statistics(to_features(pa.table({name: MEANINGS[name][1]}))), declared(name)).schema


def checked(table: pa.Table, schema: Any, folder: Path | None = None, **spec: Any) -> list[Any]:
    """The faults by statistics; with a folder, by rows as well."""
    paths = None
    if folder is not None:
        write_parquet(table, str(folder / "rows.parquet"))
        paths = [str(folder / "rows.parquet")]
    measured = statistics(to_features(table), StatsSpec(**spec))
    rows_dir = str(folder / "offending") if folder is not None else None
    return validate(measured, schema, environment="TRAINING", examples=paths, rows_dir=rows_dir)


@pytest.mark.parametrize("with_rows", [False, True])
@pytest.mark.parametrize("name", MEANINGS)
def test_values_that_are_not_what_they_mean_are_a_fault_and_no_others(
    name: str, with_rows: bool, tmp_path: Path
) -> None:
    _, good, bad = MEANINGS[name]
    schema, folder = schema_of(name), tmp_path if with_rows else None
    assert checked(pa.table({name: good * 20}), schema, folder) == []
    for value in bad:
        (fault,) = checked(pa.table({name: [*good * 20, value, value]}), schema, folder)
        assert (fault.feature, fault.code, fault.severity) == (name, MEANING_BROKEN, "ERROR")
        assert "expected a" in fault.words
        assert str(value) in fault.words
        if with_rows:
            assert fault.rows == 2
            written = tmp_path / "offending" / f"{name}.{MEANING_BROKEN}.parquet"
            assert pq.read_table(written).num_rows == 2


def test_values_that_statistics_do_not_list_are_said_to_be_unchecked_and_rows_decide(tmp_path: Path) -> None:
    name = "day"
    days = [f"{2000 + n // 300}-{1 + n % 300 // 28:02}-{1 + n % 28:02}" for n in range(2_000)]
    schema = schema_of(name)
    (fault,) = checked(pa.table({name: days}), schema, rank_values=1_000)
    assert (fault.code, fault.severity) == (VALUES_NOT_CHECKED, "WARNING")
    assert "of 2,000 values are not listed; give examples" in fault.words or "are not listed" in fault.words
    assert checked(pa.table({name: days}), schema, tmp_path, rank_values=1_000) == []
    (fault,) = checked(pa.table({name: [*days, "soon"]}), schema, tmp_path, rank_values=1_000)
    assert (fault.code, fault.rows) == (MEANING_BROKEN, 1)


@pytest.mark.parametrize("with_rows", [False, True])
def test_a_format_by_hand_that_is_not_known_is_said_to_be_unchecked(with_rows: bool, tmp_path: Path) -> None:
    schema = schema_of("day")
    schema.feature[0].time_domain.string_format = "%j"
    (fault,) = checked(pa.table({"day": ["123"] * 9}), schema, tmp_path if with_rows else None)
    assert fault.code == VALUES_NOT_CHECKED
    assert "%j, a format that headrace does not know" in fault.words


@pytest.mark.parametrize(
    ("name", "form", "words"),
    [
        ("day", "%j", "'day' has format '%j': expected one of strptime with %Y"),
        ("day", "%d.%d.%Y", "each once"),
        ("seconds", "UNIX_YEARS", "'seconds' has format 'UNIX_YEARS': expected one of UNIX_DAYS, UNIX_MICROSECONDS"),
        ("seconds", "FORMAT_UNKNOWN", "'seconds' has format 'FORMAT_UNKNOWN'"),
    ],
)
def test_a_format_that_can_not_be_checked_is_refused_when_declared(name: str, form: str, words: str) -> None:
    features = {name: Feature(semantic="time", format=form)}
    with pytest.raises(UsageError, match=words.replace("%", "%")):
        curate(statistics(to_features(pa.table({name: MEANINGS[name][1]}))), Declarations(features=features))


FORMATS = ("%Y-%m-%d", "%d/%m/%y", "%d %b %Y", "%Y-%m-%d %H:%M:%S", "%I:%M %p", "%Y-%m-%dT%H:%M:%S%z", "%d.%m.%Y %H:%M")
DIGITS = st.text("0123456789-/.: TZ+apmAPM", max_size=24)
NEARLY = st.datetimes().flatmap(lambda moment: st.sampled_from([moment.strftime(form) for form in FORMATS]))


@examples(12)
@given(text=st.one_of(DIGITS, NEARLY, NEARLY.map(lambda text: text[1:])), form=st.sampled_from(FORMATS))
def test_sql_and_arrow_agree_on_what_is_written_in_a_format(text: str, form: str) -> None:
    from tensorflow_metadata.proto.v0 import schema_pb2

    feature = schema_pb2.Feature(name="t", type=schema_pb2.BYTES)
    feature.time_domain.string_format = form
    with connected() as connection:
        found = connection.execute(
            f"SELECT {wrong_value(feature, is_text=True)} FROM (SELECT ?::BLOB AS v)", [text.encode()]
        ).fetchone()
    assert found is not None
    assert (not found[0]) == bool(read(pa.array([text]), form).written[0])
