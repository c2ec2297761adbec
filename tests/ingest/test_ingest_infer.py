"""A spec that is inferred from data rejects none of it, and says what it saw."""

import argparse
import json
import math
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from example_counts import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headrace import DataError, UsageError
from headrace.ingest import Source, ingest, read_table
from headrace.ingest.infer_spec import infer
from headrace.ingest.spec.yaml_file import from_yaml, read_spec, to_yaml
from headrace_cli.commands import infer_spec as command


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
        (["1", "-", "NA"], {"kind": "integer", "missing": ("", "-", "NA")}, "1 value and 2 missing"),
        (["1.5", "2"], {"kind": "float", "minimum": 0}, "from 1.5 to 2"),
        (["nan", "2.5"], {"kind": "float", "missing": ("", "nan")}, "1 missing"),
        (["007", "12"], {"kind": "identifier"}, "2 different"),
        (["9223372036854775808", "1"], {"kind": "identifier"}, "2 different; its digits are kept as text"),
        (["+4912345", "+4912399"], {"kind": "identifier"}, "2 different"),
        (["1.2.3", "4.10.12"], {"kind": "text"}, "2 different"),
        (["08:30", "17:05"], {"kind": "time_of_day"}, "from 08:30:00 to 17:05:00; are they times of day"),
        (["1e300", "1"], {"kind": "text"}, "they would be float, but for '1e300' (beyond_float32)"),
        (["inf", "1"], {"kind": "text"}, "they would be float, but for 'inf' (bad_float)"),
        (["123456789.25"], {"kind": "float"}, "123456789.25 becomes 123456792.0"),
        (["2026-03-01T07:00:00.1234567Z"], {"kind": "timestamp", "finer": "floor"}, "a part below a microsecond"),
        (
            ["20240101T120000Z", "2024-01-01 12:00:00,5 UTC"],
            {"kind": "timestamp", "formats": ()},
            "2024-01-01T12:00:00Z",
        ),
        (["2026-03-01", "2026-03-02"], {"kind": "date"}, "from 2026-03-01 to 2026-03-02"),
        (["yes", "No", "-"], {"kind": "boolean", "missing": ("", "-")}, "50.0% true"),
        (["0", "1", "1"], {"kind": "integer"}, "a boolean?"),
        (["2026-03-01T07:00:00Z", "2026-03-02"], {"kind": "timestamp"}, "2026-03-01T07:00:00Z to 2026-03-02"),
        (["01.03.2026", "31.12.2026"], {"kind": "date", "formats": ("%d.%m.%Y",)}, "2026-12-31"),
        (["03/31/2026"], {"kind": "date", "formats": ("%m/%d/%Y",)}, "from 2026-03-31"),
        (["03/01/2026", "01/02/2026"], {"kind": "date", "formats": ("%m/%d/%Y",)}, "day or month"),
        (["31/03/2026 07:00:00"], {"kind": "timestamp", "formats": ("%d/%m/%Y %H:%M:%S",)}, "day or month"),
        (["10/Oct/2026:13:55:36 +0200"], {"kind": "timestamp"}, "11:55:36Z"),
        (["03:40:32", "40:32", "90"], {"kind": "duration", "minimum": 0}, "from 90 to 13232 s"),
        (["1,300 ft", "0.4 km", "20 ft"], {"kind": "quantity", "unit": "ft"}, "to 1312.34 ft"),
        (["3 bananas", "4 bananas"], {"kind": "text"}, "2 different"),
        (["a", "b", "a", "b"], {"kind": "category"}, "2 different: a, b"),
        (["NA", "b", "c"], {"kind": "text", "missing": ("",)}, "is 'NA' missing?"),
        ([*map(str, range(30)), "x"], {"kind": "text"}, "30 of 31 different values are integer, not 'x'"),
        (["", "-"], {"kind": "float", "missing": ("", "-")}, "no value was seen"),
        ([], {"kind": "float"}, "no value was seen"),
    ],
)
def test_the_narrowest_kind_that_holds_every_value_is_declared(tmp_path, values, expected, words):
    field, note = inferred(tmp_path, values)
    assert {name: getattr(field, name) for name in expected} == expected
    assert words in note


