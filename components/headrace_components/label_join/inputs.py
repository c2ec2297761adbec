"""Names of the inputs of a LabelJoin node: one for each channel.

events of two spans                      events, events__2
the one source of outcomes               outcomes
source runs, in two spans                outcomes_runs, outcomes_runs__2
"""

from collections.abc import Mapping, Sequence

from tfx.types import artifact

from headrace.keyed.join_files import EVENTS
from headrace.labels.sources import OUTCOMES

__all__ = ["EVENTS", "OUTCOMES", "artifacts_of", "input_key", "numbered"]


def input_key(source: str) -> str:
    """The input for the first channel of a source of outcomes."""
    return source if source == OUTCOMES else f"{OUTCOMES}_{source}"


def numbered(key: str, number: int) -> str:
    """The input for channel `number`, from 0, of `key`; names of sources have no two underscores in a row."""
    return f"{key}__{number + 1}" if number else key


def artifacts_of(inputs: Mapping[str, Sequence[artifact.Artifact]], key: str) -> list[artifact.Artifact]:
    """The artifacts of all channels under `key`, in their order."""
    found: list[artifact.Artifact] = []
    number = 0
    while numbered(key, number) in inputs:
        found += inputs[numbered(key, number)]
        number += 1
    return found
