"""A spec that is inferred from data rejects none of it, and says what it saw."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headrace import DataError, UsageError
from headrace.ingest import read_table
from headrace.ingest.infer_spec import infer
from headrace.ingest.spec.yaml_file import from_yaml, to_yaml


def inferred(tmp_path, values, name="x", **more):
    path = tmp_path / "data.csv"
    path.write_text(f"n,{name}\n" + "".join(f'{n},"{value}"\n' for n, value in enumerate(values)))
    found = infer([str(path)], **more)
    spec = from_yaml(to_yaml(found.spec, found.notes))
    assert spec == found.spec
    _, rejects, ledger = read_table(str(path), record=spec.record)
    assert rejects.num_rows == 0
    assert ledger["accepted"] == len(values)
    return spec.record.fields[1], found.notes[name]


@pytest.mark.parametrize(
    ("values", "expected", "words"),
    [
        (["1", "0", "25"], {"kind": "integer", "minimum": 0, "required": True}, "3 values, from 0 to 25"),
        (["-1", "", "25"], {"kind": "integer", "minimum": None, "required": False}, "2 values and 1 missing"),
        (["1", "-", "NA"], {"kind": "integer", "missing": ("", "-", "NA")}, "1 values and 2 missing"),
        (["1.5", "2"], {"kind": "float", "minimum": 0}, "from 1.5 to 2"),
        (["nan", "2.5"], {"kind": "float", "missing": ("", "nan")}, "1 missing"),
        (["007", "12"], {"kind": "text"}, "2 different"),
        (["9223372036854775808", "1"], {"kind": "text"}, "2 different"),
        (["yes", "No", "-"], {"kind": "boolean", "missing": ("", "-")}, "50.0% true"),
        (["0", "1", "1"], {"kind": "integer"}, "a boolean?"),
        (["2026-03-01T07:00:00Z", "2026-03-02"], {"kind": "timestamp"}, "2026-03-01 07:00:00Z to 2026-03-02"),
        (["01.03.2026", "31.12.2026"], {"kind": "timestamp", "formats": ("%d.%m.%Y",)}, "2026-12-31"),
        (["03/31/2026"], {"kind": "timestamp", "formats": ("%m/%d/%Y",)}, "day or month"),
        (["31/03/2026", "01/02/2026"], {"kind": "timestamp", "formats": ("%d/%m/%Y",)}, "day or month"),
        (["10/Oct/2026:13:55:36 +0200"], {"kind": "timestamp"}, "11:55:36Z"),
        (["03:40:32", "40:32", "90"], {"kind": "duration", "minimum": 0}, "from 90 to 13232 s"),
        (["1,300 ft", "0.4 km", "20 ft"], {"kind": "quantity", "unit": "ft"}, "to 1312.34 ft"),
        (["3 bananas", "4 bananas"], {"kind": "text"}, "2 different"),
        (["a", "b", "a", "b"], {"kind": "category"}, "2 different: a, b"),
        (["NA", "b", "c"], {"kind": "text", "missing": ("",)}, "is 'NA' missing?"),
        (["1"] * 30 + ["x", "2"], {"kind": "category"}, "nearly integer: 1 of 32 values are not, such as 'x'"),
        (["", "-"], {"kind": "float", "missing": ("", "-")}, "no value was seen"),
        ([], {"kind": "float"}, "no value was seen"),
    ],
)
def test_the_narrowest_kind_that_holds_every_value_is_declared(tmp_path, values, expected, words):
    field, note = inferred(tmp_path, values)
    assert {name: getattr(field, name) for name in expected} == expected
    assert words in note


def test_whole_numbers_are_times_where_the_column_is_called_like_one(tmp_path):
    for values, unit in ((["1767225600"], "s"), (["1767225600000"], "ms"), (["1767225600000000"], "us")):
        assert inferred(tmp_path, values, "started_at")[0].formats == (unit,)
        assert inferred(tmp_path, values, "steps")[0].kind == "integer"
    assert inferred(tmp_path, ["12", "1767225600"], "started_at")[0].kind == "integer"


def test_ranges_are_demanded_on_request(tmp_path):
    field, _ = inferred(tmp_path, ["3", "-5", "0"], ranges=True)
    assert (field.minimum, field.maximum) == (-5, 3)


WRITTEN = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(repr),
    st.from_regex(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?", fullmatch=True),
    st.from_regex(r"[0-9]{1,3}(,[0-9]{3})? (ft|m|kg|x)", fullmatch=True),
    st.datetimes().map(str),
    st.dates().map("{:%d.%m.%Y}".format),
    st.sampled_from(
        ["", "-", "NA", "nan", "yes", "NO", "t", "0", "1", "007", " 5 ", "1e400", "+3", "1_0", "0x1F", "24:00", "'"]
    ),
    st.text(st.characters(blacklist_characters='"\0', blacklist_categories=("Cs", "Cc")), max_size=5),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.one_of(st.lists(WRITTEN, max_size=6), WRITTEN.map(lambda one: [one, ""])))
def test_nothing_is_rejected_by_the_spec_that_was_inferred_from_it(tmp_path, values):
    field, _ = inferred(tmp_path, values, ranges=True)
    assert field.minimum is None or math.isfinite(field.minimum)


def test_json_lines_of_several_files_and_faulty_lines(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": 1, "at": {"city": "Łódź"}, "tags": [1]}\n{"id":\n')
    (tmp_path / "b.jsonl").write_text('{"id": "2", "pace": 5.5}\n')
    found = infer([str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")], name="app")
    kinds = {field.name: (field.kind, field.required) for field in found.spec.record.fields}
    assert kinds == {
        "id": ("integer", True),
        "at.city": ("text", False),
        "tags": ("text", False),
        "pace": ("float", False),
    }
    assert found.notes[""].startswith("Inferred from 3 rows of 2 files")
    assert "a.jsonl, line 2: the line is not JSON" in found.notes[""]


def test_csv_files_of_different_columns_are_told_apart(tmp_path):
    (tmp_path / "a.csv").write_text("id,n\n1,2\n")
    (tmp_path / "b.csv").write_text("id,m\n1,2\n")
    with pytest.raises(DataError, match="differ in the columns m, n: infer a spec for each"):
        infer([str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])
    with pytest.raises(UsageError, match="no such file"):
        infer([str(tmp_path / "c.csv")])
    (tmp_path / "d.csv").write_text("")
    with pytest.raises(DataError, match="no column was found"):
        infer([str(tmp_path / "d.csv")])
