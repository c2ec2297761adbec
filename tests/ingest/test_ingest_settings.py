"""Settings of a spec that are of another type, not there or missing are refused by name, before anything is read."""

import json

import pytest

from headrace import UsageError
from headrace.ingest import IngestSpec
from headrace.ingest.spec.yaml_file import from_yaml
from headrace.schema import Declarations, Feature

RECORD = "record: {fields: [{name: a, kind: integer, %s}]}"


def _spec(line: str, source: str = "") -> str:
    return f"sources: [{{name: app, pattern: a.csv{source}}}]\n{line}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (_spec(RECORD % "required: no"), "record.fields[0].required: expected true or false, got 'no'"),
        (_spec(RECORD % "zero_is_missing: off"), "record.fields[0].zero_is_missing: expected true or false, got 'off'"),
        (_spec(RECORD % "minimum: low"), "record.fields[0].minimum: expected a number or null, got 'low'"),
        (_spec(RECORD % "maximum: '200'"), "record.fields[0].maximum: expected a number or null, got '200'"),
        (_spec("", ", quoted_line_breaks: no"), "sources[0].quoted_line_breaks: expected true or false, got 'no'"),
        (_spec("", ", header: no"), "sources[0].header: expected true or false, got 'no'"),
        (_spec("split_exact: yes"), "split_exact: expected true or false, got 'yes'"),
        (_spec("max_reject_share: few"), "max_reject_share: expected a share from 0 to 1, got 'few'"),
        (_spec("chunk_bytes: 1.5"), "chunk_bytes: expected a whole number from 1 to 1,073,741,824, got 1.5"),
        (
            _spec("health: {app: {expected_rows: many}}"),
            "health['app'].expected_rows: expected a whole number of",
        ),
        (
            _spec("health: {app: {max_null_share: {a: some}}}"),
            "health['app'].max_null_share['a']: expected a share",
        ),
        (_spec("", ", patern: b.csv"), "sources[0]: has no 'patern'; did you mean 'pattern'?"),
        (_spec("spilts: {train: 1}"), "has no 'spilts'; did you mean 'splits'?"),
        ("sources: [{name: app}]", "sources[0].pattern: is missing, expected a name or a list (each: a name)"),
        ("record: {fields: [{name: a}]}", "sources: is missing"),
        (_spec("record: {fields: [{kind: text}]}"), "record.fields[0].name: is missing, expected a name"),
        (
            _spec("record: {fields: a}"),
            "record.fields: expected a list (each: settings by name, such as name",
        ),
        (
            _spec("between: yesterday"),
            "between: expected settings by name, such as field, start, end or null",
        ),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_by_name(text, told):
    with pytest.raises(UsageError) as error:
        from_yaml(text)
    assert told in str(error.value)
    assert "__init__" not in str(error.value)


def test_what_the_settings_say_survives_json():
    spec = from_yaml(_spec(RECORD % "required: true, minimum: 1", ", header: false"))
    assert IngestSpec.from_json(spec.to_json()) == spec
    assert json.loads(spec.to_json())["sources"][0]["header"] is False


def test_a_declaration_is_held_to_its_types():
    with pytest.raises(UsageError, match="finite: expected true or false, got 'no'"):
        Declarations(features={"a": Feature(finite="no")})
