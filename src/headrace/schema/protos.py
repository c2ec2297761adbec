"""Schemas as files, and proposals that a person can accept (imports `tensorflow_metadata`, not TensorFlow).

proposal.yaml                       headrace schema accept proposal.yaml --schema schema.pbtxt
  changes:                            accepts the changes of the listed features; a feature that a person
  - {feature: city, ...}              deleted from `changes` stays as it is
  schema: |
    feature { name: "city" ... }
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from headrace.errors import DataError, UsageError
from headrace.files.outputs import whole_file
from headrace.files.storage import read_text
from headrace.schema.diff import Change
from headrace.schema.feature_protos import clear_domain

FILE_NAME = "schema.pbtxt"
"""What stock SchemaGen names its schema."""


def read_schema(path: str) -> schema_pb2.Schema:
    """A schema in text format.

    Raises:
        DataError: the file is missing or does not hold a schema.
    """
    try:
        return text_format.Parse(read_text(path), schema_pb2.Schema())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise DataError(f"{path}: expected a TFMD schema in text format: {error}") from error


def write_schema(schema: schema_pb2.Schema, out_dir: str) -> str:
    """Writes `out_dir/schema.pbtxt` and returns its path."""
    path = os.path.join(out_dir, FILE_NAME)
    write_schema_file(schema, path)
    return path


def write_schema_file(schema: schema_pb2.Schema, path: str) -> None:
    """Writes a schema in text format."""
    with whole_file(path) as staging, open(staging, "w", encoding="utf-8") as file:
        file.write(to_text(schema))


def to_text(schema: schema_pb2.Schema) -> str:
    """A schema in text format."""
    return str(text_format.MessageToString(schema, as_utf8=True))


def copied(schema: schema_pb2.Schema) -> schema_pb2.Schema:
    """A copy of a schema."""
    own = schema_pb2.Schema()
    own.CopyFrom(schema)
    return own


def fingerprint(schema: schema_pb2.Schema) -> str:
    """SHA-256 of the text format: equal for equal schemas."""
    return hashlib.sha256(to_text(schema).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Changes to a schema that a person may accept.

    Attributes:
        of: fingerprint of the schema that they change.
        features: the changed features.
        schema: the schema with all changes.
    """

    of: str
    features: tuple[str, ...]
    schema: schema_pb2.Schema


def write_proposal(path: str, before: schema_pb2.Schema, proposed: schema_pb2.Schema, found: Sequence[Change]) -> None:
    """Writes a proposal as YAML: the changes in words, then the changed schema."""
    listed = [
        {"feature": change.feature, "change": change.words, "compatible": change.compatibility}
        for change in found
        if change.feature
    ]
    head = (
        "# A proposal of changes to the schema, with which the data would conform.\n"
        "# Delete the changes that you do not accept, then: headrace schema accept THIS_FILE --schema SCHEMA.pbtxt\n"
    )
    data = {"of": fingerprint(before), "changes": listed}
    body = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=1 << 30)
    text = "".join(f"  {line}\n" for line in to_text(proposed).splitlines())
    with whole_file(path) as staging, open(staging, "w", encoding="utf-8") as file:
        file.write(f"{head}{body}schema: |\n{text}")


def read_proposal(path: str) -> Proposal:
    """A proposal from its file.

    Raises:
        DataError: the file is missing or does not hold a proposal.
    """
    try:
        data = yaml.safe_load(read_text(path))
        features = [str(change["feature"]) for change in data["changes"] or ()]
        schema = text_format.Parse(data["schema"], schema_pb2.Schema())
        return Proposal(of=str(data["of"]), features=tuple(dict.fromkeys(features)), schema=schema)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, text_format.ParseError, KeyError, TypeError) as error:
        raise DataError(f"{path}: expected a proposal that SchemaCurator wrote: {error}") from error


def accepted(schema: schema_pb2.Schema, proposal: Proposal, only: Iterable[str] = ()) -> schema_pb2.Schema:
    """The schema with the proposed changes of all features, or of those in `only`.

    Raises:
        DataError: the proposal was made for another schema.
        UsageError: the proposal does not list a feature of `only`.
    """
    if fingerprint(schema) != proposal.of:
        raise DataError(
            f"the proposal was made for another schema ({proposal.of[:12]}) than this ({fingerprint(schema)[:12]}): "
            "run the pipeline with the present schema, and use its new proposal"
        )
    wanted = tuple(only) or proposal.features
    if unknown := [name for name in wanted if name not in proposal.features]:
        raise UsageError(
            f"the proposal has no {', '.join(unknown)}; it lists: {', '.join(proposal.features) or 'nothing'}"
        )
    changed = copied(schema)
    for name in wanted:
        _replace_feature(changed, proposal.schema, name)
    return changed


def _replace_feature(schema: Any, source: Any, name: str) -> None:
    new = next((feature for feature in source.feature if feature.name == name), None)
    old = next((feature for feature in schema.feature if feature.name == name), None)
    if new is None:
        raise DataError(f"the proposal lists {name!r}, but its schema has no such feature")
    if old is None:
        old = schema.feature.add()
    else:
        clear_domain(schema, old)
    old.CopyFrom(new)
    if new.domain:
        kept = [domain for domain in schema.string_domain if domain.name != new.domain]
        del schema.string_domain[:]
        schema.string_domain.extend([*kept, *(one for one in source.string_domain if one.name == new.domain)])
