"""A label spec as YAML, to be written by hand, read by people and committed.

    keys: [suggestion_id]                                          LabelSpec(
    event_time: shown_at                                             keys=("suggestion_id",), event_time="shown_at",
    outcome_time: responded_at                             ->        outcome_time="responded_at",
    labels:                                                          labels=(Label(name="accepted", value="accepted",
    - {name: accepted, value: accepted, window: [0, 1d]}                           window=(0, "1d")),),
    as_of: 2026-03-06T00:00:00Z                                      as_of="2026-03-06T00:00:00Z")

Settings have the names of the dataclass fields; those left out have their defaults. As in a spec for ingest, `no` and
`2026-03-06` are texts.
"""

from __future__ import annotations

from typing import Any

from headrace.config.yaml_text import read, settings_of
from headrace.labels.spec import LabelSpec


def from_yaml(text: str, **instead: Any) -> LabelSpec:
    """The spec that a YAML (or JSON) text declares, with the settings `instead` replaced or added.

    Raises:
        UsageError: not YAML, with its line; a key given twice; an unknown setting; a value that is refused.
    """
    return LabelSpec.from_settings({**settings_of(text, "keys: and labels:"), **instead})


def read_spec(path: str, **instead: Any) -> LabelSpec:
    """The spec in a file.

    Raises:
        UsageError: as `from_yaml`, and if there is no such file; names the file.
    """
    return read(path, lambda text: from_yaml(text, **instead))
