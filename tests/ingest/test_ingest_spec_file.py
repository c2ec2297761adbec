"""A spec as YAML: it comes back equal, plain words are texts, faults are named with their line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_ingest_spec import FULL, SOURCE

from headrace import UsageError
from headrace.ingest import DatabaseSource, Field, IngestSpec, RecordSpec, Source
from headrace.ingest.spec.yaml_file import from_yaml, read_spec, to_yaml

DATABASE = DatabaseSource(
    name="db", uri="postgresql://reader@host/runs", query=("select 1 -- é: x\nfrom t", "select 2")
)


@pytest.mark.parametrize("spec", [FULL, IngestSpec(sources=(SOURCE,)), IngestSpec(sources=(SOURCE, DATABASE))])
def test_a_spec_comes_back_from_yaml_equal(spec):
    assert from_yaml(to_yaml(spec)) == spec
    assert from_yaml(to_yaml(spec, {"": "on\ntop", "id": "a key: # yes"})) == spec
    assert from_yaml(spec.to_json()) == spec


TEXTS = st.one_of(
    st.text(min_size=1),
    st.sampled_from(["no", "NA", "~", "null", "1e3", "0x1F", "1_0", "2026-03-01", "12:30:45", "true", "- a", "#"]),
)


@given(
    name=TEXTS,
    missing=st.lists(TEXTS),
    minimum=st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(),
)
def test_any_text_and_number_comes_back_from_yaml(name, missing, minimum):
    fields = (Field(name=name, missing=tuple(missing)), Field(name=name + "2", kind="float", minimum=minimum))
    spec = IngestSpec(sources=(Source(name=name, pattern=name),), record=RecordSpec(fields=fields))
    assert from_yaml(to_yaml(spec)) == spec


def test_what_is_not_said_is_the_default_and_not_written():
    assert to_yaml(IngestSpec(sources=(SOURCE,))) == "sources:\n- name: app\n  pattern: x.csv\n"


def test_plain_words_are_texts_and_not_booleans_or_dates():
    text = """
sources: [{name: no, pattern: x.csv}]
record: {fields: [{name: at, kind: timestamp, required: true, missing: [NA, no, ~x]}]}
between: {field: at, start: 2026-03-01, end: 2026-03-01T12:00:00Z}
"""
    spec = from_yaml(text)
    assert spec.sources[0].name == "no"
    assert spec.record.fields[0].missing == ("NA", "no", "~x")
    assert spec.record.fields[0].required is True
    assert spec.between.start == "2026-03-01"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sources: [", "line 1: this is not YAML"),
        ("sources: []\nsources: []", "line 2: this is not YAML: 'sources' is said twice"),
        ("- 1", "expected settings such as sources:"),
        ("", "expected settings"),
        ("sources:\n- {name: a, pattern: x, colour: 1}", "colour"),
        (
            "sources: [{name: a, pattern: x}]\nrecord: {fields: [{name: a, missing: [-1]}]}",
            r"missing.0.: expected a text, got -1: put it in quotes",
        ),
        ("sources: [{name: a, pattern: x, format: xml}]", "got 'xml'"),
        ("a: !!python/object/apply:os.getcwd []", "line 1: .* python/object"),
        ("sources: [{name: db, query: q, uri: 'postgresql://a:hunter2@h/d'}]", "uri: holds a password"),
        ("sources: [{name: db, uri: 'postgresql://a:hunter2@h/d'}]", "uri: holds a password.*query: is missing"),
        ("'postgresql://a:hunter2@h/d'", "expected settings"),
    ],
)
def test_what_can_not_be_meant_is_refused_without_telling_a_password(tmp_path, text, words):
    (tmp_path / "spec.yaml").write_text(text)
    with pytest.raises(UsageError, match=words.replace(" python", ".*python")) as error:
        read_spec(str(tmp_path / "spec.yaml"))
    assert str(error.value).startswith(str(tmp_path / "spec.yaml"))
    assert "hunter2" not in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"gone.yaml can't be read"):
        read_spec(str(tmp_path / "gone.yaml"))
