"""The contents and properties of artifacts: shards, splits, ledgers, alarms."""

import glob
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from tfx.types import artifact, artifact_utils

from headrace.alarms import Alarm, distinct
from headrace.errors import DataError
from headrace.files.storage import matches, names_in, open_file
from headrace.ledger import Ledger
from headrace.values import ColumnType, from_text, merged_types, to_text

PARQUET = "FORMAT_PARQUET"
TF_EXAMPLE = "FORMAT_TF_EXAMPLE"
PAYLOADS = {PARQUET: "parquet", TF_EXAMPLE: "tf_example"}
"""TFX's name of a payload -> the core's."""


def only(artifacts: Mapping[str, Sequence[artifact.Artifact]], key: str) -> artifact.Artifact:
    """The one artifact under `key`."""
    return artifact_utils.get_single_instance(list(artifacts.get(key, ())))


def optional(artifacts: Mapping[str, Sequence[artifact.Artifact]], key: str) -> artifact.Artifact | None:
    """The one artifact under `key`, None if there is none."""
    return only(artifacts, key) if artifacts.get(key) else None


def splits(examples: artifact.Artifact) -> list[str]:
    """Names of the splits."""
    return list(artifact_utils.decode_split_names(examples.split_names))


def shards(examples: artifact.Artifact, split: str, *, payloads: Sequence[str] = (PARQUET,)) -> list[str]:
    """Paths of the files of a split, in order.

    Raises:
        DataError: the payload is not one of `payloads`, or there is no file.
    """
    payload = examples.get_string_custom_property("payload_format") or TF_EXAMPLE
    if payload not in payloads:
        raise DataError(
            f"{examples.uri} holds {payload}: expected {' or '.join(payloads)}; "
            f"give the node that wrote it payload_format={payloads[0]!r}"
        )
    directory = artifact_utils.get_split_uri([examples], split)
    found = matches(os.path.join(glob.escape(directory), "*"))
    if not found:
        raise DataError(f"split {split!r} has no file in {directory}")
    return found


def all_shards(examples: artifact.Artifact, *, payloads: Sequence[str] = (PARQUET,)) -> list[str]:
    """Paths of all splits' files."""
    return [path for split in splits(examples) for path in shards(examples, split, payloads=payloads)]


def splits_at(uri: str) -> list[str]:
    """Names of the splits in a directory.

    Raises:
        DataError: there are none.
    """
    found = [name.removeprefix("Split-") for name in names_in(uri) if name.startswith("Split-")]
    if not found:
        raise DataError(f"expected the URI of an artifact with Split-<name> folders, got {uri!r}")
    return found


def read_statistics(uri: str, split: str) -> Any:
    """The statistics of one split, as `Stats` and stock StatisticsGen write them.

    Raises:
        DataError: there are none.
    """
    from tensorflow_metadata.proto.v0 import statistics_pb2

    path = os.path.join(uri, f"Split-{split}", "FeatureStats.pb")
    try:
        with open_file(path) as file:
            return statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read())
    except OSError as error:
        raise DataError(f"{path}: expected the statistics of split {split!r}: {error}") from error


def read_schema(uri: str) -> Any:
    """The schema at the URI of a `Schema` artifact, or in a `.pbtxt` file."""
    from headrace.schema.protos import FILE_NAME, read_schema

    return read_schema(uri if uri.endswith(".pbtxt") else os.path.join(uri, FILE_NAME))


def describe_examples(
    examples: artifact.Artifact, *, split_names: Sequence[str], span: int, payload_format: str = PARQUET
) -> None:
    """Sets the properties of an `Examples` artifact that stock components read."""
    examples.split_names = artifact_utils.encode_split_names(list(split_names))
    examples.span = span
    examples.set_string_custom_property("payload_format", payload_format)


def describe_types(target: artifact.Artifact, types: Mapping[str, ColumnType]) -> None:
    """Writes the types of columns as a property, so that they also go with TFRecords and statistics."""
    target.set_string_custom_property("types", to_text(types))


def types_of(*made_of: artifact.Artifact) -> dict[str, ColumnType]:
    """The types of the columns of artifacts; none where nobody wrote any, as stock components don't."""
    texts = [one.get_string_custom_property("types") for one in made_of]
    return merged_types(from_text(text) for text in texts if text)


def describe_ledgers(target: artifact.Artifact, ledgers: Mapping[str, Ledger]) -> None:
    """Writes each ledger as properties: JSON under `ledger`, and `events.labeled`-like counts that can be queried."""
    target.set_string_custom_property("ledger", json.dumps({name: book.to_dict() for name, book in ledgers.items()}))
    for name, book in ledgers.items():
        target.set_int_custom_property(f"{name}.total", book.total)
        for part, count in book.parts.items():
            target.set_int_custom_property(f"{name}.{part}", count)


def describe_alarms(target: artifact.Artifact, alarms: Sequence[Alarm]) -> None:
    """Writes alarms as properties: their number, and JSON."""
    target.set_int_custom_property("alarms", len(alarms))
    target.set_string_custom_property("alarms_json", _alarms_json(alarms))


def alarms_of(source: artifact.Artifact) -> list[Alarm]:
    """The alarms of an artifact itself, without those of the artifacts that it was made from."""
    return _read_alarms(source, "alarms_json")


def inherit_alarms(target: artifact.Artifact, *made_of: artifact.Artifact) -> None:
    """Writes the alarms of the artifacts that `target` was made from, and of theirs; its own have another property."""
    target.set_string_custom_property("inherited_alarms_json", _alarms_json(alarms_so_far(*made_of)))


def alarms_so_far(*artifacts: artifact.Artifact | None) -> list[Alarm]:
    """The alarms of artifacts and of all that they were made from, each once."""
    names = ("inherited_alarms_json", "alarms_json")
    given = [one for one in artifacts if one is not None]
    return distinct(alarm for one in given for name in names for alarm in _read_alarms(one, name))


def _read_alarms(source: artifact.Artifact, name: str) -> list[Alarm]:
    return [Alarm.from_dict(alarm) for alarm in json.loads(source.get_string_custom_property(name) or "[]")]


def _alarms_json(alarms: Sequence[Alarm]) -> str:
    return json.dumps([alarm.to_dict() for alarm in alarms])