def test_whole_numbers_are_times_where_the_column_is_called_like_one(tmp_path):
    for unit, digits in (("s", 0), ("ms", 3), ("us", 6), ("ns", 9)):
        values = ["1767225600" + "0" * digits]
        assert inferred(tmp_path, values, "started_at")[0].formats == (unit,)
        assert inferred(tmp_path, values, "steps")[0].kind == "integer"
    assert inferred(tmp_path, ["12", "1767225600"], "started_at")[0].kind == "integer"


def test_numbers_with_fractions_are_times_where_the_column_is_called_like_one(tmp_path):
    values = ["1773874800.25", "1773874801"]
    assert inferred(tmp_path, values, "started_at")[0].formats == ("s",)
    field, note = inferred(tmp_path, values, "steps")
    assert field.kind == "float"
    assert "times in s since 1970?" in note
    assert "1773874816.0 as a float of 32 bits" in note


def written_as(tmp_path, suffix, values):
    """A file of a column `x` of floats."""
    path = tmp_path / f"data{suffix}"
    if suffix == ".jsonl":
        words = [json.dumps(value) for value in values]
        path.write_text("".join(f'{{"x": {word}}}\n' for word in words))
    else:
        pq.write_table(pa.table({"x": pa.array(values, getattr(pa, suffix.split(".")[1])())}), path)
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".float64.parquet", ".float32.parquet"])
def test_infinity_is_a_number_in_files_that_have_it_as_one(tmp_path, suffix):
    path = written_as(tmp_path, suffix, [1.5, math.inf, -math.inf, 2.0])
    found = infer([str(path)], ranges=True)
    spec = from_yaml(to_yaml(found.spec, found.notes))
    assert [(field.kind, field.minimum, field.maximum) for field in spec.record.fields] == [("float", None, None)]
    table, rejects, _ = read_table(str(path), record=spec.record)
    assert rejects.num_rows == 0
    assert table.column("x").to_pylist() == [1.5, math.inf, -math.inf, 2.0]


def test_a_column_without_a_name_gets_one(tmp_path):
    table = pa.table({"": [1, 2], "nameless": ["a", "b"]})
    pq.write_table(table, tmp_path / "data.parquet")
    spec = infer([str(tmp_path / "data.parquet")]).spec
    assert {field.name: field.path for field in spec.record.fields} == {"nameless_": "", "nameless": "nameless"}
    for record in (spec.record, None):
        rows, _, _ = read_table(str(tmp_path / "data.parquet"), record=record)
        assert rows.to_pydict() == {"nameless_": [1, 2], "nameless": ["a", "b"]}


def test_a_text_inf_in_parquet_is_no_number(tmp_path):
    pq.write_table(pa.table({"x": ["1.5", "inf"]}), tmp_path / "data.parquet")
    assert infer([str(tmp_path / "data.parquet")]).spec.record.fields[0].kind == "text"


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


def test_a_file_of_which_no_row_can_be_read_says_why(tmp_path):
    (tmp_path / "a.csv").write_bytes("id,stadt\n1,Łódź\n".encode("utf-16-le").replace(b"\0", b"\xff"))
    (tmp_path / "b.jsonl").write_text('{"id": 1\n[2]\n')
    with pytest.raises(DataError, match="is not UTF-8"):
        infer([str(tmp_path / "a.csv")])
    with pytest.raises(DataError, match=r"jsonl: no column was found; .*jsonl, line 1: the line is not JSON"):
        infer([str(tmp_path / "b.jsonl")])


def test_lists_are_columns_of_text(tmp_path):
    path = str(tmp_path / "rows.parquet")
    pq.write_table(pa.table({"id": [1, 2], "tags": [["a", "b"], []], "at": [{"city": "x"}, {"city": "y"}]}), path)
    found = infer([path])
    assert [(field.name, field.kind) for field in found.spec.record.fields] == [
        ("id", "integer"), ("tags", "text"), ("at.city", "text"),
    ]  # fmt: skip
    assert read_table(path, record=found.spec.record)[1].num_rows == 0


