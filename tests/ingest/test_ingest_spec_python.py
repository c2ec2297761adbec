"""A spec as Python: run, it is equal to what was written; what can't be run is named with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_ingest_spec import FULL, SOURCE
from test_ingest_spec_file import DATABASE, TEXTS

from headrace import UsageError
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, SourceHealth, SpanRange, TimeSplits
from headrace.ingest.spec.python_file import to_python
from headrace.ingest.spec.yaml_file import read_spec

LIVELY = IngestSpec(
    sources=(Source(name="app", pattern="{YYYY}-{MM}-{DD}.csv", spans=SpanRange(newest=3)),),
    record=RecordSpec(fields=(Field(name="at", kind="timestamp", required=True), Field(name="x", kind="float"))),
    health={"app": SourceHealth(expected_rows=5, time_field="at", max_gap_s=60, max_null_share={"*": 0.5})},
    split_time=TimeSplits(field="at", borders=("2026-03-02",)),
)


def run(text):
    found = {}
    exec(compile(text, "spec.py", "exec"), found)  # our own
    return found["spec"]


@pytest.mark.parametrize("spec", [FULL, LIVELY, IngestSpec(sources=(SOURCE,)), IngestSpec(sources=(SOURCE, DATABASE))])
def test_a_spec_comes_back_from_python_equal(spec, tmp_path):
    assert run(to_python(spec)) == spec
    (tmp_path / "spec.py").write_text(to_python(spec, {"": "on\ntop", "id": "a\nnote"}))
    assert read_spec(str(tmp_path / "spec.py")) == spec


@given(name=TEXTS, missing=st.lists(TEXTS), minimum=st.none() | st.floats(-1e300, 1e300) | st.integers())
def test_any_text_and_number_comes_back_from_python(name, missing, minimum):
    fields = (Field(name=name, missing=tuple(missing)), Field(name=name + "2", kind="float", minimum=minimum))
    spec = IngestSpec(sources=(Source(name=name, pattern=name),), record=RecordSpec(fields=fields))
    assert run(to_python(spec, {name: "note"})) == spec


def test_each_field_has_a_line_of_its_own_below_its_note():
    fields = (Field(name="n", kind="integer"), Field(name="t"))
    text = to_python(IngestSpec(sources=(SOURCE,), record=RecordSpec(fields=fields)), {"": "top", "t": "2 values"})
    assert text == (
        "# top\n\nfrom headrace.ingest import Field, IngestSpec, RecordSpec, Source\n\nspec = IngestSpec(\n"
        '    sources=(Source(name="app", pattern="x.csv"),),\n    record=RecordSpec(\n        fields=(\n'
        '            Field(name="n", kind="integer"),\n            # 2 values\n            Field(name="t"),\n'
        "        ),\n    ),\n)\n"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("spec = 5\n", "expected an IngestSpec under the name `spec`, got int"),
        ("x = 1\n", "expected an IngestSpec under the name `spec`, got NoneType"),
        ("a = 1\nspec = nothing\n", "line 2: this can't be run: NameError"),
        ("a = 1\n(\n", "line 2: this can't be run: SyntaxError"),
        ("from headrace.ingest import IngestSpec\nspec = IngestSpec(sources=())\n", "sources: expected at least one"),
    ],
)
def test_a_file_that_gives_no_spec_is_named(tmp_path, text, words):
    (tmp_path / "spec.py").write_text(text)
    with pytest.raises(UsageError) as error:
        read_spec(str(tmp_path / "spec.py"))
    assert str(tmp_path / "spec.py") in str(error.value)
    assert words in str(error.value)
