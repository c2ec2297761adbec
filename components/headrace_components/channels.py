"""Several channels under one name: Kubeflow Pipelines hands over one artifact an input, so each channel is an input.

events, two spans     ->  inputs events, events__2
table_runs, one span  ->  input table_runs
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from tfx import types
from tfx.types import artifact

from headrace.errors import UsageError

Channels: TypeAlias = types.BaseChannel | Sequence[types.BaseChannel]


def numbered(key: str, number: int) -> str:
    """The input for channel `number`, from 0, of `key`. (Sources and tables have no two underscores in a row.)"""
    return f"{key}__{number + 1}" if number else key


def inputs_of(key: str, channels: Channels) -> dict[str, types.BaseChannel]:
    """The channels of `key`, by the name of the input of each.

    Raises:
        UsageError: there is no channel.
    """
    listed = [channels] if isinstance(channels, types.BaseChannel) else list(channels)
    if not listed:
        raise UsageError(f"{key} must be at least one channel, got none")
    return {numbered(key, number): channel for number, channel in enumerate(listed)}


def artifacts_of(inputs: Mapping[str, Sequence[artifact.Artifact]], key: str) -> list[artifact.Artifact]:
    """The artifacts of all channels of `key`, in their order."""
    found: list[artifact.Artifact] = []
    number = 0
    while numbered(key, number) in inputs:
        found += inputs[numbered(key, number)]
        number += 1
    return found
