import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from headrace.errors import UsageError
from headrace.ingest import read_table
from headrace.skew import compare
from headrace.skew.files import check_files
from headrace.skew.profiles.pair_of_tables import profile_pair

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
BOSTON = DATA / "boston"
needs_data = pytest.mark.skipif(not BOSTON.exists(), reason=f"the real data is not at {DATA}")


def alarms(checked):
    return {(f.feature, f.code) for f in checked.verdict.alarms}


@needs_data
def test_the_year_of_extreme_heat_drifts_in_its_times_and_in_nothing_else():
    checked = check_files(str(BOSTON / "2011.csv"), str(BOSTON / "2012.csv"))
    assert alarms(checked) == {
        ("net", "MISSING_SHARE"),
        ("official", "JENSEN_SHANNON_HIGH"),
        ("official", "DISTRIBUTION_FUNCTION_HIGH"),
        ("official", "UNPARSABLE_VALUES"),
    }
    by_code = {(f.feature, f.code): f for f in checked.verdict.findings}
    assert by_code["official", "DISTRIBUTION_FUNCTION_HIGH"].distance == pytest.approx(0.323, abs=5e-4)
    assert "76 values" in by_code["official", "UNPARSABLE_VALUES"].reason
    assert "'-'" in by_code["official", "UNPARSABLE_VALUES"].reason
    assert "blank before" in by_code["net", "MISSING_SHARE"].hint
    truth = {"gender": 0.005, "country": 0.006, "state": 0.006}
    for feature, distance in truth.items():
        assert by_code[feature, "LINF_HIGH"].distance == pytest.approx(distance, abs=5e-4)
    assert by_code["age", "DISTRIBUTION_FUNCTION_HIGH"].distance == pytest.approx(0.019, abs=5e-4)


@needs_data
def test_two_ordinary_years_do_not_drift():
    checked = check_files(str(BOSTON / "2010.csv"), str(BOSTON / "2011.csv"))
    assert checked.verdict.blessed == 1
    presence_only = {f.feature for f in checked.verdict.findings if f.code == "IDENTIFIER"}
    assert presence_only == {"division", "overall", "genderdiv", "bib"}
    assert {ledger.total for ledger in checked.ledgers.values()} == {22_719, 23_945}


@needs_data
def test_one_half_of_the_taxi_trips_does_not_drift_from_the_other():
    trips, rejects, _ = read_table(str(DATA / "taxi" / "data.csv"))
    assert len(rejects) == 0
    for seed in range(50):
        order = np.random.default_rng(seed).permutation(len(trips))
        halves = trips.take(order[::2]), trips.take(order[1::2])
        findings = compare(*profile_pair(*halves, typed=False, names=("a", "b")))
        assert [str(finding) for finding in findings if finding.alarm] == [], seed


def written(tmp_path, name, rows):
    path = tmp_path / name
    if name.endswith(".csv"):
        pa.csv.write_csv(pa.Table.from_pylist(rows), path)
    elif name.endswith(".parquet"):
        pa.parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


ROWS = [{"pace": 5 + (i % 17) / 10, "route": f"r{i % 7}"} for i in range(600)]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_every_format_is_read(tmp_path, ending):
    before, now = (written(tmp_path, f"{name}.{ending}", ROWS) for name in ("a", "b"))
    checked = check_files(before, now)
    assert checked.verdict.blessed == 1
    assert {f.feature for f in checked.verdict.findings} == {"", "pace", "route"}


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_numbers_that_come_as_text_change_their_type_where_the_format_has_types(tmp_path, ending):
    now = [{**row, "pace": str(row["pace"])} for row in ROWS]
    checked = check_files(written(tmp_path, f"a.{ending}", ROWS), written(tmp_path, f"b.{ending}", now))
    assert alarms(checked) == {("pace", "TYPE_CHANGED")}


def test_strays_on_both_sides_of_a_text_file_are_not_drift(tmp_path):
    rows = [{**row, "pace": "-" if i % 50 == 0 else str(row["pace"])} for i, row in enumerate(ROWS)]
    checked = check_files(written(tmp_path, "a.csv", rows), written(tmp_path, "b.csv", rows))
    assert checked.verdict.blessed == 1
    assert any(f.feature == "pace" and f.measure == "jensen_shannon" for f in checked.verdict.findings)


def test_names_that_happen_to_be_digits_now_are_still_names(tmp_path):
    before = [{"bib": f"A{i % 4}"} if i % 2 else {"bib": f"{i % 4}"} for i in range(600)]
    now = [{"bib": f"{i % 4}"} for i in range(600)]
    checked = check_files(written(tmp_path, "a.csv", before), written(tmp_path, "b.csv", now))
    assert ("bib", "LINF_HIGH") in alarms(checked)


def test_every_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"x\.csv, .*y\.csv"):
        check_files(str(tmp_path / "x.csv"), str(tmp_path / "y.csv"))