SOURCES = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from([None, ";", "|", "\t", "||"]),
        "header": st.booleans(),
        "encoding": st.sampled_from(["utf-8", "utf-16", "latin-1"]),
        "skip_rows": st.integers(0, 2),
        "comment": st.sampled_from([None, "#"]),
        "footer_rows": st.integers(0, 1),
        "trailing_delimiter": st.booleans(),
    }
)
ASCII = WRITTEN.filter(str.isascii)


@examples(0.6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(ASCII, ASCII, ASCII), min_size=1, max_size=5), settings_=SOURCES)
def test_what_infer_spec_writes_is_what_ingest_reads_without_rejects(tmp_path, rows, settings_):
    declared = {**settings_, "header": settings_["header"]}
    declared["header"] |= declared["delimiter"] is None
    sign = declared["delimiter"] or ";"  # where it is not declared it is found
    end = sign if declared["trailing_delimiter"] else ""
    lines = [sign.join(f'"{value}"' for value in row) + end for row in rows]
    lines = [*(["a" + sign + "b" + sign + "c" + end] if declared["header"] else []), *lines]
    lines = [*["made by hand"] * declared["skip_rows"], *(["# note"] if declared["comment"] else []), *lines]
    path = tmp_path / "rows.csv"
    path.write_bytes("\n".join([*lines, *["sum"] * declared["footer_rows"]]).encode(declared["encoding"]))
    try:
        found = infer([str(path)], source=Source(name="s", pattern="x", **declared))
    except DataError:  # there is no column
        return
    spec = from_yaml(to_yaml(found.spec, found.notes))
    assert spec == found.spec
    spec = replace(spec, splits={"all": 1}, chunk_bytes=20)
    result = ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"))
    assert result.ledger["rejected"] == 0
    assert result.ledger["accepted"] == len(rows)


def run(*arguments):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


def test_the_command_finds_the_delimiter_or_takes_what_is_declared(tmp_path, capsys):
    path, spec = str(tmp_path / "rows.csv"), str(tmp_path / "spec.yaml")
    (tmp_path / "rows.csv").write_bytes("Nr;Stadt\n1;Köln\n".encode("cp1252"))
    assert run(path, "--encoding", "cp1252", "-o", spec) == 0
    (source,) = read_spec(spec).sources
    assert (source.delimiter, source.encoding) == (";", "cp1252")
    assert "The delimiter ';' is the one by which" in (tmp_path / "spec.yaml").read_text()
    (tmp_path / "rows.csv").write_text("report\n# made by hand\n1\t2\n")
    assert run(path, "--delimiter", "tab", "--no-header", "--skip-rows", "1", "--comment", "#", "-o", spec) == 0
    found = read_spec(spec)
    assert [field.name for field in found.record.fields] == ["column_1", "column_2"]
    assert found.sources[0].skip_rows == 1
    (tmp_path / "rows.csv").write_text('a,b\n"x\ny",1\n')
    assert run(path, "--quoted-line-breaks") == 0
    assert "quoted_line_breaks: true" in capsys.readouterr().out
    log = tmp_path / "log.json"
    log.write_text('{"_index": "race", "_id": "1", "_source": {"@timestamp": "2026-03-03T07:00:00Z", "bib": 7}}\n')
    assert run(str(log), "--dialect", "elasticsearch") == 0
    assert "name: bib, kind: integer" in capsys.readouterr().out
    with pytest.raises(UsageError, match="encoding: expected one that Python knows"):
        run(path, "--encoding", "utf-9")


def test_a_key_without_a_name_keeps_its_values(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"": 1, "a": 2}\n{"": 3, "a": 4}\n')
    record = from_yaml(to_yaml(infer([str(path)]).spec)).record
    assert [(field.name, field.path, field.kind) for field in record.fields] == [
        ("nameless", "", "integer"), ("a", "a", "integer"),
    ]  # fmt: skip
    assert read_table(str(path), record=record)[0].to_pylist() == [{"nameless": 1, "a": 2}, {"nameless": 3, "a": 4}]
