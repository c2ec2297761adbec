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
        (_spec(RECORD % "required: no"), "field 'a': required must be true or false, got 'no'"),
        (_spec(RECORD % "zero_is_missing: off"), "field 'a': zero_is_missing must be true or false, got 'off'"),
        (_spec(RECORD % "minimum: low"), "field 'a': minimum must be a number, got 'low'"),
        (_spec(RECORD % "maximum: '200'"), "field 'a': maximum must be a number, got '200'"),
        (_spec("", ", quoted_line_breaks: no"), "source 'app': quoted_line_breaks must be true or false, got 'no'"),
        (_spec("", ", header: no"), "source 'app': header must be true or false, got 'no'"),
        (_spec("split_exact: yes"), "split_exact must be true or false, got 'yes'"),
        (_spec("max_reject_share: few"), "max_reject_share must be a number, got 'few'"),
        (_spec("chunk_bytes: 1.5"), "chunk_bytes must be a whole number, got 1.5"),
        (_spec("health: {app: {expected_rows: many}}"), "expected_rows must be a whole number, got 'many'"),
        (_spec("health: {app: {max_null_share: {a: some}}}"), "a share is in [0, 1], got a='some'"),
        (_spec("", ", patern: b.csv"), "source 'app' has no patern; it has name, pattern, format"),
        (_spec("spilts: {train: 1}"), "an ingest spec has no spilts; it has sources"),
        ("sources: [{name: app}]", "source 'app' needs pattern"),
        ("record: {fields: [{name: a}]}", "sources must be at least one"),
        (_spec("record: {fields: [{kind: text}]}"), "field 1 needs name"),
        (_spec("record: {fields: a}"), "record: expected fields, a list of settings by name"),
        (_spec("between: yesterday"), "between: expected settings by name, got str"),
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
    with pytest.raises(UsageError, match="finite must be true or false, got 'no'"):
        Declarations(features={"a": Feature(finite="no")})
